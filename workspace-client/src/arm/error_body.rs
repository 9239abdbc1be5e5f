//! The JSON of a refusal, in all the shapes that Azure's services give it.

use std::fmt;

use serde_json::Value;

/// How much of a message is kept.
const LONGEST_MESSAGE: usize = 1000;
/// How many details are kept, and how deep they are looked for.
const MOST_DETAILS: usize = 20;
const DEEPEST: usize = 8;

/// One of the reasons of an [`ArmError`](super::ArmError).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ErrorDetail {
    /// The error code.
    pub code: Option<String>,
    /// What was said, on one line.
    pub message: Option<String>,
    /// What it is about, such as a member of the request.
    pub target: Option<String>,
}

impl fmt::Display for ErrorDetail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [&self.target, &self.code, &self.message];
        let parts: Vec<_> = parts.into_iter().flatten().map(|part| part.trim_end_matches('.')).collect();
        f.write_str(&parts.join(": "))
    }
}

/// What a body says, and its reasons, the outer ones first.
pub(super) fn read(body: &Value) -> (ErrorDetail, Vec<ErrorDetail>) {
    let inner = field(body, &["error", "odata.error"]).filter(|inner| inner.is_object()).unwrap_or(body);
    let mut details = Vec::new();
    collect(inner, &mut details, 0);
    let mut said = detail(inner);
    if said.message.is_none() {
        said.message = details.iter().find_map(|detail| detail.message.clone());
    }
    (said, details)
}

fn detail(value: &Value) -> ErrorDetail {
    let text = |names: &[&str]| text(field(value, names)?);
    ErrorDetail {
        code: text(&["code", "error_code", "error"]),
        message: text(&["message", "error_description", "detail"]),
        target: text(&["target"]),
    }
}

/// `details` are lists, and `innerError`, which services spell in two ways, is one more.
fn collect(value: &Value, found: &mut Vec<ErrorDetail>, depth: usize) {
    let listed = field(value, &["details"]).and_then(Value::as_array).into_iter().flatten();
    for inner in listed.chain(field(value, &["innererror"])) {
        if depth >= DEEPEST || found.len() >= MOST_DETAILS {
            return;
        }
        let said = detail(inner);
        if said != ErrorDetail::default() {
            found.push(said);
        }
        collect(inner, found, depth + 1);
    }
}

/// A member of an object; services do not agree on the case of names.
pub(super) fn field<'a>(object: &'a Value, names: &[&str]) -> Option<&'a Value> {
    let object = object.as_object()?;
    names.iter().find_map(|name| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value))
}

pub(super) fn text(value: &Value) -> Option<String> {
    let text = match value {
        Value::String(text) => one_line(text),
        Value::Number(number) => number.to_string(),
        // OData wraps a message with its language.
        Value::Object(_) => one_line(field(value, &["value"])?.as_str()?),
        _ => return None,
    };
    Some(text).filter(|text| !text.is_empty())
}

pub(crate) fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() <= LONGEST_MESSAGE {
        return line;
    }
    line.chars().take(LONGEST_MESSAGE).chain("...".chars()).collect()
}

/// The text of a gateway's page.
pub(super) fn without_markup(page: &str) -> String {
    let mut text = String::new();
    for piece in page.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    text.chars().take(200).collect()
}
