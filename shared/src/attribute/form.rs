//! Attributes as Envoy's commands write them, where that is not the text of the attribute's type.
//!
//! A function pointer for each form: modules without the commands lack its code.

use super::{TextAttribute, date};

impl TextAttribute {
    /// Returns an address, written without its port.
    pub(crate) fn without_port(self) -> Self {
        self.in_form("without port", |address, _| Some(without_port(&address).to_vec()))
    }

    /// Returns a text, written with an underscore for each white space.
    pub(crate) fn without_spaces(self) -> Self {
        self.in_form("without spaces", |mut text, _| {
            text.iter_mut().filter(|byte| byte.is_ascii_whitespace()).for_each(|byte| *byte = b'_');
            Some(text)
        })
    }

    /// Returns a text, which has no value if it is empty.
    pub(crate) fn unless_empty(self) -> Self {
        self.in_form("unless empty", |text, _| (!text.is_empty()).then_some(text))
    }

    /// Returns a server name, which has no value if it is empty or is not a host name. Versions of Envoy differ in what they
    /// write for one that is not.
    pub(crate) fn if_host_name(self) -> Self {
        self.in_form("if host name", |name, _| {
            let is_host_name = name.iter().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(byte));
            (is_host_name && !name.is_empty()).then_some(name)
        })
    }

    /// Returns when the request arrived, in Envoy's format or in this one.
    ///
    /// # Errors
    /// The format has an unknown specifier.
    pub(crate) fn start_time(format: Option<&str>) -> Result<Self, String> {
        let format = format.filter(|format| !format.is_empty()).unwrap_or(date::DEFAULT);
        if date::format(format, 0).is_none() {
            return Err(format!("unknown specifier in `{format}`: use {}", date::SPECIFIERS));
        }
        let time = Self::find("request.time", false)?;
        Ok(time.in_form(format, |bytes, path| {
            let format = path.strip_prefix("request\0time")?;
            date::format(format, u64::from_le_bytes(bytes.try_into().ok()?))
        }))
    }
}

/// Returns the IP address of a socket address, and other addresses, such as paths of Unix sockets, as they are.
fn without_port(address: &[u8]) -> &[u8] {
    let end = address.iter().rposition(|byte| *byte == b':').filter(|_| !address.starts_with(b"/"));
    match end.and_then(|end| address.get(..end)) {
        Some([b'[', ip @ .., b']']) => ip,
        Some(ip) => ip,
        None => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(name: &str) -> TextAttribute {
        TextAttribute::find(name, false).unwrap()
    }

    #[test]
    fn forms() {
        let address = found("source.address").without_port();
        let details = found("response.code_details").without_spaces();
        let server = found("connection.requested_server_name").if_host_name();
        let route = found("xds.route_name").unless_empty();
        for (attribute, value, expected) in [
            (&address, "192.0.2.1:80", "192.0.2.1"),
            (&address, "[2001:db8::1]:0", "2001:db8::1"),
            (&address, "/run/a:b.sock", "/run/a:b.sock"),
            (&address, "@abstract", "@abstract"),
            (&details, "reset{a b\tc}", "reset{a_b_c}"),
            (&server, "Shop-1.example", "Shop-1.example"),
            (&server, "my_shop.example", "my_shop.example"),
            (&route, "to a", "to a"),
        ] {
            assert_eq!(attribute.show(value.into()).as_deref(), Some(expected.as_bytes()), "{value}");
        }
        for (attribute, value) in [(&server, ""), (&server, "a b.example"), (&route, "")] {
            assert_eq!(attribute.show(value.into()), None, "{value}");
        }
        let second = 1_000_000_000_u64.to_le_bytes();
        let date = |format| TextAttribute::start_time(format).unwrap().show(second.into());
        assert_eq!(date(None).as_deref(), Some(b"1970-01-01T00:00:01.000Z".as_slice()));
        assert_eq!(date(Some("")), date(None));
        assert_eq!(date(Some("%S")).as_deref(), Some(b"01".as_slice()));
        assert_eq!(TextAttribute::start_time(None).unwrap().show(b"1".into()), None);
    }

    #[test]
    fn an_attribute_in_another_form_is_another_input() {
        assert_ne!(found("source.address").without_port(), found("source.address"));
        assert_ne!(TextAttribute::start_time(None), Ok(found("request.time")));
        assert_ne!(TextAttribute::start_time(None), TextAttribute::start_time(Some("%s")));
        assert_eq!(TextAttribute::start_time(Some("%s")), TextAttribute::start_time(Some("%s")));
    }
}
