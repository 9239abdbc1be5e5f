//! Records that cannot be opened any more.

use std::path::{Path, PathBuf};

use auth_core::{Clock, Error, clock};

use crate::directory;

/// How many are kept of each partition.
const KEPT: usize = 3;
const INFIX: &str = ".corrupt-";

/// Renames a record that nothing will open, so that it is neither lost nor in the way, and says what it is called now. The
/// caller holds its lock.
pub(crate) fn set_aside(path: &Path, clock: &Clock) -> Result<PathBuf, Error> {
    let aside = free_name(path, clock);
    std::fs::rename(path, &aside).map_err(|error| directory::failed(path, "set aside", error))?;
    forget_the_oldest(path);
    Ok(aside)
}

/// Removes everything that was set aside of a record. The caller holds its lock.
pub(crate) fn clear(path: &Path) {
    for old in set_aside_before(path) {
        remove(&old);
    }
}

/// Whether this is a file that was set aside of some record.
pub(crate) fn is_set_aside(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.rsplit_once(INFIX).is_some_and(|(_, time)| time.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Named by the time, and later than all others even if the clock was set back.
fn free_name(path: &Path, clock: &Clock) -> PathBuf {
    let newest = set_aside_before(path).last().and_then(|newest| time_of(path, newest));
    let now = clock::to_unix(clock.now());
    let time = newest.map_or(now, |newest| now.max(newest.saturating_add(1)));
    directory::beside(path, &format!("{INFIX}{time}"))
}

/// The time in the name of what was set aside of `path`, if it is that.
fn time_of(path: &Path, aside: &Path) -> Option<u64> {
    let name = path.file_name()?.to_str()?;
    aside.file_name()?.to_str()?.strip_prefix(name)?.strip_prefix(INFIX)?.parse().ok()
}

fn forget_the_oldest(path: &Path) {
    let all = set_aside_before(path);
    for old in &all[..all.len().saturating_sub(KEPT)] {
        remove(old);
    }
}

/// The oldest first.
fn set_aside_before(path: &Path) -> Vec<PathBuf> {
    let entries = path.parent().and_then(|parent| parent.read_dir().ok()).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    found.retain(|aside| time_of(path, aside).is_some());
    found.sort_by_key(|aside| time_of(path, aside));
    found
}

/// What lay in a record's place may be a folder; it stays.
fn remove(path: &Path) {
    if let Err(error) = std::fs::remove_file(path) {
        tracing::debug!(path = %path.display(), %error, "an old record could not be removed");
    }
}
