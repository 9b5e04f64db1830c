//! Compiles parts of keys.

use limits::{Prefixes, PrefixesConfig};
use proxy_filter::headers::pseudo::METHOD;
use proxy_filter::template::Template;

use crate::config::key_part::KeyPartConfig;
use crate::key::KeyPart;

/// Compiles a part of a key. `prefixes` applies to parts without prefixes of their own.
pub(super) fn key_part(config: KeyPartConfig, prefixes: Prefixes) -> KeyPart {
    match config {
        KeyPartConfig::ClientIp(own) => KeyPart::ClientIp(prefixes_or(own, prefixes)),
        KeyPartConfig::Header(name) => KeyPart::Text(name.as_str().into(), Template::of_header(name)),
        KeyPartConfig::Path(classes) if classes.is_empty() => KeyPart::Path,
        KeyPartConfig::Path(classes) => KeyPart::Class(classes),
        KeyPartConfig::Method => KeyPart::Text("method".into(), Template::of_header(METHOD.clone())),
        KeyPartConfig::Query(name) => KeyPart::Query(name),
        KeyPartConfig::Cookie(name) => KeyPart::Cookie(name),
        KeyPartConfig::Attribute(name, value) => KeyPart::Text(name, value),
    }
}

/// Returns the configured prefixes, or these defaults.
pub(super) fn prefixes_or(config: PrefixesConfig, default: Prefixes) -> Prefixes {
    Prefixes { ipv4: config.ipv4.unwrap_or(default.ipv4), ipv6: config.ipv6.unwrap_or(default.ipv6) }
}
