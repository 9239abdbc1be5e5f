//! JSON that is written back as Python writes it, with whatever is not ours kept as it was.

use std::collections::HashMap;
use std::fmt;

use auth_core::Secret;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

/// Deeper than any file of the Azure CLI, and far from the end of the stack.
const DEEPEST: usize = 64;

/// A JSON value whose members keep their order. What it holds may be tokens, so that every scalar is a [`Secret`].
#[derive(Clone)]
pub(crate) enum Json {
    Array(Vec<Json>),
    /// Of members with the same name the last counts, in the place of the first, as in Python.
    Object(Vec<(String, Json)>),
    /// A string, a number, `true`, `false` or `null`, as it is written.
    Scalar(Secret),
}

/// How Python's `json` lays a value out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Layout {
    /// `json.dumps(value, indent=4)`
    Indented,
    /// `json.dumps(value)`
    Line,
}

impl Json {
    pub(crate) fn parse(text: &str) -> Result<Self, serde_json::Error> {
        from_raw(serde_json::from_str(text)?, 0)
    }

    pub(crate) fn boolean(value: bool) -> Self {
        Self::Scalar(if value { "true" } else { "false" }.into())
    }

    pub(crate) fn null() -> Self {
        Self::Scalar("null".into())
    }

    pub(crate) fn text(text: &str) -> Self {
        Self::Scalar(quoted(text))
    }

    pub(crate) fn object<'a>(members: impl IntoIterator<Item = (&'a str, Json)>) -> Self {
        Self::Object(members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    pub(crate) fn member(&self, name: &str) -> Option<&Json> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(own, _)| own == name).map(|(_, value)| value)
    }

    /// The text of the member, if it is one.
    pub(crate) fn text_of(&self, name: &str) -> Option<Secret> {
        match self.member(name)? {
            Self::Scalar(raw) => serde_json::from_str(raw.expose()).ok(),
            _ => None,
        }
    }

    /// The member, which is made if it is missing. None if this is no object.
    pub(crate) fn member_or(&mut self, name: &str, default: Json) -> Option<&mut Json> {
        let Self::Object(members) = self else { return None };
        let index = members.iter().position(|(own, _)| own == name).unwrap_or_else(|| {
            members.push((name.to_owned(), default));
            members.len() - 1
        });
        members.get_mut(index).map(|(_, value)| value)
    }

    /// Sets a member of an object, in its place if it is there already.
    pub(crate) fn set(&mut self, name: &str, value: Json) {
        if let Some(member) = self.member_or(name, Self::null()) {
            *member = value;
        }
    }

    pub(crate) fn is_null(&self) -> bool {
        matches!(self, Self::Scalar(raw) if raw.expose() == "null")
    }

    pub(crate) fn is_true(&self) -> bool {
        matches!(self, Self::Scalar(raw) if raw.expose() == "true")
    }

    /// The text that Python's `json` writes.
    pub(crate) fn to_text(&self, layout: Layout) -> String {
        let mut text = String::new();
        self.write(layout, 0, &mut text);
        text
    }

    fn write(&self, layout: Layout, depth: usize, text: &mut String) {
        let (open, close, length) = match self {
            Self::Scalar(raw) => return text.push_str(raw.expose()),
            Self::Array(items) => ('[', ']', items.len()),
            Self::Object(members) => ('{', '}', members.len()),
        };
        text.push(open);
        let separate = |text: &mut String, index: usize| match layout {
            Layout::Indented => {
                text.push_str(if index == 0 { "\n" } else { ",\n" });
                text.push_str(&"    ".repeat(depth + 1));
            }
            Layout::Line if index > 0 => text.push_str(", "),
            Layout::Line => {}
        };
        match self {
            Self::Array(items) => {
                for (index, item) in items.iter().enumerate() {
                    separate(text, index);
                    item.write(layout, depth + 1, text);
                }
            }
            Self::Object(members) => {
                for (index, (name, value)) in members.iter().enumerate() {
                    separate(text, index);
                    text.push_str(quoted(name).expose());
                    text.push_str(": ");
                    value.write(layout, depth + 1, text);
                }
            }
            Self::Scalar(_) => {}
        }
        if matches!(layout, Layout::Indented) && length > 0 {
            text.push('\n');
            text.push_str(&"    ".repeat(depth));
        }
        text.push(close);
    }
}

/// The members of an object, unread.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                let mut places = HashMap::new();
                while let Some((name, value)) = map.next_entry::<String, &RawValue>()? {
                    let place = *places.entry(name.clone()).or_insert(members.len());
                    if place == members.len() {
                        members.push((name, value));
                    } else {
                        members[place] = (name, value);
                    }
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(MembersVisitor)
    }
}

fn from_raw(raw: &RawValue, depth: usize) -> Result<Json, serde_json::Error> {
    let text = raw.get();
    if depth > DEEPEST {
        return Err(serde::de::Error::custom("it is nested too deeply"));
    }
    Ok(match text.as_bytes().first() {
        Some(b'{') => {
            let Members(members) = serde_json::from_str(text)?;
            let members = members.into_iter().map(|(name, value)| Ok((name, from_raw(value, depth + 1)?)));
            Json::Object(members.collect::<Result<_, serde_json::Error>>()?)
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(text)?;
            Json::Array(items.into_iter().map(|item| from_raw(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        Some(b'"') => match serde_json::from_str::<Secret>(text) {
            Ok(decoded) => Json::text(decoded.expose()),
            // Half of a surrogate pair is no text, but Python reads and writes it.
            Err(_) => Json::Scalar(ascii(text)),
        },
        _ => Json::Scalar(text.into()),
    })
}

/// The JSON string of a text, in ASCII.
fn quoted(text: &str) -> Secret {
    // Enough for a token, which is then never moved.
    let mut json = String::with_capacity(text.len() + 2);
    json.push('"');
    for character in text.chars() {
        match character {
            '"' => json.push_str("\\\""),
            '\\' => json.push_str("\\\\"),
            '\n' => json.push_str("\\n"),
            '\r' => json.push_str("\\r"),
            '\t' => json.push_str("\\t"),
            '\u{8}' => json.push_str("\\b"),
            '\u{c}' => json.push_str("\\f"),
            ' '..='~' => json.push(character),
            _ => escape(character, &mut json),
        }
    }
    json.push('"');
    json.into()
}

/// JSON in ASCII.
fn ascii(json: &str) -> Secret {
    let mut text = String::with_capacity(json.len());
    for character in json.chars() {
        if character.is_ascii() { text.push(character) } else { escape(character, &mut text) }
    }
    text.into()
}

fn escape(character: char, json: &mut String) {
    use fmt::Write as _;
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _ = write!(json, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rewritten(text: &str, layout: Layout) -> String {
        Json::parse(text).unwrap().to_text(layout)
    }

    /// What Python 3.11 prints for the same.
    #[test]
    fn a_value_is_written_as_python_writes_it() {
        let text = "{\"b\":[1,{ },[ ]],\"a\":\"Stra\u{df}e \u{1f600} \\u007f\\/\\n\\u0001\",\"b\":-1.50E+2,\"n\":null}";
        insta::assert_snapshot!(rewritten(text, Layout::Line), @r#"{"b": -1.50E+2, "a": "Stra\u00dfe \ud83d\ude00 \u007f/\n\u0001", "n": null}"#);
        insta::assert_snapshot!(rewritten(r#"{"a": [1, {"x": true}], "e": {}, "l": []}"#, Layout::Indented), @r#"
        {
            "a": [
                1,
                {
                    "x": true
                }
            ],
            "e": {},
            "l": []
        }
        "#);
    }

    #[test]
    fn half_of_a_surrogate_pair_and_the_digits_of_a_number_are_kept() {
        let text = r#"{"a": "\ud800 x", "n": 123456789012345678901234567890.10, "z": 1e400}"#;
        assert_eq!(rewritten(text, Layout::Line), text);
    }

    #[test]
    fn what_is_no_json_or_nested_without_end_is_refused() {
        for text in ["", "{", "{} {}", "[1,]", "\u{feff}{}", &"[".repeat(100_000)] {
            assert!(Json::parse(text).is_err());
        }
        assert!(Json::parse(&format!("{}{}", "[".repeat(100), "]".repeat(100))).is_err());
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,200}") {
            let _ = Json::parse(&text);
        }
    }
}
