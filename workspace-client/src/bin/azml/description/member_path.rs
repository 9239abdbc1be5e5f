//! The path to a member, as the Azure CLI writes it: `a.b`, `items[0]`, `items[name=x].size`.

use auth_core::{Error, ErrorKind};
use serde_json::{Map, Value};

use super::nearest;
use super::sources::{below, spelled};

/// One step into a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Index(usize),
    Name(String),
    /// The only item whose member of this name has this value.
    Where(String, String),
}

/// Splits `path=value` at the first `=` that is not in brackets.
pub(super) fn split(setting: &str) -> Option<(&str, &str)> {
    let mut depth = 0_u32;
    let at = setting.char_indices().find_map(|(at, letter)| {
        match letter {
            '[' => depth += 1,
            ']' => depth = depth.saturating_sub(1),
            '=' if depth == 0 => return Some(at),
            _ => {}
        }
        None
    })?;
    Some((&setting[..at], &setting[at + 1..]))
}

/// None if that is no path.
pub(super) fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        if let Some(inner) = rest.strip_prefix('[') {
            let (inside, behind) = inner.split_once(']')?;
            steps.push(match inside.split_once('=') {
                Some((name, value)) => Step::Where(name.to_owned(), value.to_owned()),
                None => Step::Index(inside.parse().ok()?),
            });
            rest = behind;
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            steps.push(Step::Name(rest[..end].to_owned()).not_empty()?);
            rest = &rest[end..];
        }
        if let Some(behind) = rest.strip_prefix('.') {
            // A path does not end in a dot.
            rest = Some(behind).filter(|behind| !behind.is_empty())?;
        }
    }
    Some(steps).filter(|steps| !steps.is_empty())
}

impl Step {
    fn not_empty(self) -> Option<Self> {
        match &self {
            Self::Name(name) if name.is_empty() => None,
            _ => Some(self),
        }
    }
}

/// The value that the steps lead to, and its pointer. Names that are missing on the way are made where that is wanted.
pub(super) fn walk<'a>(
    root: &'a mut Value,
    steps: &[Step],
    make: bool,
    option: &str,
) -> Result<(&'a mut Value, String), Error> {
    let (mut place, mut pointer) = (root, String::new());
    for step in steps {
        if make && place.is_null() && matches!(step, Step::Name(_)) {
            *place = Value::Object(Map::new());
        }
        let token = find(place, step, &pointer, make, option)?;
        let here = pointer.clone();
        pointer = below(&pointer, &token);
        place = match place {
            Value::Array(items) => token.parse().ok().and_then(|index: usize| items.get_mut(index)),
            Value::Object(members) => members.get_mut(&token),
            _ => None,
        }
        .ok_or_else(|| refuse(option, &format!("{} has no such member", named(&here))))?;
    }
    Ok((place, pointer))
}

/// The member's name, or the item's index.
fn find(place: &mut Value, step: &Step, pointer: &str, make: bool, option: &str) -> Result<String, Error> {
    let here = named(pointer);
    match (step, place) {
        (Step::Name(name), Value::Object(members)) => {
            if make {
                members.entry(name.clone()).or_insert(Value::Null);
            }
            if members.contains_key(name) {
                return Ok(name.clone());
            }
            let known: Vec<_> = members.keys().map(String::as_str).collect();
            let error = refuse(option, &format!("{here} has no member {name}"));
            Err(error.with_help(nearest::help(name, &known)))
        }
        (Step::Name(name), Value::Array(_)) => Err(refuse(option, &format!("{here} is a list, and has no {name}"))
            .with_help(format!("choose an item, such as {here}[0] or {here}[name=x]"))),
        (Step::Name(name), _) => Err(refuse(option, &format!("{here} is no map, and has no {name}"))),
        (Step::Index(index), Value::Array(items)) if *index < items.len() => Ok(index.to_string()),
        (Step::Index(index), Value::Array(items)) => {
            Err(refuse(option, &format!("{here} has {} items, and none at [{index}]", items.len())))
        }
        (Step::Where(name, value), Value::Array(items)) => {
            let is_it = |item: &Value| match item.get(name) {
                Some(Value::String(text)) => text == value,
                Some(other) => &other.to_string() == value,
                None => false,
            };
            let mut found = items.iter().enumerate().filter(|(_, item)| is_it(item)).map(|(index, _)| index);
            match (found.next(), found.next()) {
                (Some(index), None) => Ok(index.to_string()),
                (Some(_), Some(_)) => Err(refuse(option, &format!("{here} has several items with that {name}"))),
                _ => Err(refuse(option, &format!("{here} has no item with that {name}"))),
            }
        }
        (Step::Index(_) | Step::Where(..), _) => Err(refuse(option, &format!("{here} is no list"))),
    }
}

pub(super) fn refuse(option: &str, why: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("{option}: {why}"))
}

/// What lies at a pointer, for a sentence.
pub(super) fn named(pointer: &str) -> String {
    if pointer.is_empty() { "the description".to_owned() } else { spelled(pointer) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_read_as_the_azure_cli_reads_them() {
        let name = |name: &str| Step::Name(name.to_owned());
        let where_ = |name: &str, value: &str| Step::Where(name.to_owned(), value.to_owned());
        assert_eq!(parse("a.b"), Some(vec![name("a"), name("b")]));
        assert_eq!(parse("a[0][1].b"), Some(vec![name("a"), Step::Index(0), Step::Index(1), name("b")]));
        assert_eq!(parse("a.[0]"), Some(vec![name("a"), Step::Index(0)]));
        assert_eq!(parse("a[name=x.y].b"), Some(vec![name("a"), where_("name", "x.y"), name("b")]));
        for wrong in ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]"] {
            assert_eq!(parse(wrong), None, "{wrong}");
        }
        assert_eq!(split("a[name=x].b=c=d"), Some(("a[name=x].b", "c=d")));
        assert_eq!(split("a[name=x]"), None);
    }
}
