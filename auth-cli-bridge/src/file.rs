//! The one way in which a file of the CLI is read.

use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;
use std::time::SystemTime;

use auth_core::{Error, ErrorKind, Secret};
use serde::de::DeserializeOwned;

/// What a file holds. It may be tokens, so it is a [`Secret`] whatever it is.
pub(crate) struct Text {
    pub(crate) text: Secret,
    pub(crate) modified: Option<SystemTime>,
}

/// Reads a text file of at most `limit` bytes, without its byte order mark. A file that is missing is not an error.
///
/// Nothing but a regular file is opened: a pipe or a device could keep the caller waiting for ever.
pub(crate) fn read(path: &Path, limit: u64, help: &str) -> Result<Option<Text>, Error> {
    let refuse = |why: &str| unusable(path, why, help);
    let cannot = |error: &io::Error| refuse(&format!("cannot be read: {error}"));
    let metadata = match fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(&error)),
    };
    if metadata.is_dir() {
        return Err(refuse("is a directory, not a file"));
    }
    if !metadata.is_file() {
        return Err(refuse("is not a regular file"));
    }
    let too_large = || refuse(&format!("is larger than {} MiB", limit >> 20));
    if metadata.len() > limit {
        return Err(too_large());
    }
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(cannot(&error)),
    };
    let modified = file.metadata().and_then(|metadata| metadata.modified()).ok();
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default() + 1);
    file.take(limit + 1).read_to_end(&mut bytes).map_err(|error| cannot(&error))?;
    if bytes.len() as u64 > limit {
        return Err(too_large());
    }
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return Err(refuse("is UTF-16 text, not UTF-8"));
    }
    let mut text = String::from_utf8(bytes).map_err(|_| refuse("is not UTF-8 text"))?;
    if text.starts_with('\u{feff}') {
        text.drain(..'\u{feff}'.len_utf8());
    }
    Ok(Some(Text { text: text.into(), modified }))
}

/// The error for a file that is there but cannot be used.
pub(crate) fn unusable(path: &Path, why: &str, help: &str) -> Error {
    Error::new(ErrorKind::Store, format!("{} {why}", path.display())).with_help(help)
}

/// Reads a JSON object. Its errors show the place, and none of the content.
pub(crate) fn object<T: DeserializeOwned>(text: &str, path: &Path, help: &str) -> Result<T, Error> {
    match serde_json::from_str(text) {
        // A struct could be made of a list too.
        Ok(_) if !text.trim_start().starts_with('{') => Err(unusable(path, "does not hold a JSON object", help)),
        result => result.map_err(|error| unusable(path, &json_problem(&error), help)),
    }
}

/// Where a JSON text is broken, without any of its content.
pub(crate) fn json_problem(error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    match error.classify() {
        serde_json::error::Category::Data => format!("does not hold what it should (line {line}, column {column})"),
        serde_json::error::Category::Eof => format!("ends too early (line {line}, column {column})"),
        _ => format!("is not JSON (line {line}, column {column})"),
    }
}
