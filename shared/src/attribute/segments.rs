//! Attributes as users write them segment by segment, because the names of filters and keys contain dots.

use super::known::ALL;
use super::text::ToText;
use super::text_attribute::{TextAttribute, readable};

impl TextAttribute {
    /// Finds an attribute by its segments. In metadata, every segment after a filter's name goes one level deeper.
    ///
    /// # Errors
    /// If there is no such attribute, the error says how to write one.
    #[inline(never)]
    pub(crate) fn at(segments: &[String]) -> Result<Self, &'static str> {
        // An empty segment would be the whole map, and a zero byte would be two segments.
        if segments.iter().any(|segment| segment.is_empty() || segment.contains('\0')) {
            return Err("a segment is empty or has a zero byte");
        }
        let mut path = String::new();
        for segment in segments {
            path += if path.is_empty() { "" } else { "\0" };
            path += segment;
        }
        let below = |above: &str| path.starts_with(above);
        let known = ALL.iter().find(|(known, _)| *known == path);
        let to_text = match (known, segments.len()) {
            (Some((_, to_text)), _) => *to_text,
            (None, 3) if below("request\0headers\0") || below("response\0headers\0") => Some as ToText,
            (None, 2..) if below("filter_state\0") => readable,
            (None, 4..) if below("metadata\0filter_metadata\0") => readable,
            _ => {
                return Err(
                    "no such attribute: use [\"metadata\", \"filter_metadata\", FILTER, KEY], [\"filter_state\", KEY], \
                     [\"request\", \"headers\", NAME], or the segments of a name such as `xds.route_name`",
                );
            }
        };
        Ok(Self { path: path.into(), to_text })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(segments: &[&str]) -> Result<TextAttribute, &'static str> {
        TextAttribute::at(&segments.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn segments_give_the_attribute_of_the_name() {
        for name in ["xds.route_name", "plugin_name", "request.headers.x-a", "filter_state.a"] {
            let segments: Vec<_> = name.split('.').collect();
            assert_eq!(at(&segments).ok(), TextAttribute::find(name, false).ok(), "{name}");
        }
        let of_key = TextAttribute::find("metadata.filter_metadata.a.b.c", false).ok();
        assert_eq!(at(&["metadata", "filter_metadata", "a.b", "c"]).ok(), of_key);
        assert!(at(&["request", "headers", "x.y"]).is_ok());
        assert!(at(&["metadata", "filter_metadata", "a.b", "c.d", "e", "f"]).is_ok());
        for none in [
            &[] as &[&str],
            &["request", "headers"],
            &["request", "headers", ""],
            &["request", "headers", "a", "b"],
            &["request\0headers"],
            &["metadata", "filter_metadata", "a.b"],
            &["metadata", "filter_metadata", "a", "b", ""],
            &["filter_state"],
            &["xds.route_name"],
        ] {
            assert!(at(none).is_err(), "{none:?}");
        }
    }
}
