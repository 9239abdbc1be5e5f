//! A secret that an option says, or the file that it names after an @ (as the Azure CLI does).

use auth_core::{Error, ErrorKind, Secret};

use crate::terminal::warn;

/// Far more than any secret or token needs.
const LARGEST: u64 = 1 << 20;

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
    let unreadable = |error: std::io::Error| refuse(format!("cannot be read: {error}"));
    let metadata = std::fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() || metadata.len() > LARGEST {
        return Err(refuse("is not a plain file of at most 1 MiB".to_owned()));
    }
    let text = Secret::new(std::fs::read_to_string(path).map_err(unreadable)?);
    match text.expose().trim() {
        "" => Err(refuse("is empty".to_owned())),
        text => Ok(text.into()),
    }
}
