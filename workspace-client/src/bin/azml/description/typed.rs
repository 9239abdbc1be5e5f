//! From members to a type, with errors that say where and never what.
//!
//! What stands in a file may be secret, so no value is ever told: only what was expected.

use std::fmt;

use serde::de::value::StringDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error as _, Expected, IntoDeserializer as _, MapAccess};
use serde::de::{SeqAccess, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::{Number, Value};

use super::sources::{Sources, below};

/// Reads what lies at a pointer.
pub(super) struct Reader<'a> {
    pub(super) value: &'a Value,
    pub(super) pointer: String,
    pub(super) sources: &'a Sources,
    /// Members of the root that somebody else reads.
    pub(super) others: &'a [&'a str],
}

/// Why a member cannot be read.
#[derive(Debug)]
pub(super) struct Refusal {
    /// The member; none before it is known.
    pub(super) pointer: Option<String>,
    pub(super) problem: Problem,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// What is wrong with the member, such as `is a list, not text`.
    Is(String),
    /// It must have another member, and has not.
    Lacks(&'static str),
    /// Its name is none of those that there are.
    Unknown { name: String, known: &'static [&'static str] },
}

impl Refusal {
    fn new(problem: Problem) -> Self {
        Self { pointer: None, problem }
    }

    fn at(self, pointer: &str) -> Self {
        Self { pointer: self.pointer.or_else(|| Some(pointer.to_owned())), ..self }
    }
}

impl Reader<'_> {
    /// A scalar as it was written.
    fn text(&self) -> Option<String> {
        match self.value {
            Value::String(text) => Some(text.clone()),
            Value::Bool(_) | Value::Number(_) => {
                Some(self.sources.text(&self.pointer).map_or_else(|| self.value.to_string(), str::to_owned))
            }
            _ => None,
        }
    }

    /// A scalar as a number; a whole one has no fraction, however it is written.
    fn number(&self) -> Option<Number> {
        let number = match self.value {
            Value::Number(number) => number.clone(),
            Value::String(text) => serde_json::from_str(text.trim()).ok()?,
            _ => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "it is whole, and not as large")]
        let whole =
            number.as_f64().filter(|float| float.fract() == 0.0 && float.abs() < 9e15).map(|float| float as i64);
        Some(whole.map_or(number, Number::from))
    }
}

fn visit<'de, V: Visitor<'de>>(number: &Number, visitor: V) -> Result<V::Value, Refusal> {
    match (number.as_u64(), number.as_i64()) {
        (Some(number), _) => visitor.visit_u64(number),
        (_, Some(number)) => visitor.visit_i64(number),
        _ => visitor.visit_f64(number.as_f64().unwrap_or_default()),
    }
}

/// Scalars are what is wanted of them: a version `1.10` is text where text is wanted, and `"4"` a number where that is.
impl<'de> Deserializer<'de> for Reader<'de> {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let pointer = self.pointer.clone();
        let outcome = match self.value {
            Value::Array(items) => visitor.visit_seq(Items { items: items.iter().enumerate(), reader: self }),
            Value::Bool(value) => visitor.visit_bool(*value),
            Value::Null => visitor.visit_unit(),
            Value::Number(number) => visit(number, visitor),
            Value::Object(members) => visitor.visit_map(Members { rest: members.iter(), next: None, reader: self }),
            Value::String(text) => visitor.visit_str(text),
        };
        outcome.map_err(|refusal| refusal.at(&pointer))
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.text() {
            Some(text) => visitor.visit_string(text).map_err(|refusal: Refusal| refusal.at(&self.pointer)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_str(visitor)
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        let said = self.value.as_str().and_then(|text| text.to_lowercase().parse().ok());
        match said {
            Some(said) => visitor.visit_bool(said),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.number() {
            Some(number) => visit(&number, visitor).map_err(|refusal| refusal.at(&self.pointer)),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        self.deserialize_u64(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.value.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.text() {
            Some(text) => {
                let variant: StringDeserializer<Refusal> = text.into_deserializer();
                visitor.visit_enum(variant).map_err(|refusal| refusal.at(&self.pointer))
            }
            None => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        i8 i16 i128 u8 u16 u128 f32 char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

struct Items<'a> {
    items: std::iter::Enumerate<std::slice::Iter<'a, Value>>,
    reader: Reader<'a>,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Refusal;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Refusal> {
        let Some((index, value)) = self.items.next() else { return Ok(None) };
        let pointer = below(&self.reader.pointer, &index.to_string());
        seed.deserialize(Reader { value, pointer, ..self.reader }).map(Some)
    }
}

struct Members<'a> {
    rest: serde_json::map::Iter<'a>,
    next: Option<(&'a String, &'a Value)>,
    reader: Reader<'a>,
}

impl<'de> MapAccess<'de> for Members<'de> {
    type Error = Refusal;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Refusal> {
        let Reader { pointer, others, .. } = &self.reader;
        self.next = self.rest.find(|(name, _)| !pointer.is_empty() || !others.contains(&name.as_str()));
        let Some((name, _)) = self.next else { return Ok(None) };
        let pointer = below(&self.reader.pointer, name);
        let name: StringDeserializer<Refusal> = name.clone().into_deserializer();
        seed.deserialize(name).map(Some).map_err(|refusal| refusal.at(&pointer))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Refusal> {
        let Some((name, value)) = self.next.take() else { return Err(Refusal::custom("")) };
        let pointer = below(&self.reader.pointer, name);
        let reader = Reader { value, pointer: pointer.clone(), ..self.reader };
        seed.deserialize(reader).map_err(|refusal| refusal.at(&pointer))
    }
}

impl serde::de::Error for Refusal {
    /// Without the message, which may tell the value.
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self::new(Problem::Is("is not as it must be".to_owned()))
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        let is = match unexpected {
            Unexpected::Bool(_) => "true or false",
            Unexpected::Unsigned(_) | Unexpected::Signed(_) | Unexpected::Float(_) => "a number",
            Unexpected::Str(_) | Unexpected::Char(_) => "text",
            Unexpected::Unit | Unexpected::Option => "empty",
            Unexpected::Seq => "a list",
            Unexpected::Map => "a map",
            _ => "something else",
        };
        Self::new(Problem::Is(format!("is {is}, not {}", in_words(expected))))
    }

    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::new(Problem::Is(format!("is not {}", in_words(expected))))
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self::new(Problem::Is(format!("is not {}", in_words(expected))))
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(Problem::Is(format!("is none of {}", expected.join(", "))))
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::new(Problem::Unknown { name: field.to_owned(), known })
    }

    fn missing_field(field: &'static str) -> Self {
        Self::new(Problem::Lacks(field))
    }

    fn duplicate_field(field: &'static str) -> Self {
        Self::new(Problem::Is(format!("says {field} twice")))
    }
}

impl std::error::Error for Refusal {}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a member cannot be read")
    }
}

/// What serde expects, in the words of a person who writes YAML.
fn in_words(expected: &dyn Expected) -> String {
    let expected = expected.to_string();
    match expected.as_str() {
        "a boolean" => "true or false",
        "a map" => "a map of names and values",
        "a sequence" => "a list",
        "a string" => "text",
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number",
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number of at least 0",
        text if text.starts_with("struct ") => "a map of members",
        text if text.starts_with("enum ") || text.starts_with("variant ") => "one of its names",
        text => text,
    }
    .to_owned()
}
