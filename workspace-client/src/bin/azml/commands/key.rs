//! `azml key move` and `azml key rotate`. What `azml key show` tells is a section of the doctor's report.

use std::collections::HashMap;
use std::path::PathBuf;

use auth_cache::{Inspection, KeyOrigin, Protection, Resealed, StepState};
use auth_core::{Error, ErrorKind, TokenStore as _};
use serde_json::json;
use workspace_client::storage;

use crate::context::{Context, block_on};
use crate::output::Outcome;
use crate::terminal::say;

/// Seals every record with the key of the first of these places that can be reached, or else of those that the environment names.
pub(crate) fn move_to(to: Option<Protection>, context: &Context) -> Result<Outcome, Error> {
    if to.as_ref().is_some_and(Protection::allows_memory) {
        return Err(no_memory("--to"));
    }
    let store = match &to {
        Some(protection) => storage::file_store_under(&context.env, protection.clone())?,
        None => storage::file_store(&context.env)?,
    };
    let Some(store) = store else { return Ok(nothing("move")) };
    block_on(async {
        let before = store.inspect().await;
        if before.steps.is_empty() && !before.records.is_empty() {
            return Err(no_memory("AZML_PROTECTION"));
        }
        let done = store.reprotect().await?;
        let Some(origin) = done.origin else { return Ok(nothing("move")) };
        let from = left_behind(before, store.inspect().await);
        let records = counted(done.records);
        say(&match (done.records, from.is_empty()) {
            (0, _) if !done.left.is_empty() => "nothing was moved".to_owned(),
            (0, _) => format!("nothing to move: every login is sealed with the key in {origin}"),
            (_, true) => format!("sealed {records} anew with the key in {origin}"),
            (_, false) => format!("moved {records} from {} to {origin}", list(&from)),
        });
        tell_what_was_not(&done);
        if let Some(to) = to
            && choice(context).await != Some(origin)
        {
            let places: Vec<&str> = to.steps().iter().map(|step| step.name()).collect();
            say(&format!("so that it stays there: export AZML_PROTECTION={}", places.join(",")));
        }
        Ok(outcome(&done, &from, origin))
    })
}

/// Seals every record with a new key in the place of the current one.
pub(crate) fn rotate(context: &Context) -> Result<Outcome, Error> {
    let Some(store) = storage::file_store(&context.env)? else { return Ok(nothing("rotate")) };
    block_on(async {
        let done = store.rotate_key().await?;
        let Some(origin) = done.origin else {
            if store.partitions().await?.is_empty() {
                return Ok(nothing("rotate"));
            }
            let message = "the saved logins are sealed with a key in a place that is not allowed now";
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("azml key move seals them with a new key where AZML_PROTECTION says"));
        };
        say(&format!("sealed {} with a new key in {origin}", counted(done.records)));
        tell_what_was_not(&done);
        Ok(outcome(&done, &[origin], origin))
    })
}

fn no_memory(name: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("{name} names memory, where nothing outlives this process")).with_help(
        "azml key move --to keyring,key-file, or to another choice of keyring, keyutils, passphrase, key-file",
    )
}

/// Where the keys of records were that have another one now.
fn left_behind(before: Inspection, after: Inspection) -> Vec<KeyOrigin> {
    let origins = |inspection: Inspection| {
        let records = inspection.records.into_iter();
        records.filter_map(|record| Some((record.path, record.origin?)))
    };
    let after: HashMap<PathBuf, KeyOrigin> = origins(after).collect();
    let mut left = Vec::new();
    for (path, origin) in origins(before) {
        if after.get(&path).is_some_and(|now| *now != origin) && !left.contains(&origin) {
            left.push(origin);
        }
    }
    left
}

/// Where the environment would have the key.
async fn choice(context: &Context) -> Option<KeyOrigin> {
    let steps = storage::file_store(&context.env).ok()??.inspect().await.steps;
    steps.into_iter().find(|step| !matches!(step.state, StepState::Unavailable(_))).map(|step| step.origin)
}

fn tell_what_was_not(done: &Resealed) {
    for error in &done.passed_over {
        say(&format!("passed over: {error}"));
    }
    for error in &done.left {
        say(&format!("left as it is: {error}"));
    }
}

fn nothing(what: &str) -> Outcome {
    say(&format!("nothing to {what}: no login is saved here"));
    Outcome::new(json!({"records": 0, "from": [], "to": null, "passedOver": [], "left": []}))
}

fn outcome(done: &Resealed, from: &[KeyOrigin], to: KeyOrigin) -> Outcome {
    let texts = |errors: &[Error]| errors.iter().map(ToString::to_string).collect::<Vec<_>>();
    let from: Vec<&str> = from.iter().map(|origin| origin.name()).collect();
    Outcome::new(json!({
        "records": done.records,
        "from": from,
        "to": to.name(),
        "passedOver": texts(&done.passed_over),
        "left": texts(&done.left),
    }))
}

fn counted(records: usize) -> String {
    if records == 1 { "1 record".to_owned() } else { format!("{records} records") }
}

fn list(origins: &[KeyOrigin]) -> String {
    origins.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
}
