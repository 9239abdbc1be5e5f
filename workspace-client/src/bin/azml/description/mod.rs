//! What a person says about a resource: a YAML file as `az ml` takes it, `--set`, and the changes of an update.

mod edit;
mod member_path;
mod nearest;
mod sources;
#[cfg(test)]
mod tests;
mod text_or;
mod texts;
mod typed;
mod yaml;

use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use crate::args::DescriptionArgs;
pub(crate) use edit::Edit;
use sources::{Place, Source, Sources, below, spelled};
pub(crate) use text_or::{TextOr, python_float};
pub(crate) use texts::{Texts, texts};
use typed::{Problem, Reader};

/// Larger ones are no descriptions.
const LARGEST: u64 = 4 << 20;

/// The members of a resource, and where each of them was said.
#[derive(Clone, Debug)]
pub(crate) struct Description {
    members: Value,
    sources: Sources,
    file: Option<String>,
}

impl Description {
    /// The file, and then `--set`.
    pub(crate) fn said(args: &DescriptionArgs) -> Result<Self, Error> {
        let mut said = Self::read(args.file.as_deref())?;
        said.edit(&[Edit::Set(args.set.clone())], false)?;
        Ok(said)
    }

    /// What a file says; nothing where there is none.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, Error> {
        let Some(path) = file else { return Ok(Self::of(Value::Object(Map::new()))) };
        let name = path.display().to_string();
        let refuse = |why: String| Error::new(ErrorKind::Configuration, format!("{name} cannot be read: {why}"));
        // Asked first, because reading a pipe would never end.
        let metadata = std::fs::metadata(path).map_err(|error| refuse(error.to_string()))?;
        if !metadata.is_file() || metadata.len() > LARGEST {
            return Err(refuse("it is not a plain file of at most 4 MiB".to_owned()));
        }
        let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
        let (members, sources) = yaml::parse(text.trim_start_matches('\u{feff}')).map_err(|refusal| {
            let place = refusal.place.map(|(line, column)| Place::File { line, column });
            Error::new(ErrorKind::Configuration, format!("{}: {}", at(Some(&name), place), refusal.why))
        })?;
        if !members.is_object() {
            return Err(refuse("it does not hold members, such as name: cpu-cluster".to_owned()));
        }
        Ok(Self { members, sources, file: Some(name) })
    }

    /// What an option says in YAML, or JSON, which is YAML, too.
    pub(crate) fn inline(option: &'static str, text: &str) -> Result<Value, Error> {
        let (members, _) = yaml::parse(text)
            .map_err(|refusal| Error::new(ErrorKind::Configuration, format!("{option}: {}", refusal.why)))?;
        Ok(members)
    }

    /// What a resource is now, to be changed.
    pub(crate) fn of(members: Value) -> Self {
        Self { members, sources: Sources::default(), file: None }
    }

    /// The changes, in their order; with `as_text` no value is taken for anything but text.
    pub(crate) fn edit(&mut self, edits: &[Edit], as_text: bool) -> Result<(), Error> {
        edits.iter().try_for_each(|edit| edit::apply(&mut self.members, &mut self.sources, edit, as_text))
    }

    /// What an option says; it goes before everything that was said until then.
    pub(crate) fn put(&mut self, path: &[&str], option: &'static str, value: Value) {
        let mut pointer = String::new();
        let mut place = &mut self.members;
        for name in path {
            pointer = below(&pointer, name);
            if !place.is_object() {
                *place = Value::Object(Map::new());
            }
            place = &mut place[*name];
        }
        *place = value;
        self.sources.forget(&pointer);
        self.sources.insert(&pointer, Source::option(option, None));
    }

    /// Tags as options say them, `NAME=VALUE`, in the place of all others.
    pub(crate) fn put_tags(&mut self, tags: &[String]) {
        if !tags.is_empty() {
            let tags = tags.iter().map(|tag| tag.split_once('=').unwrap_or((tag, "")));
            let tags: Map<_, _> = tags.map(|(name, value)| (name.to_owned(), value.into())).collect();
            self.put(&["tags"], "--tags", tags.into());
        }
    }

    /// What a member says, as a description of its own, if anything.
    pub(crate) fn inner_if_said(&self, name: &str) -> Option<Self> {
        (!self.members[name].is_null()).then(|| self.inner(name))
    }

    /// With the members of another one that this one does not say.
    pub(crate) fn over(mut self, other: &Self) -> Self {
        if let (Some(members), Some(others)) = (self.members.as_object_mut(), other.members.as_object()) {
            for (name, value) in others {
                members.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        self
    }

    /// Adds to a map that is said what another one has beside it.
    pub(crate) fn complete(&mut self, member: &str, other: &Value) {
        if let (Some(Value::Object(said)), Value::Object(others)) = (self.members.get_mut(member), other) {
            for (name, value) in others {
                said.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.members.as_object().is_none_or(Map::is_empty)
    }

    /// Forgets members that Azure alone sets, so that what `show` printed can be sent back (observed: azure-ai-ml 1.35).
    pub(crate) fn without(mut self, read_only: &[&str]) -> Self {
        if let Some(members) = self.members.as_object_mut() {
            members.retain(|name, _| !read_only.contains(&name.as_str()));
        }
        self
    }

    /// These members alone.
    pub(crate) fn only(mut self, names: &[String]) -> Self {
        if let Some(members) = self.members.as_object_mut() {
            members.retain(|name, _| names.contains(name));
        }
        self
    }

    /// What a member says, as a description of its own.
    pub(crate) fn inner(&self, name: &str) -> Self {
        let sources = self.sources.inside(&below("", name));
        Self { members: self.members[name].clone(), sources, file: self.file.clone() }
    }

    /// Takes a member away.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        self.members.as_object_mut()?.remove(name)
    }

    /// Where the files that it names are looked for: beside its own.
    pub(crate) fn folder(&self) -> PathBuf {
        self.file.as_deref().and_then(|file| Path::new(file).parent()).unwrap_or(Path::new("")).to_owned()
    }

    pub(crate) fn members(&self) -> &Value {
        &self.members
    }

    /// A member that is not as it was, although only these may change.
    pub(crate) fn changed_beside<'a>(&'a self, before: &'a Value, changeable: &[&str]) -> Option<&'a str> {
        let members = before.as_object().into_iter().chain(self.members.as_object()).flatten();
        let mut names = members.map(|(name, _)| name.as_str());
        names.find(|name| !changeable.contains(name) && before.get(*name) != self.members.get(*name))
    }

    /// The members as a type, which refuses what it does not know (`deny_unknown_fields`); `what` is a resource, such as `a compute`.
    pub(crate) fn parse<T: DeserializeOwned>(&self, what: &str) -> Result<T, Error> {
        self.parse_beside(what, &[])
    }

    /// The same, where these members are read as another type.
    pub(crate) fn parse_beside<T: DeserializeOwned>(&self, what: &str, others: &[&str]) -> Result<T, Error> {
        let reader = Reader { value: &self.members, pointer: String::new(), sources: &self.sources, others };
        T::deserialize(reader).map_err(|refusal| {
            let pointer = refusal.pointer.unwrap_or_default();
            let place = at(self.file.as_deref(), self.sources.place(&pointer));
            let named = |pointer: &str| if pointer.is_empty() { what.to_owned() } else { spelled(pointer) };
            let (why, help) = match refusal.problem {
                Problem::Is(is) => (format!("{} {is}", named(&pointer)), None),
                Problem::Lacks(member) => (format!("{} needs {member}", named(&pointer)), None),
                Problem::Unknown { name, known } => {
                    let parent = pointer.rsplit_once('/').map_or("", |(parent, _)| parent);
                    let others = if parent.is_empty() { others } else { &[] };
                    (
                        format!("{} has no member {name}", named(parent)),
                        Some(nearest::help(&name, &[known, others].concat())),
                    )
                }
            };
            let error = Error::new(ErrorKind::Configuration, format!("{place}: {why}"));
            match help {
                Some(help) => error.with_help(help),
                None => error,
            }
        })
    }
}

/// JSON with the members that were said.
pub(crate) fn members<const N: usize>(said: [(&str, Option<Value>); N]) -> Value {
    let said = said.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Object(said.collect())
}

/// Where something was said, for a sentence.
fn at(file: Option<&str>, place: Option<Place>) -> String {
    match (file, place) {
        (Some(file), Some(Place::File { line, column })) => format!("{file}, line {line}, column {column}"),
        (_, Some(Place::Option(option))) => option.to_owned(),
        (Some(file), None) => file.to_owned(),
        (None, _) => "the command line".to_owned(),
    }
}
