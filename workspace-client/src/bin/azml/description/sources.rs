//! Where the members of a description were said.

use std::collections::BTreeMap;

/// Where each member was said, by JSON pointer.
#[derive(Clone, Debug, Default)]
pub(super) struct Sources(BTreeMap<String, Source>);

/// Where a member was said, and how it was written if it is no text.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) place: Place,
    pub(super) text: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    File { line: u64, column: u64 },
    Option(&'static str),
}

impl Source {
    pub(super) fn file((line, column): (u64, u64), text: Option<String>) -> Self {
        Self { place: Place::File { line, column }, text }
    }

    pub(super) fn option(option: &'static str, text: Option<&str>) -> Self {
        Self { place: Place::Option(option), text: text.map(str::to_owned) }
    }
}

impl Sources {
    pub(super) fn insert(&mut self, pointer: &str, source: Source) {
        self.0.insert(pointer.to_owned(), source);
    }

    /// Forgets this member and what lies in it.
    pub(super) fn forget(&mut self, pointer: &str) {
        let inner = format!("{pointer}/");
        self.0.retain(|known, _| known != pointer && !known.starts_with(&inner));
    }

    /// Those of what lies in this member, as seen from there.
    pub(super) fn inside(&self, pointer: &str) -> Self {
        let inner = self.0.iter().filter_map(|(known, source)| {
            let rest = known.strip_prefix(pointer)?;
            (rest.is_empty() || rest.starts_with('/')).then(|| (rest.to_owned(), source.clone()))
        });
        Self(inner.collect())
    }

    /// How the member was written.
    pub(super) fn text(&self, pointer: &str) -> Option<&str> {
        self.0.get(pointer)?.text.as_deref()
    }

    /// Where the member was said, or else what it lies in.
    pub(super) fn place(&self, mut pointer: &str) -> Option<Place> {
        loop {
            if let Some(source) = self.0.get(pointer) {
                return Some(source.place);
            }
            pointer = pointer.rsplit_once('/')?.0;
        }
    }
}

/// The pointer of a member of what lies at `pointer` (RFC 6901).
pub(super) fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

/// A pointer as a person writes it: `tags.team`, `items[0]`.
pub(super) fn spelled(pointer: &str) -> String {
    let mut text = String::new();
    for name in pointer.split('/').skip(1) {
        let name = name.replace("~1", "/").replace("~0", "~");
        if !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit()) {
            text.extend(["[", name.as_str(), "]"]);
        } else {
            text += if text.is_empty() { "" } else { "." };
            text += &name;
        }
    }
    text
}
