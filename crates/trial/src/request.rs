//! A request as the client sends it.

use std::borrow::Cow;

use proxy_model::Headers;

use crate::bytes::Bytes;
use crate::run::{body, pairs};
use crate::trial::{HeaderList, Request};

/// Tells the scheme, behind a proxy that terminates TLS.
const FORWARDED_PROTO: &str = "x-forwarded-proto";

impl Request {
    /// Returns the model's form. As in Envoy behind a trusted proxy, `:scheme` is that of `x-forwarded-proto`.
    pub fn message(&self) -> proxy_model::Request {
        let (scheme, authority, path) =
            parts(&self.path).unwrap_or((&self.scheme, "a.example", Cow::Borrowed(self.path.as_str())));
        // Pseudo-headers come first, in this order.
        let mut pseudo = vec![
            (":method".to_owned(), Bytes::from(self.method.as_str())),
            (":scheme".to_owned(), scheme.to_ascii_lowercase().into()),
            (":authority".to_owned(), authority.into()),
            (":path".to_owned(), path.as_ref().into()),
        ];
        let mut regular = Vec::new();
        for (name, value) in &self.headers {
            let name = match name.to_ascii_lowercase() {
                host if host == "host" => ":authority".to_owned(),
                name => name,
            };
            match pseudo.iter_mut().find(|(known, _)| *known == name) {
                Some((_, known)) => *known = value.clone(),
                None if name.starts_with(':') => pseudo.push((name, value.clone())),
                None => regular.push((name, value.clone())),
            }
        }
        forward_scheme(&mut pseudo, &mut regular);
        let mut message = proxy_model::Request::get(path.as_ref());
        message.headers = Headers::from_iter(pairs(&[pseudo, regular].concat()));
        message.body = body(&self.body);
        message.trailers = Headers::from_iter(pairs(&self.trailers));
        match self.from {
            Some(address) => message.from(&address.to_string()),
            None => message,
        }
    }
}

/// Makes `:scheme` and `x-forwarded-proto` agree. Envoy takes the scheme from the header, and `http` if the header has none.
fn forward_scheme(pseudo: &mut HeaderList, regular: &mut HeaderList) {
    let Some((_, scheme)) = pseudo.iter_mut().find(|(name, _)| name == ":scheme") else { return };
    let forwarded: Vec<_> = regular.iter().filter(|(name, _)| name == FORWARDED_PROTO).collect();
    match forwarded.as_slice() {
        [] => regular.insert(0, (FORWARDED_PROTO.to_owned(), scheme.clone())),
        [(_, one)] if is_scheme(&one.to_string()) => *scheme = one.to_string().to_ascii_lowercase().into(),
        _ => *scheme = "http".into(),
    }
}

/// Returns the scheme, authority and path of a URL. `None` for a path.
pub(crate) fn parts(target: &str) -> Option<(&str, &str, Cow<'_, str>)> {
    let (scheme, rest) = target.split_once("://").filter(|(scheme, _)| is_scheme(scheme))?;
    let (authority, path) = rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len()));
    let path = if path.starts_with('/') { path.into() } else { format!("/{path}").into() };
    Some((scheme, authority, path))
}

pub(crate) fn is_scheme(text: &str) -> bool {
    ["http", "https"].iter().any(|scheme| text.eq_ignore_ascii_case(scheme))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(path: &str, headers: &[(&str, &str)]) -> String {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        let message = Request { path: path.into(), headers, ..Request::default() }.message();
        let value = |name: &str| message.headers.values(name).join("+");
        [":scheme", FORWARDED_PROTO, ":authority", ":path"].map(value).join(" ")
    }

    #[test]
    fn a_url_sets_scheme_authority_and_path() {
        for (path, expected) in [
            ("/a?b=https://c", "http http a.example /a?b=https://c"),
            ("https://shop.example/a?b", "https https shop.example /a?b"),
            ("HTTP://shop.example:8080", "http http shop.example:8080 /"),
            ("https://shop.example?a=/b", "https https shop.example /?a=/b"),
        ] {
            assert_eq!(sent(path, &[]), expected);
        }
        assert_eq!(sent("https://a/b", &[("Host", "c"), (":scheme", "http")]), "http http c /b");
    }

    #[test]
    fn the_scheme_has_two_names() {
        for (headers, expected) in [
            ([(":scheme", "https")].as_slice(), "https https"),
            (&[("X-Forwarded-Proto", "HTTPS")], "https HTTPS"),
            (&[(":scheme", "https"), ("x-forwarded-proto", "http")], "http http"),
            (&[(":scheme", "https"), ("x-forwarded-proto", "wss")], "http wss"),
        ] {
            assert_eq!(sent("/", headers), format!("{expected} a.example /"));
        }
    }
}
