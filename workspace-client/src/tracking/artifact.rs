//! Files that a run has kept.

use auth_core::Error;
use serde_json::Value;

use super::server::odd;
use crate::resources::Json;

/// A file or a folder that a run has kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact(Json);

impl Artifact {
    pub(super) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        if json.text("/path").is_none() { Err(odd("the path of an artifact")) } else { Ok(Self(json)) }
    }

    /// The path within the run.
    pub fn path(&self) -> &str {
        self.0.text("/path").unwrap_or_default()
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.0.boolean("/is_dir").unwrap_or_default()
    }

    /// How many bytes a file has.
    pub fn size(&self) -> Option<u64> {
        self.0.number("/file_size")
    }
}
