//! Talking to the person, on stderr.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

use auth_core::{Error, ErrorKind};

/// Writes a line to stderr. If nobody can read it, so be it.
pub(crate) fn say(line: &str) {
    let _ = tell(line);
}

/// Writes a line to stderr that somebody must be able to read.
pub(crate) fn tell(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{line}")
}

/// Whether only errors are said.
static ONLY_ERRORS: AtomicBool = AtomicBool::new(false);

/// From now on only errors are said, and nothing moves.
pub(crate) fn say_only_errors() {
    ONLY_ERRORS.store(true, Ordering::Relaxed);
}

pub(crate) fn says_only_errors() -> bool {
    ONLY_ERRORS.load(Ordering::Relaxed)
}

/// Writes a warning to stderr, unless only errors are wanted.
pub(crate) fn warn(warning: &str) {
    if !says_only_errors() {
        say(&format!("warning: {warning}"));
    }
}

/// Asks whether that is meant, unless it was said already. Without a terminal it must be said (observed: az 2.91).
pub(crate) fn confirm(what: &str, is_said: bool) -> Result<(), Error> {
    if is_said {
        return Ok(());
    }
    if !std::io::stdin().is_terminal() {
        let message = format!("there is no terminal to ask whether you want to {what}");
        return Err(Error::new(ErrorKind::Configuration, message).with_help("add --yes if you do"));
    }
    let _ = write!(std::io::stderr(), "Do you want to {what}? (y/N): ");
    let mut answer = String::new();
    // What cannot be read is no yes.
    let _ = std::io::stdin().lock().read_line(&mut answer);
    match answer.trim().to_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err(Error::new(ErrorKind::Cancelled, "nothing was done")),
    }
}
