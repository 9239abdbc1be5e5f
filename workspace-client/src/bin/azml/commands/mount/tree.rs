//! The files and folders of a mount, by the numbers by which the kernel knows them.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use workspace_client::transfer::{Blob, Entry};

/// After this time a folder is looked at again.
pub(super) const FRESH: Duration = Duration::from_secs(60);
pub(super) const ROOT: u64 = 1;

/// Something that has a number.
#[derive(Clone, Debug)]
pub(super) enum Node {
    File(Blob),
    Folder {
        /// Its path below the place that is mounted.
        path: String,
        parent: u64,
    },
}

/// What was seen in a folder, and when.
type Seen = (Instant, Names);

/// What lies in a folder, by name; a large one is looked at for each name in it.
pub(super) type Names = Arc<BTreeMap<String, u64>>;

/// Numbers are never given twice: a file that has changed is another one.
pub(super) struct Tree {
    nodes: Vec<Node>,
    seen: BTreeMap<u64, Seen>,
}

impl Tree {
    pub(super) fn new() -> Self {
        Self { nodes: vec![Node::Folder { path: String::new(), parent: ROOT }], seen: BTreeMap::new() }
    }

    pub(super) fn node(&self, number: u64) -> Option<&Node> {
        self.nodes.get(usize::try_from(number.checked_sub(ROOT)?).ok()?)
    }

    /// What lies in a folder, if it was looked at a short time ago.
    pub(super) fn fresh(&self, folder: u64) -> Option<Names> {
        self.seen.get(&folder).filter(|(when, _)| when.elapsed() < FRESH).map(|(_, names)| names.clone())
    }

    /// Keeps the numbers of what has not changed.
    pub(super) fn see(&mut self, folder: u64, path: &str, entries: BTreeMap<String, Entry>) -> Names {
        let old = self.seen.remove(&folder).map(|(_, names)| names).unwrap_or_default();
        let mut names = BTreeMap::new();
        for (name, entry) in entries {
            let known = old.get(&name).copied().filter(|number| match (self.node(*number), &entry) {
                (Some(Node::File(known)), Entry::Blob(blob)) => known == blob,
                (Some(Node::Folder { .. }), Entry::Folder) => true,
                _ => false,
            });
            let number = known.unwrap_or_else(|| {
                self.nodes.push(match entry {
                    Entry::Blob(blob) => Node::File(blob),
                    Entry::Folder => {
                        let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
                        Node::Folder { path, parent: folder }
                    }
                });
                self.nodes.len() as u64
            });
            names.insert(name, number);
        }
        let names = Names::new(names);
        self.seen.insert(folder, (Instant::now(), names.clone()));
        names
    }
}
