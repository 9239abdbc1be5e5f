//! YAML, and where each member of it stands.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};
use serde_saphyr::options::NonFiniteFloatPolicy;
use serde_saphyr::{Error, Spanned};

use super::sources::{Source, Sources, below};

/// What the text says, and where it says it.
pub(super) fn parse(text: &str) -> Result<(Value, Sources), Refusal> {
    // A description is far smaller than this, and aliases must not make more of it.
    let budget = serde_saphyr::budget! { max_depth: 64, max_nodes: 50_000 };
    let options = serde_saphyr::options! { budget: budget, non_finite_float_policy: NonFiniteFloatPolicy::AsString, with_snippet: false };
    let root: Option<Spanned<Node>> =
        serde_saphyr::from_str_with_options(text, options).map_err(|error| Refusal::of(&error))?;
    let mut sources = Sources::default();
    let value = root.map_or(Value::Null, |root| root.value.flatten("", text, &mut sources));
    Ok((value, sources))
}

/// Why a text is not YAML, without a word of it.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) place: Option<(u64, u64)>,
    pub(super) why: String,
}

impl Refusal {
    fn of(error: &Error) -> Self {
        let error = error.without_snippet();
        let why = match error {
            Error::DuplicateMappingKey { key: Some(key), .. } => format!("{key} is said twice"),
            Error::AliasError { error, .. } => return Self::of(error),
            Error::UnknownAnchor { .. } => "there is no such anchor".to_owned(),
            Error::Budget { .. }
            | Error::AliasReplayLimitExceeded { .. }
            | Error::AliasExpansionLimitExceeded { .. } => "it holds more than a description does".to_owned(),
            Error::MultipleDocuments { .. } => "a second document begins here".to_owned(),
            _ => "this is not YAML".to_owned(),
        };
        Self { place: error.location().map(|location| (location.line(), location.column())), why }
    }
}

#[derive(Debug)]
enum Node {
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
    Scalar(Value),
}

impl Node {
    fn flatten(self, pointer: &str, text: &str, sources: &mut Sources) -> Value {
        match self {
            Self::List(items) => items
                .into_iter()
                .enumerate()
                .map(|(index, item)| {
                    let pointer = below(pointer, &index.to_string());
                    let place = (item.referenced.line(), item.referenced.column());
                    let written = written(&item.defined, text);
                    let node = item.value.read_as_python(written);
                    node.remember(&pointer, place, written, sources);
                    node.flatten(&pointer, text, sources)
                })
                .collect(),
            Self::Map(members) => Value::Object(
                members
                    .into_iter()
                    .map(|(name, member)| {
                        let pointer = below(pointer, &name.value);
                        let place = (name.referenced.line(), name.referenced.column());
                        let written = written(&member.defined, text);
                        let node = member.value.read_as_python(written);
                        node.remember(&pointer, place, written, sources);
                        (name.value, node.flatten(&pointer, text, sources))
                    })
                    .collect::<Map<_, _>>(),
            ),
            Self::Scalar(value) => value,
        }
    }

    /// To `PyYAML`, which reads the files of `az ml`, a single letter is text.
    fn read_as_python(self, written: Option<&str>) -> Self {
        match (self, written.map(str::trim)) {
            (Self::Scalar(Value::Bool(_)), Some(letter @ ("y" | "Y" | "n" | "N"))) => Self::Scalar(letter.into()),
            (node, _) => node,
        }
    }

    /// What is no text is kept as it was written, too: a version `1.10` is not `1.1`.
    fn remember(&self, pointer: &str, place: (u64, u64), written: Option<&str>, sources: &mut Sources) {
        let text = match self {
            Self::Scalar(Value::Bool(_) | Value::Number(_)) => written.map(|text| text.trim().to_owned()),
            _ => None,
        };
        sources.insert(pointer, Source::file(place, text));
    }
}

fn written<'a>(location: &serde_saphyr::Location, text: &'a str) -> Option<&'a str> {
    let span = location.span();
    let start = usize::try_from(span.byte_offset()?).ok()?;
    let length = usize::try_from(span.byte_len()?).ok()?;
    text.get(start..start.checked_add(length)?)
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NodeVisitor)
    }
}

struct NodeVisitor;

impl<'de> Visitor<'de> for NodeVisitor {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        // JSON has no infinity.
        Ok(Node::Scalar(Number::from_f64(value).map_or_else(|| value.to_string().into(), Value::Number)))
    }

    fn visit_str<E>(self, value: &str) -> Result<Node, E> {
        Ok(Node::Scalar(value.into()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_none<E>(self) -> Result<Node, E> {
        Ok(Node::Scalar(Value::Null))
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Node, D::Error> {
        Node::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Node::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Node, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = access.next_entry()? {
            members.push(member);
        }
        Ok(Node::Map(members))
    }
}
