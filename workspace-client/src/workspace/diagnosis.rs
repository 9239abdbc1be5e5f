//! What Azure finds out about what a workspace depends on.

use auth_core::Error;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Workspace;
use crate::arm::Poller;
use crate::resources::open_enum::open_enum;
use crate::resources::{Json, Verb};

/// What a diagnosis has found; see [`Workspace::diagnose`].
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(transparent)]
pub struct Diagnosis(Json);

/// One thing that a diagnosis has found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Finding<'a> {
    /// Where, such as `storageAccountResults`.
    pub place: &'a str,
    raw: &'a Value,
}

open_enum! {
    /// How bad it is.
    FindingLevel {
        Error = "Error",
        Information = "Information",
        Warning = "Warning",
    }
}

impl Workspace {
    /// Looks for what may be wrong with the workspace and what it depends on: networks, locks, names, permissions.
    ///
    /// # Errors
    /// As [`Workspace::get`]. That something is wrong is no error: it is in the [`Diagnosis`].
    pub async fn diagnose(&self) -> Result<Poller<Diagnosis>, Error> {
        // Everything is looked at where nothing is named (observed: azure-ai-ml 1.35).
        self.place().begin(Verb::post(&["diagnose"]).body(&json!({"value": {}}))?).await
    }
}

impl Diagnosis {
    /// Everything that was found.
    pub fn findings(&self) -> impl Iterator<Item = Finding<'_>> {
        let places = self.raw().get("value").and_then(Value::as_object).into_iter().flatten();
        places.flat_map(|(place, found)| found.as_array().into_iter().flatten().map(move |raw| Finding { place, raw }))
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        &self.0.0
    }
}

impl<'a> Finding<'a> {
    /// What it is, such as `StorageAccountFirewall`.
    pub fn code(&self) -> Option<&'a str> {
        self.raw.get("code")?.as_str()
    }

    /// How bad it is.
    pub fn level(&self) -> Option<FindingLevel> {
        self.raw.get("level")?.as_str().map(FindingLevel::from)
    }

    /// What Azure says about it.
    pub fn message(&self) -> Option<&'a str> {
        self.raw.get("message")?.as_str()
    }
}
