//! Finds a number in a JSON text.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// Returns the number at a pointer, rounded up. `None` if the text is not JSON, or has no number from 0 to 4294967295 there.
pub(super) fn at(pointer: &[String], json: &[u8]) -> Option<u32> {
    let mut found = None;
    let mut deserializer = serde_json::Deserializer::from_slice(json);
    Seek { pointer, found: &mut found }.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    found
}

/// Reads a value, and keeps the number at the pointer.
struct Seek<'a> {
    pointer: &'a [String],
    found: &'a mut Option<u32>,
}

impl<'de> DeserializeSeed<'de> for Seek<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seek<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, number: u64) -> Result<(), E> {
        if self.pointer.is_empty() {
            *self.found = u32::try_from(number).ok();
        }
        Ok(())
    }

    fn visit_f64<E>(self, number: f64) -> Result<(), E> {
        let is_count = self.pointer.is_empty() && (0.0..=f64::from(u32::MAX)).contains(&number);
        if is_count {
            // Within the range, so nothing is lost.
            *self.found = Some(number.ceil() as u32);
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<(), A::Error> {
        let sought = self.pointer.split_first().and_then(|(first, rest)| Some((index(first)?, rest)));
        let mut position = 0_usize;
        loop {
            let next = match sought {
                Some((index, pointer)) if index == position => {
                    items.next_element_seed(Seek { pointer, found: &mut *self.found })?
                }
                _ => items.next_element::<IgnoredAny>()?.map(|_| ()),
            };
            if next.is_none() {
                return Ok(());
            }
            position = position.saturating_add(1);
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let sought = self.pointer.split_first();
        while let Some(is_sought) = fields.next_key_seed(Is(sought.map(|(first, _)| first.as_str())))? {
            match sought {
                Some((_, pointer)) if is_sought => {
                    fields.next_value_seed(Seek { pointer, found: &mut *self.found })?;
                }
                _ => _ = fields.next_value::<IgnoredAny>()?,
            }
        }
        Ok(())
    }
}

/// Parses a segment as an index, without leading zeros.
fn index(segment: &str) -> Option<usize> {
    let is_index = segment == "0" || !segment.starts_with(['0', '+']);
    segment.parse().ok().filter(|_| is_index)
}

/// Reads a name, and compares it.
struct Is<'a>(Option<&'a str>);

impl<'de> DeserializeSeed<'de> for Is<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<bool, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for Is<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_str<E>(self, name: &str) -> Result<bool, E> {
        Ok(self.0 == Some(name))
    }
}
