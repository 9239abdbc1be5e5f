//! Experiments, which runs lie in.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};
use uuid::Builder;

/// An experiment.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Experiment {
    pub(in super::super::super) id: String,
    pub(in super::super::super) name: String,
    pub(in super::super::super) born: i64,
    pub(in super::super::super) description: Option<String>,
    pub(in super::super::super) tags: BTreeMap<String, String>,
    pub(in super::super::super) is_archived: bool,
}

impl Experiment {
    pub(in super::super::super) fn new(name: &str, born: i64) -> Self {
        let (id, name) = (Self::id_of(name), name.to_owned());
        Self { id, name, born, description: None, tags: BTreeMap::new(), is_archived: false }
    }

    /// The id of an experiment follows from its name.
    pub(in super::super::super) fn id_of(name: &str) -> String {
        let digest = Sha256::digest(name);
        let bytes = digest.first_chunk().expect("a digest has 32 bytes");
        Builder::from_random_bytes(*bytes).into_uuid().to_string()
    }
}
