//! Changes in the notation of the Azure CLI's generic update (observed: azure-cli-core 2.91, `commands/arm.py`).

use auth_core::Error;
use serde_json::{Map, Value};

use super::member_path::{self, Step, named, refuse};
use super::sources::{Source, Sources};

/// A change of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// The path to a list, then items, or `NAME=VALUE` pairs that make one.
    Add(Vec<String>),
    /// The path to a member, or that to a list and the index of its item.
    Remove(Vec<String>),
    /// `PATH=VALUE`, each.
    Set(Vec<String>),
}

pub(super) fn apply(root: &mut Value, sources: &mut Sources, edit: &Edit, as_text: bool) -> Result<(), Error> {
    match edit {
        Edit::Add(words) => add(root, sources, words, as_text),
        Edit::Remove(words) => remove(root, sources, words),
        Edit::Set(settings) => settings.iter().try_for_each(|setting| set(root, sources, setting, as_text)),
    }
}

fn set(root: &mut Value, sources: &mut Sources, setting: &str, as_text: bool) -> Result<(), Error> {
    // What was written is not told: it may be the end of a secret with a space in it.
    let unreadable = || {
        refuse("--set", "what follows sets no member")
            .with_help("write it as MEMBER=VALUE, such as --set tags.team=vision")
    };
    let (path, text) = member_path::split(setting).ok_or_else(unreadable)?;
    let steps = member_path::parse(path).ok_or_else(unreadable)?;
    let (place, pointer) = member_path::walk(root, &steps, true, &format!("--set {path}"))?;
    *place = value(text, as_text);
    sources.forget(&pointer);
    sources.insert(&pointer, Source::option("--set", Some(text)));
    Ok(())
}

fn add(root: &mut Value, sources: &mut Sources, words: &[String], as_text: bool) -> Result<(), Error> {
    let unreadable = || {
        refuse("--add", "this names no list")
            .with_help("write the list and what is added, such as --add items value, or --add items name=x size=1")
    };
    let (path, added) = words.split_first().ok_or_else(unreadable)?;
    let steps = member_path::parse(path).ok_or_else(unreadable)?;
    let (place, pointer) = member_path::walk(root, &steps, true, &format!("--add {path}"))?;
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    let Value::Array(items) = place else {
        return Err(refuse("--add", &format!("{} is no list", named(&pointer)))
            .with_help(format!("change it with --set {path}=VALUE")));
    };
    let mut item = Map::new();
    for word in added {
        if let Some((name, text)) = word.split_once('=') {
            // Pairs that follow each other make one item, of texts.
            item.insert(name.to_owned(), text.into());
        } else {
            items.extend((!item.is_empty()).then(|| Value::Object(std::mem::take(&mut item))));
            items.push(value(word, as_text));
        }
    }
    items.extend((!item.is_empty()).then_some(Value::Object(item)));
    sources.forget(&pointer);
    sources.insert(&pointer, Source::option("--add", None));
    Ok(())
}

fn remove(root: &mut Value, sources: &mut Sources, words: &[String]) -> Result<(), Error> {
    let unreadable = || {
        refuse("--remove", "this names no member")
            .with_help("write the member, or a list and an index, such as --remove tags.team or --remove items 0")
    };
    let (path, index) = match words {
        [path] => (path, None),
        [path, index] => (path, Some(Step::Index(index.parse().map_err(|_| unreadable())?))),
        _ => return Err(unreadable()),
    };
    let mut steps = member_path::parse(path).ok_or_else(unreadable)?;
    steps.extend(index);
    let option = format!("--remove {}", words.join(" "));
    let (_, pointer) = member_path::walk(root, &steps, false, &option)?;
    let (parent, name) = pointer.rsplit_once('/').unwrap_or_default();
    let (parent, name) = (parent.to_owned(), name.replace("~1", "/").replace("~0", "~"));
    match root.pointer_mut(&parent) {
        Some(Value::Array(items)) => {
            if let Ok(index) = name.parse::<usize>() {
                items.remove(index);
            }
            // Every item behind it has moved.
            sources.forget(&parent);
        }
        Some(Value::Object(members)) => {
            members.remove(&name);
            sources.forget(&pointer);
        }
        _ => {}
    }
    Ok(())
}

/// JSON or a Python literal where it is one, text otherwise.
fn value(text: &str, as_text: bool) -> Value {
    if as_text {
        return text.into();
    }
    let python = || match text {
        "True" => Some(true.into()),
        "False" => Some(false.into()),
        "None" => Some(Value::Null),
        // Python's lists and dictionaries, with their single quotes, are YAML's.
        _ if text.starts_with(['[', '{']) => serde_saphyr::from_str(text).ok(),
        _ => None,
    };
    serde_json::from_str(text).ok().or_else(python).unwrap_or_else(|| text.into())
}
