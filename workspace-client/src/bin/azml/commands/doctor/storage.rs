//! Where azml keeps its files, who may read them, and what protects the tokens.

use std::path::{Path, PathBuf};

use auth_cache::{HeldLock, Inspection, RecordInspection, StepInspection, StepState};
use workspace_client::storage;

use super::finding::Finding;
use crate::context::Context;

/// The files and folders of azml, with who may read them.
pub(super) fn files(context: &Context) -> Vec<Finding> {
    let Some(folder) = storage::config_dir(&context.env) else {
        let finding = Finding::warning("folder", "there is no home directory, so nothing is kept");
        return vec![finding.with_help("set HOME or AZML_CONFIG_DIR")];
    };
    let mut findings = vec![described("folder", &folder, 0o077)];
    for name in ["profile.json", "tokens"] {
        let path = folder.join(name);
        if path.symlink_metadata().is_ok() {
            findings.push(described(name, &path, 0o077));
        }
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
    let Inspection { problems, steps, in_use, records, set_aside, locks, allows_memory, .. } = store.inspect().await;
    let mut findings = Vec::new();
    findings.push(match &in_use {
        Ok(Some(origin)) => Finding::ok("key", format!("in {origin}; it lasts {}", origin.durability())),
        Ok(None) => Finding::absent("key", "made with the first login that is saved"),
        Err(error) => Finding::from_error("key", error),
    });
    findings.extend(steps.iter().map(step));
    if allows_memory {
        findings.push(Finding::absent("  or else memory", "logins end with the process"));
    }
    findings.extend(problems.into_iter().map(|problem| {
        Finding::warning("permissions", problem).with_help("the next login that is saved mends what it can")
    }));
    findings.extend(records.iter().map(record));
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
    let subject = format!("  place {}", step.origin.name());
    match &step.state {
        StepState::Empty => Finding::absent(subject, "it can be reached, and has no key of azml"),
        StepState::HasKey(1) => Finding::ok(subject, "it has the key"),
        StepState::HasKey(keys) => Finding::ok(subject, format!("it has {keys} keys: one is being replaced")),
        StepState::Unavailable(error) => Finding::absent(subject, error.to_string()),
        state => Finding::absent(subject, format!("{state:?}")),
    }
}

fn record(record: &RecordInspection) -> Finding {
    let whose = record.partition.as_ref().map_or_else(|| record.path.display().to_string(), ToString::to_string);
    match (&record.error, record.origin) {
        (Some(error), _) => Finding::from_error("login", error),
        (None, Some(origin)) => Finding::ok("login", format!("{whose}, under the key in {origin}")),
        (None, None) => Finding::ok("login", whose),
    }
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
