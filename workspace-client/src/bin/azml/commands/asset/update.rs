//! What can be changed of a version (observed: azure-ai-ml 1.35).

use auth_core::{Error, ErrorKind};
use serde_json::Value;

use super::shown;
use crate::args::EditArgs;
use crate::description::Description;
use crate::entity::{Member, put};

/// What can be changed, as it is shown and as Azure says it.
const CHANGEABLE: [(&str, &str); 4] = [
    ("description", "/properties/description"),
    ("properties", "/properties/properties"),
    ("stage", "/properties/stage"),
    ("tags", "/properties/tags"),
];

/// The version with the changes.
pub(super) fn changed(raw: &Value, members: &[Member], stage: Option<&str>, edits: &EditArgs) -> Result<Value, Error> {
    let before = shown::version(raw, members);
    let mut described = Description::of(before.clone());
    described.edit(&edits.edits, edits.force_string)?;
    if let Some(stage) = stage {
        described.put(&["stage"], "--stage", stage.into());
    }
    let names = CHANGEABLE.map(|(name, _)| name);
    if let Some(name) = described.changed_beside(&before, &names) {
        let message = format!("{name} of a version that exists cannot be changed");
        return Err(Error::new(ErrorKind::Configuration, message)
            .with_help("create another version, or change description, properties, stage or tags"));
    }
    let after = described.members();
    let mut changed = raw.clone();
    for (name, place) in CHANGEABLE {
        if before[name] != after[name] {
            put(&mut changed, place, after[name].clone());
        }
    }
    Ok(changed)
}
