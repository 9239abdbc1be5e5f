//! Where azml keeps its files, who may read them, and what protects the tokens.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use auth_cache::{HeldLock, Inspection, RecordInspection, StepInspection, StepState};
use auth_core::Cloud;
use workspace_client::{Profile, storage};

use super::finding::Finding;
use crate::context::Context;

/// The files and folders of azml, with who may read them.
pub(super) fn files(context: &Context) -> Vec<Finding> {
    let Some(folder) = storage::config_dir(&context.env) else {
        let finding = Finding::warning("folder", "there is no home directory, so nothing is kept");
        return vec![finding.with_help("set HOME or AZML_CONFIG_DIR")];
    };
    let mut findings = vec![writable(described("folder", &folder, 0o077), &folder)];
    for name in ["clouds.json", "profile.json", "tokens"] {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            findings.push(writable(described(name, &path, 0o077), &path));
        }
    }
    if let Err(error) = Profile::load(&context.env) {
        findings.push(Finding::from_error("subscriptions", &error));
    }
    findings
}

/// What protects the tokens, and whether each login can be opened.
pub(super) async fn protection(context: &Context) -> Vec<Finding> {
    let store = match storage::file_store(&context.env) {
        Ok(Some(store)) => store,
        Ok(None) => return vec![Finding::absent("key", "nothing is kept, so nothing needs one")],
        Err(error) => return vec![Finding::from_error("key", &error)],
    };
    let Inspection { problems, steps, in_use, records, set_aside, locks, allows_memory, better, .. } =
        store.inspect().await;
    let names = names(context).await;
    let mut findings = Vec::new();
    findings.push(match &in_use {
        Ok(Some(origin)) => Finding::ok("key", format!("in {origin}; it lasts {}", origin.durability())),
        Ok(None) => Finding::absent("key", "made with the first login that is saved"),
        Err(error) => Finding::from_error("key", error),
    });
    if let Some(better) = better {
        let detail = format!("the key is in a key file, though {better} could be used");
        findings.push(Finding::warning("key", detail).with_help("azml key move"));
    }
    findings.extend(steps.iter().map(step));
    if allows_memory {
        findings.push(Finding::absent("or else memory", "logins end with the process"));
    }
    findings.extend(problems.into_iter().map(|problem| {
        Finding::warning("permissions", problem).with_help("the next login that is saved mends what it can")
    }));
    findings.extend(records.iter().map(|it| record(it, &names)));
    for path in set_aside {
        findings.push(Finding::warning("set aside", format!("{}, which could not be opened", path.display())));
    }
    for lock in locks {
        findings.push(Finding::warning("locked", held(&lock)));
    }
    findings
}

fn held(lock: &HeldLock) -> String {
    let holder = lock.process.map_or_else(|| "another process".to_owned(), |id| format!("process {id}"));
    format!("{} is held by {holder}", lock.path.display())
}

fn step(step: &StepInspection) -> Finding {
    let subject = format!("place {}", step.origin.name());
    match &step.state {
        StepState::Empty => Finding::absent(subject, "it can be reached, and has no key of azml"),
        StepState::HasKey(1) => Finding::ok(subject, "it has the key"),
        StepState::HasKey(keys) => Finding::ok(subject, format!("it has {keys} keys: one is being replaced")),
        StepState::Unavailable(error) => Finding::absent(subject, error.to_string()),
        state => Finding::absent(subject, format!("{state:?}")),
    }
}

/// The accounts of this cloud, by the id that their partitions end with.
async fn names(context: &Context) -> HashMap<String, String> {
    let Ok(auth) = context.auth(None) else { return HashMap::new() };
    let accounts = auth.accounts().await.unwrap_or_default();
    accounts.into_iter().filter_map(|it| Some((it.home_account_id?.to_lowercase(), it.username?))).collect()
}

fn record(record: &RecordInspection, names: &HashMap<String, String>) -> Finding {
    let parts: Vec<_> = record.partition.iter().flat_map(|partition| partition.as_str().split('/')).collect();
    let cloud_name = |cloud| Cloud::known_names().find(|known| known.eq_ignore_ascii_case(cloud)).unwrap_or(cloud);
    let whose = match parts[..] {
        ["login", cloud, _, _] => format!("{}: names the current account", cloud_name(cloud)),
        ["login", cloud, _, _, account] => {
            format!("{}: {}", cloud_name(cloud), names.get(account).map_or(account, String::as_str))
        }
        [] => record.path.display().to_string(),
        _ => parts.join("/"),
    };
    match (&record.error, record.origin) {
        (Some(error), _) => Finding::from_error("login", error),
        (None, Some(origin)) => Finding::ok("login", format!("{whose}, under the key in {origin}")),
        (None, None) => Finding::ok("login", whose),
    }
}

/// A problem instead, where this folder, or the one that it will be made in, lets nothing be written.
fn writable(finding: Finding, path: &Path) -> Finding {
    // What is beside its name does not exist yet: a profile is replaced, which only its folder must allow.
    let Some(nearest) = path.ancestors().find(|it| it.symlink_metadata().is_ok()) else { return finding };
    let why = match nearest.metadata() {
        Ok(metadata) if metadata.is_file() && path.extension().is_some() => return finding,
        Ok(metadata) if !metadata.is_dir() => format!("{} is not a folder, so nothing can be kept", nearest.display()),
        Ok(metadata) if metadata.permissions().readonly() => {
            format!("{} is not writable, so nothing can be kept", nearest.display())
        }
        _ => return finding,
    };
    Finding::problem(finding.subject, why).with_help("make it writable, or set AZML_CONFIG_DIR to a folder that is")
}

/// Every file of azml's own.
pub(super) fn own_files(context: &Context) -> Vec<PathBuf> {
    let Some(folder) = storage::config_dir(&context.env) else { return Vec::new() };
    let entries = [folder.clone(), folder.join("tokens")];
    let entries = entries.iter().filter_map(|folder| folder.read_dir().ok()).flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_file()).collect()
}

fn described(subject: &str, path: &Path, forbidden: u32) -> Finding {
    let shown = path.display();
    match mode(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::absent(subject, format!("{shown}, which is not there yet"))
        }
        Err(error) => Finding::warning(subject, format!("{shown} cannot be looked at: {error}")),
        Ok(Some(mode)) if mode & forbidden != 0 => {
            Finding::warning(subject, format!("{shown} (mode {mode:04o}) is open to others"))
                .with_help(format!("chmod go-rwx {shown}"))
        }
        Ok(Some(mode)) => Finding::ok(subject, format!("{shown} (mode {mode:04o})")),
        Ok(None) => Finding::ok(subject, shown.to_string()),
    }
}

#[cfg(unix)]
fn mode(path: &Path) -> std::io::Result<Option<u32>> {
    use std::os::unix::fs::PermissionsExt as _;
    Ok(Some(path.metadata()?.permissions().mode() & 0o7777))
}

#[cfg(not(unix))]
fn mode(path: &Path) -> std::io::Result<Option<u32>> {
    path.metadata().map(|_| None)
}
