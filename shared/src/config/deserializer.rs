//! Reads a filter's types from a tree of JSON values.
//!
//! serde lets a type accept other values too: a struct also reads lists. Each method here accepts one kind of JSON value and
//! calls only the visitor's method for it, so that a module does not contain the others.
//!
//! Values are read in functions of their own: the memory with which Envoy's V8 compiles a module grows with its largest
//! function.

use std::slice;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::one_or_many;
use super::refused::{Refused, unexpected};
use super::tree::Tree;

/// Expands to methods that read a value as another method does.
macro_rules! same {
    ($other:ident: $($method:ident($($arg:ty),*))*) => {$(
        fn $method<V: Visitor<'de>>(self, $(_: $arg,)* visitor: V) -> Result<V::Value, Refused> {
            self.$other(visitor)
        }
    )*};
}

impl<'de> Deserializer<'de> for &'de Tree {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Whole(value) => visitor.visit_u64(*value),
            Tree::Negative(value) => visitor.visit_i64(*value),
            Tree::Fraction(value) => visitor.visit_f64(*value),
            Tree::Text(text) => visitor.visit_str(text),
            Tree::List(_) => self.deserialize_seq(visitor),
            Tree::Object(_) => self.deserialize_map(visitor),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Bool(value) => visitor.visit_bool(*value),
            _ => Err(unexpected(self, &visitor)),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Whole(value) => visitor.visit_u64(*value),
            Tree::Negative(value) => visitor.visit_i64(*value),
            _ => Err(unexpected(self, &visitor)),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Fraction(value) => visitor.visit_f64(*value),
            _ => self.deserialize_u64(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Text(text) => visitor.visit_str(text),
            _ => Err(unexpected(self, &visitor)),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self {
            Tree::List(_) if name == one_or_many::NAME => self.deserialize_seq(visitor),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::List(items) => visitor.visit_seq(Items { rest: items.iter(), next: 0 }),
            _ => Err(unexpected(self, &visitor)),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Tree::Object(fields) => visitor.visit_map(Fields { rest: fields.iter(), last: None }),
            _ => Err(unexpected(self, &visitor)),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        match self {
            Tree::Text(name) => visitor.visit_enum(Variant { name, content: None }),
            Tree::Object(fields) => match fields.as_slice() {
                [(name, content)] => visitor.visit_enum(Variant { name, content: Some(content) }),
                _ => Err(unexpected(self, &visitor)),
            },
            _ => Err(unexpected(self, &visitor)),
        }
    }

    same! { deserialize_u64:
        deserialize_i8() deserialize_i16() deserialize_i32() deserialize_i64()
        deserialize_u8() deserialize_u16() deserialize_u32()
    }
    same! { deserialize_f64: deserialize_f32() }
    same! { deserialize_str: deserialize_string() deserialize_char() deserialize_identifier() }
    same! { deserialize_seq: deserialize_tuple(usize) deserialize_tuple_struct(&'static str, usize) }
    same! { deserialize_map: deserialize_struct(&'static str, &'static [&'static str]) }
    forward_to_deserialize_any! { i128 u128 bytes byte_buf unit unit_struct ignored_any }
}

/// The items of a list. Errors name the item.
struct Items<'de> {
    rest: slice::Iter<'de, Tree>,
    next: usize,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Refused;

    #[inline(never)]
    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refused> {
        let Some(item) = self.rest.next() else { return Ok(None) };
        let index = self.next;
        self.next = index.saturating_add(1);
        seed.deserialize(item).map(Some).map_err(|error| error.in_item(index))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.rest.len())
    }
}

/// The fields of an object. Errors name the field.
struct Fields<'de> {
    rest: slice::Iter<'de, (String, Tree)>,
    last: Option<&'de (String, Tree)>,
}

impl<'de> MapAccess<'de> for Fields<'de> {
    type Error = Refused;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refused> {
        self.last = self.rest.next();
        let Some((name, _)) = self.last else { return Ok(None) };
        seed.deserialize(name.as_str().into_deserializer())
            .map(Some)
            .map_err(|error: Refused| error.in_field(name))
    }

    #[inline(never)]
    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Refused> {
        // serde asks for a value only after its name.
        let Some((name, value)) = self.last else { return Err(Refused::new(&"a field without a name")) };
        seed.deserialize(value).map_err(|error| error.in_field(name))
    }
}

/// A variant of an enum: a text, or an object with one field, which holds the variant's content.
struct Variant<'de> {
    name: &'de str,
    content: Option<&'de Tree>,
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Refused;
    type Variant = Self;

    fn variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<(T::Value, Self), Refused> {
        Ok((seed.deserialize(self.name.into_deserializer())?, self))
    }
}

impl<'de> Variant<'de> {
    fn content<T>(self, read: impl FnOnce(&'de Tree) -> Result<T, Refused>) -> Result<T, Refused> {
        let name = self.name;
        match self.content {
            Some(content) => read(content).map_err(|error| error.in_field(name)),
            None => Err(Refused::new(&format_args!("write `{{\"{name}\": ...}}`: `{name}` takes a value"))),
        }
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Refused;

    fn unit_variant(self) -> Result<(), Refused> {
        let name = self.name;
        match self.content {
            Some(_) => Err(Refused::new(&format_args!("write `\"{name}\"`: `{name}` takes no value"))),
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Refused> {
        self.content(|content| seed.deserialize(content))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Refused> {
        self.content(|content| content.deserialize_seq(visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refused> {
        self.content(|content| content.deserialize_map(visitor))
    }
}
