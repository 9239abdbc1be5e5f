//! Code: uploaded folders.

use auth_core::Error;
use serde::Serialize;
use serde_json::json;
use uuid::Uuid;

use super::{AssetKind, Assets, Publishable, UploadTarget};
use crate::resources::json::Json;
use crate::resources::{Resource, Verb, described, kind};
use crate::{Registry, Workspace};

/// The version of the rules by which a folder is hashed (observed: azure-ai-ml 1.35).
const HASH_VERSION: u32 = 202_208;

kind! {
    /// The kind of [`CodeVersion`].
    pub CodeKind: "code" in "codes" at "2025-12-01"
}

impl AssetKind for CodeKind {
    const HAS_VIEWS: bool = false;
}

impl Publishable for CodeKind {}

impl UploadTarget for CodeKind {
    const IN_WORKSPACES: bool = true;
}

/// A version of code.
pub type CodeVersion = Resource<CodeKind>;
/// The code of a workspace or a registry.
pub type Codes = Assets<CodeKind>;

impl Workspace {
    /// The code of the workspace.
    pub fn codes(&self) -> Codes {
        Codes::of(self)
    }
}

impl Registry {
    /// The code of the registry.
    pub fn codes(&self) -> Codes {
        Codes::of_registry(self)
    }
}

impl Codes {
    /// The version whose files have this hash, if they were uploaded to the workspace before. Azure looks for it under every name, whichever is asked
    /// about (observed: azure-ai-ml 1.35).
    ///
    /// # Errors
    /// As [`Assets::get`].
    pub async fn find_by_hash(&self, hash: &str) -> Result<Option<CodeVersion>, Error> {
        let verb = Verb::get(&[&Uuid::new_v4().to_string(), "versions"])
            .query("hash", hash)
            .query("hashVersion", HASH_VERSION.to_string().as_str());
        self.place.pager(verb).try_next().await
    }
}

impl CodeVersion {
    /// Where its files are.
    pub fn uri(&self) -> Option<&str> {
        self.json().text("/properties/codeUri")
    }
}

/// A version of code, to be created.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewCode(Json);

described!(NewCode);

impl NewCode {
    /// With its files there.
    pub fn new(uri: impl Into<String>) -> Self {
        Self(Json(json!({"properties": {"codeUri": uri.into()}})))
    }

    /// Without a name of its own: known by the hash of its files, so that [`Codes::find_by_hash`] finds it.
    pub fn hash(self, hash: impl Into<String>) -> Self {
        let json = self.property("hash_sha256", hash).0;
        Self(json.with("/properties/properties/hash_version", HASH_VERSION).with("/properties/isAnonymous", true))
    }
}
