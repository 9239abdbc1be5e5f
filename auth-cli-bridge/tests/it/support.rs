//! Directories to read.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use auth_cli_bridge::{AzureCliAuthentication, AzureCliAuthenticationBuilder, ConfigDir};
use auth_core::clock::from_unix;
use auth_core::{Clock, Env, Error};
use tempfile::TempDir;

pub(crate) const NOW: u64 = 1_800_000_000;

pub(crate) fn clock() -> Clock {
    Clock::fixed(from_unix(NOW))
}

/// An environment from which nothing beyond this machine can be reached.
pub(crate) fn offline() -> Env {
    Env::fake([("HTTPS_PROXY", "http://127.0.0.1:9")])
}

pub(crate) fn case(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join("cases").join(name)
}

/// A copy of what the CLI wrote in this case, to be changed by a test.
pub(crate) fn copy_of(name: &str) -> TempDir {
    let copy = tempfile::tempdir().unwrap();
    for entry in fs::read_dir(case(name).join("azure")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), copy.path().join(entry.file_name())).unwrap();
    }
    copy
}

/// The sign-in in this directory, offline and at [`NOW`].
pub(crate) fn builder(directory: &Path) -> AzureCliAuthenticationBuilder {
    AzureCliAuthentication::builder().env(offline()).directory(ConfigDir::at(directory)).clock(clock())
}

/// Everything below a directory: the bytes of each file and when they were written.
pub(crate) fn contents(directory: &Path) -> BTreeMap<PathBuf, (Vec<u8>, SystemTime)> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.extend(contents(&path));
        } else {
            let modified = path.metadata().unwrap().modified().unwrap();
            all.insert(path.clone(), (fs::read(&path).unwrap(), modified));
        }
    }
    all
}

/// An error as a person reads it, with a directory's path taken out.
pub(crate) fn shown(error: &Error, directory: &Path) -> String {
    let text = format!("{:?}: {error}\n  help: {}", error.kind(), error.help().unwrap_or("-"));
    text.replace(&directory.display().to_string(), "[dir]")
}
