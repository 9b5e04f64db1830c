//! What no client, upstream or service can send.

use crate::bytes::Bytes;
use crate::request::is_scheme;
use crate::trial::{Request, Traffic, Trial};

/// The pseudo-headers of a request.
const PSEUDO: [&str; 4] = [":method", ":scheme", ":authority", ":path"];

/// Headers that frame a body, which the proxy sets.
const FRAMING: [&str; 2] = ["content-length", "transfer-encoding"];

impl Trial {
    /// Finds what a proxy would refuse before a filter runs, or cannot send.
    ///
    /// # Errors
    /// A method, path, host, scheme or header has the wrong form.
    pub fn check(&self) -> Result<(), String> {
        if let Traffic::Http(request, upstream) = &self.traffic {
            request.check()?;
            fields(&upstream.headers, &upstream.trailers)?;
        }
        self.services.iter().try_for_each(|service| fields(&service.headers, &[]))
    }
}

impl Request {
    fn check(&self) -> Result<(), String> {
        let message = self.message();
        let part =
            |name: &str| String::from_utf8_lossy(message.headers.first(name.as_bytes()).unwrap_or_default());
        let [method, scheme, authority, target] = PSEUDO.map(part);
        if !is_token(&method) {
            return Err(format!("`{method}` is not a method: write one such as GET"));
        }
        path(&target)?;
        if !is_scheme(&scheme) {
            return Err(format!("`{scheme}` is not a scheme: write http or https"));
        }
        if authority.is_empty() || !authority.bytes().all(is_of_authority) {
            return Err(format!(
                "`{authority}` is not a host: write one such as shop.example or shop.example:8080"
            ));
        }
        let is_pseudo = |name: &str| PSEUDO.contains(&name.to_ascii_lowercase().as_str());
        let regular: Vec<_> = self.headers.iter().filter(|(name, _)| !is_pseudo(name)).cloned().collect();
        if let Some((name, _)) =
            regular.iter().find(|(name, _)| FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing)))
        {
            return Err(format!("leave out `{name}`: it follows from the body"));
        }
        fields(&regular, &self.trailers)
    }
}

fn path(path: &str) -> Result<(), String> {
    if !path.starts_with('/') && path != "*" {
        return Err(format!(
            "`{path}` is not a path: it must begin with `/`, or be a URL such as `https://shop.example/`"
        ));
    }
    let Some(wrong) = path.chars().find(|character| !character.is_ascii_graphic() || *character == '#')
    else {
        return Ok(());
    };
    let encoded: String = wrong.to_string().bytes().map(|byte| format!("%{byte:02X}")).collect();
    let wrong = Bytes::from(wrong.to_string());
    let path = Bytes::from(path);
    Err(match wrong.as_ref() {
        b"#" => format!("`{path}` is not a path: leave out what follows `#`, which clients do not send"),
        _ => format!("`{path}` is not a path: write `{wrong}` as `{encoded}`"),
    })
}

fn fields(headers: &[(String, Bytes)], trailers: &[(String, Bytes)]) -> Result<(), String> {
    for (name, value) in headers.iter().chain(trailers) {
        if !is_token(name) {
            return Err(format!("`{}` is not the name of a header", Bytes::from(name.as_str())));
        }
        if value.as_ref().iter().any(|byte| byte.is_ascii_control() && *byte != b'\t') {
            return Err(format!("the value of `{name}` has a control character: `{value}`"));
        }
    }
    Ok(())
}

/// Returns whether this is a token of RFC 9110, section 5.6.2, as methods and names of headers are.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
}

/// Returns whether a host and port may have this byte: RFC 3986, section 3.2, without user information.
fn is_of_authority(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(&byte)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_client_can_send_is_named() {
        for (request, expected) in [
            (r#"{"method": "GET / HTTP"}"#, "`GET / HTTP` is not a method"),
            (r#"{"path": "/a b"}"#, "`/a b` is not a path: write ` ` as `%20`"),
            (r#"{"path": "/é"}"#, "write `é` as `%C3%A9`"),
            (r#"{"path": "/\n"}"#, "write `\\n` as `%0A`"),
            (r##"{"path": "/a#b"}"##, "leave out what follows `#`"),
            (r#"{"path": "a"}"#, "it must begin with `/`, or be a URL"),
            (r#"{"path": "ftp://a/"}"#, "`ftp://a/` is not a path"),
            (r#"{"path": "https://ann@a/"}"#, "`ann@a` is not a host"),
            (r#"{"path": "https:///a"}"#, "`` is not a host"),
            (r#"{"scheme": "wss"}"#, "`wss` is not a scheme"),
            (r#"{"headers": [["x a", "1"]]}"#, "`x a` is not the name of a header"),
            (r#"{"headers": [["", "1"]]}"#, "`` is not the name of a header"),
            (r#"{"headers": [[":status", "1"]]}"#, "`:status` is not the name of a header"),
            (r#"{"headers": [["host", "a b"]]}"#, "`a b` is not a host"),
            (
                r#"{"headers": [["x", "a\r\nb: c"]]}"#,
                "the value of `x` has a control character: `a\\r\\nb: c`",
            ),
            (r#"{"headers": [["Content-Length", "1"]]}"#, "leave out `Content-Length`"),
            (r#"{"trailers": [["é", "1"]]}"#, "`é` is not the name of a header"),
        ] {
            let trial = format!(r#"{{"request": {request}}}"#);
            let error = serde_json::from_str::<Trial>(&trial).unwrap_err().to_string();
            assert!(error.contains(expected), "{request}: {error}");
        }
        for request in [
            r#"{"method": "OPTIONS", "path": "*"}"#,
            r#"{"headers": [["X-A", "é\t"], ["host", "[::1]:80"]]}"#,
        ] {
            serde_json::from_str::<Trial>(&format!(r#"{{"request": {request}}}"#)).unwrap();
        }
        for trial in [
            r#"{"upstream": {"headers": [["x a", ""]]}}"#,
            r#"{"services": [{"cluster": "a", "headers": [["x a", ""]]}]}"#,
        ] {
            assert!(serde_json::from_str::<Trial>(trial).is_err(), "{trial}");
        }
    }
}
