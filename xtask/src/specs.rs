//! Azure's own API descriptions, and what its clients were seen to send, for tests.

use std::path::{Path, PathBuf};

/// What lies there in the folder that `AZML_SPECS` names, or beside the repository; none, with a word about it, where there is
/// nothing.
///
/// # Panics
/// If `AZML_SPECS` names a folder without it.
pub fn find(place: &str) -> Option<PathBuf> {
    let named = std::env::var_os("AZML_SPECS").map(PathBuf::from);
    let is_named = named.is_some();
    let beside = || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/specs");
    let path = named.unwrap_or_else(beside).join(place);
    if path.exists() {
        return Some(path);
    }
    assert!(!is_named, "AZML_SPECS names a folder without {place}");
    told(&format!("nothing: set AZML_SPECS to a folder with {place}"));
    None
}

/// Says how much was checked.
#[allow(clippy::print_stdout, reason = "whoever runs the tests wants to know")]
pub fn told(what: &str) {
    println!("checked: {what}");
}
