//! Where azml keeps its files, who may read them, and what protects the tokens.

use std::path::{Path, PathBuf};

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
