//! JSON that others wrote: what does not fit is skipped, not refused.
//!
//! Nothing is buffered on the way, since what is skipped may be a secret too.

use std::fmt;
use std::marker::PhantomData;

use auth_core::Secret;
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{DeserializeOwned, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// A file of the smallest entries would take fifty times its size in memory. Caches of busy machines hold thousands.
const MOST: usize = 100_000;

/// The objects of an object or of a list, in their order. Whatever else is among them, or instead of them, is skipped.
#[derive(Debug)]
pub(crate) struct Objects<T>(pub(crate) Vec<T>);

impl<T> Default for Objects<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// One value: `T` if it is an object.
struct Object<T>(Option<T>);

/// Text, also where it was written as a number.
pub(crate) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    deserializer.deserialize_any(Text)
}

/// As [`text`], and secret.
pub(crate) fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    Ok(text(deserializer)?.map(Secret::new))
}

/// A number of seconds, also where it was written as text or with a fraction.
pub(crate) fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    let text = text(deserializer)?;
    let whole = |text: &String| text.trim().split('.').next().and_then(|whole| whole.parse().ok());
    Ok(text.as_ref().and_then(whole))
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Objects<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectsVisitor(PhantomData))
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectsVisitor<T>(PhantomData<T>);
struct ObjectVisitor<T>(PhantomData<T>);
struct Text;

fn check_number<T, E: Error>(objects: &[T]) -> Result<(), E> {
    if objects.len() > MOST { Err(E::custom("too many entries")) } else { Ok(()) }
}

/// The kinds of JSON values that a visitor has no use for.
macro_rules! skip {
    ($value:expr; $($visit:ident($type:ty)),*) => {$(
        fn $visit<E: Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok($value)
        }
    )*};
}

macro_rules! skip_null {
    ($value:expr) => {
        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

impl<'de, T: DeserializeOwned> Visitor<'de> for ObjectsVisitor<T> {
    type Value = Objects<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("objects")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut objects = Vec::new();
        while let Some((_, Object(object))) = map.next_entry::<IgnoredAny, Object<T>>()? {
            objects.extend(object);
            check_number(&objects)?;
        }
        Ok(Objects(objects))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut objects = Vec::new();
        while let Some(Object(object)) = list.next_element::<Object<T>>()? {
            objects.extend(object);
            check_number(&objects)?;
        }
        Ok(Objects(objects))
    }

    skip!(Objects::default(); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
    skip_null!(Objects::default());
}

impl<'de, T: DeserializeOwned> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(MapAccessDeserializer::new(map)).map(Some).map(Object)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(None))
    }

    skip!(Object(None); visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
    skip_null!(Object(None));
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(text.to_owned()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Self::Value, E> {
        Ok(Some(number.to_string()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    skip!(None; visit_bool(bool));
    skip_null!(None);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, Default, Deserialize)]
    #[serde(default)]
    struct Entry {
        #[serde(deserialize_with = "text")]
        name: Option<String>,
        #[serde(deserialize_with = "seconds")]
        time: Option<u64>,
    }

    fn read(json: &str) -> Vec<(Option<String>, Option<u64>)> {
        let Objects(entries): Objects<Entry> = serde_json::from_str(json).unwrap();
        entries.into_iter().map(|entry| (entry.name, entry.time)).collect()
    }

    #[test]
    fn what_does_not_fit_is_skipped() {
        let odd =
            r#"{"a": 1, "b": "x", "c": null, "d": [1, [2]], "e": true, "f": {"name": "good", "time": "7", "new": {}}}"#;
        assert_eq!(read(odd), [(Some("good".into()), Some(7))]);
        assert_eq!(read(r#"[1, {"name": ["x"], "time": {"x": 1}}, [{}]]"#), [(None, None)]);
        for instead in ["1", "-1", "1.5", "null", "true", r#""x""#] {
            assert!(read(instead).is_empty(), "{instead}");
        }
    }

    #[test]
    fn times_may_be_text_or_numbers() {
        let times = r#"[{"time": 7}, {"time": "7"}, {"time": 7.9}, {"time": " 7.9 "}, {"time": -7}, {"time": "soon"}]"#;
        let times: Vec<_> = read(times).into_iter().map(|(_, time)| time).collect();
        assert_eq!(times, [Some(7), Some(7), Some(7), Some(7), None, None]);
    }
}
