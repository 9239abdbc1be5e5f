//! A secret that an option says, or the file that it names after an @ (as the Azure CLI does).

use std::path::Path;

use auth_core::{Error, ErrorKind, Secret};

use crate::terminal::warn;

/// Far more than any secret or token needs; in KiB.
const LARGEST: u64 = 1024;

pub(super) fn given(option: &str, value: &Secret) -> Result<Secret, Error> {
    let Some(path) = value.expose().strip_prefix('@') else {
        if value.expose().trim().is_empty() {
            return Err(Error::new(ErrorKind::Configuration, format!("{option} is followed by nothing"))
                .with_help(format!("give {option} @<file>")));
        }
        warn(&format!(
            "what follows {option} can be read by everybody on this machine while azml runs; {option} @<file> hides it"
        ));
        return Ok(value.clone());
    };
    let refuse = |why: String| {
        Error::new(ErrorKind::Configuration, format!("{path}, which {option} names, {why}"))
            .with_help(format!("write it into a file that only you can read, and give {option} @<file>"))
    };
    let text = read(Path::new(path), LARGEST).map_err(refuse)?;
    match text.expose().trim() {
        "" => Err(refuse("is empty".to_owned())),
        text => Ok(text.into()),
    }
}

/// The secret in a file of at most so many KiB, or why there is none.
pub(super) fn read(path: &Path, largest: u64) -> Result<Secret, String> {
    let unreadable = |error: std::io::Error| format!("cannot be read: {error}");
    // Asked first, because reading a pipe would never end.
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > largest << 10 {
        let largest = if largest < 1024 { format!("{largest} KiB") } else { format!("{} MiB", largest >> 10) };
        return Err(format!("is not a plain file of at most {largest}"));
    }
    std::fs::read_to_string(path).map(Secret::new).map_err(unreadable)
}
