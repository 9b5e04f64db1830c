//! Reads the common name from a certificate's subject.

/// Returns the common name in a subject that is written as in RFC 4514, such as `CN=ann,O=Example`. Of several, returns the
/// most specific, which is the first.
///
/// Returns `None` if that name is empty, has control characters, is not UTF-8, or is of a type that has no text.
pub(crate) fn common_name(subject: &str) -> Option<String> {
    let mut rest = subject.as_bytes();
    loop {
        // The parts of a name are separated by commas, and several values of one part by plus signs.
        let mut escaped = false;
        let end = rest.iter().position(|byte| {
            let is_separator = !escaped && matches!(byte, b',' | b'+');
            escaped = !escaped && *byte == b'\\';
            is_separator
        });
        let (attribute, others) = rest.split_at_checked(end.unwrap_or(rest.len()))?;
        if let Some(value) = attribute.strip_prefix(b"CN=") {
            let name = String::from_utf8(unescaped(value)?).ok()?;
            return Some(name)
                .filter(|name| !name.is_empty() && !name.bytes().any(|byte| byte.is_ascii_control()));
        }
        (_, rest) = others.split_first()?;
    }
}

/// Undoes `\,`, and `\C3\AB` for bytes. Returns `None` if a value is not text: `#` begins its encoding in hexadecimal.
fn unescaped(value: &[u8]) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut rest = value.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'#' if bytes.is_empty() => return None,
            b'\\' => {
                let first = rest.next()?;
                match digit(first) {
                    Some(high) => high << 4 | digit(rest.next()?)?,
                    None => first,
                }
            }
            other => other,
        });
    }
    Some(bytes)
}

fn digit(symbol: u8) -> Option<u8> {
    char::from(symbol).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn common_names() {
        for (subject, expected) in [
            ("CN=ann", Some("ann")),
            ("CN=ann,OU=team,O=Example", Some("ann")),
            ("emailAddress=a@example.com,CN=ann,O=Example", Some("ann")),
            // The most specific of several.
            ("CN=ann,CN=users,DC=example", Some("ann")),
            // Several values in one part.
            ("UID=7+CN=ann,O=Example", Some("ann")),
            ("CN=ann+UID=7,O=Example", Some("ann")),
            // Escapes.
            (r"CN=Doe\, Ann\+Bob,O=Example", Some("Doe, Ann+Bob")),
            (r"CN=\ ann\ ", Some(" ann ")),
            (r"CN=\#7", Some("#7")),
            (r"CN=a#7", Some("a#7")),
            (r#"CN=\"a\"\\,O=b"#, Some(r#""a"\"#)),
            (r"CN=Zo\C3\AB", Some("Zoë")),
            (r"CN=Zo\c3\ab", Some("Zoë")),
            ("CN=a=b", Some("a=b")),
            // Other attributes that contain something like one.
            (r"O=x\,CN=admin", None),
            (r"O=x\\,CN=ann", Some("ann")),
            (r"O=x\+CN=admin,CN=ann", Some("ann")),
            ("XCN=ann", None),
            ("O=Example", None),
            ("", None),
            // No text.
            ("CN=", None),
            ("CN=,CN=other", None),
            ("CN=#1603616E6E,CN=other", None),
            (r"CN=ann\00.example", None),
            (r"CN=a\0D\0Ab", None),
            (r"CN=\FF", None),
            (r"CN=\C", None),
            (r"CN=\CG", None),
            (r"CN=a\", None),
        ] {
            assert_eq!(common_name(subject).as_deref(), expected, "{subject}");
        }
    }

    /// Escapes as OpenSSL does for RFC 2253.
    fn escaped(value: &str) -> String {
        let last = value.len().saturating_sub(1);
        let escape = |(at, byte): (usize, u8)| match byte {
            b',' | b'+' | b'"' | b'\\' | b'<' | b'>' | b';' => format!("\\{}", char::from(byte)),
            b' ' if at == 0 || at == last => "\\ ".into(),
            b'#' if at == 0 => "\\#".into(),
            b' '..=b'~' => char::from(byte).to_string(),
            _ => format!("\\{byte:02X}"),
        };
        value.bytes().enumerate().map(escape).collect()
    }

    proptest! {
        /// Nobody can put a name into another attribute, and every name is found as it is.
        #[test]
        fn names_are_read_as_they_were_written(before in r"\PC*", name in r"\PC+", after in r"\PC*") {
            let subject = format!("O={},CN={},OU={}", escaped(&before), escaped(&name), escaped(&after));
            prop_assert_eq!(common_name(&subject), Some(name));
        }

        #[test]
        fn any_text_is_read(subject in r"(CN=|[,+\\#a0]|\PC)*") {
            let _ = common_name(&subject);
        }
    }
}
