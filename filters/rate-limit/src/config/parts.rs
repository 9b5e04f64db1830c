//! What a rule counts by.

use proxy_filter::config::ConfigError;
use proxy_filter::headers::HeaderName;
use proxy_filter::template::Template;

use super::{Empty, PartConfig, PrefixesConfig};
use crate::key::{KeyPart, Prefixes};

/// Bits of an address that make a client, where nobody says.
pub(super) const PREFIXES: Prefixes = Prefixes { ipv4: 32, ipv6: 64 };

pub(super) fn prefixes(config: PrefixesConfig, default: Prefixes) -> Result<Prefixes, ConfigError> {
    let within = |given: Option<u32>, default, most, field| match given.unwrap_or(default) {
        bits if bits <= most => Ok(bits),
        bits => {
            let wrong = format_args!("{bits}: such an address has {most} bits").to_string();
            Err(ConfigError::new(wrong).in_field(field))
        }
    };
    Ok(Prefixes {
        ipv4: within(config.ipv4_prefix, default.ipv4, 32, "ipv4_prefix")?,
        ipv6: within(config.ipv6_prefix, default.ipv6, 128, "ipv6_prefix")?,
    })
}

pub(super) fn part(config: PartConfig, all: Prefixes) -> Result<KeyPart, ConfigError> {
    let text =
        |name: &str, template| Template::parse(template).map(|template| KeyPart::Text(name.into(), template));
    let PartConfig { client_ip, header, path, method, query, cookie, attribute } = config;
    let given = [
        client_ip.map(|config| ("client_ip", prefixes(config, all).map(KeyPart::ClientIp))),
        header.map(|name| ("header", header_part(&name))),
        path.map(|Empty {}| ("path", Ok(KeyPart::Path))),
        method.map(|Empty {}| ("method", text("method", "%REQ(:method)%"))),
        query.map(|name| ("query", query_part(name))),
        cookie.map(|name| ("cookie", cookie_part(name))),
        attribute
            .map(|name| ("attribute", Template::of_attribute(&name).map(|value| KeyPart::Text(name, value)))),
    ];
    let mut given = given.into_iter().flatten();
    match (given.next(), given.next()) {
        (Some((field, part)), None) => part.map_err(|error| error.in_field(field)),
        (None, _) => Err(ConfigError::new(
            r#"give a part, such as {"client_ip": {}}; a list without parts is one bucket for all"#,
        )),
        (Some((one, _)), Some((other, _))) => Err(ConfigError::new(format_args!(
            r#"one part each: [{{"{one}": ...}}, {{"{other}": ...}}] counts by both"#
        ))),
    }
}

fn header_part(name: &str) -> Result<KeyPart, ConfigError> {
    const PSEUDO: [&str; 4] = [":method", ":path", ":authority", ":scheme"];
    let name = HeaderName::readable(name).map_err(ConfigError::new)?;
    match name.as_str().starts_with(':') && !PSEUDO.contains(&name.as_str()) {
        true => {
            Err(ConfigError::new(format_args!("`{name}` is in no request: there is {}", PSEUDO.join(", "))))
        }
        false => Ok(KeyPart::Text(name.as_str().into(), Template::of_header(name))),
    }
}

fn query_part(name: String) -> Result<KeyPart, ConfigError> {
    match name.is_empty() {
        true => Err(ConfigError::new("empty: give the parameter's name")),
        false => Ok(KeyPart::Query(name)),
    }
}

fn cookie_part(name: String) -> Result<KeyPart, ConfigError> {
    match name.is_empty() || name.contains(|c: char| c == '=' || c == ';' || c == ',' || c.is_whitespace()) {
        true => Err(ConfigError::new(format_args!("`{}` is not a cookie's name", name.escape_debug()))),
        false => Ok(KeyPart::Cookie(name)),
    }
}
