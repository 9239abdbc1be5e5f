//! Talking to the person, on stderr.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::time::Duration;

use auth_core::{Error, ErrorKind};
use indicatif::{ProgressBar, ProgressStyle};

/// Writes a line to stderr. If nobody can read it, so be it.
pub(crate) fn say(line: &str) {
    let _ = tell(line);
}

/// Writes a line to stderr that somebody must be able to read.
pub(crate) fn tell(line: &str) -> std::io::Result<()> {
    writeln!(std::io::stderr(), "{line}")
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

/// Says what is being waited for: with a spinner on a terminal, not at all elsewhere.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// From now on this is being waited for.
    pub(crate) fn on(&self, what: &'static str) {
        self.0.reset();
        self.0.set_message(what);
        self.0.enable_steady_tick(Duration::from_millis(100));
    }

    /// Nothing moves on the terminal until the next [`Progress::on`], so that a person can type.
    pub(crate) fn rest(&self) {
        self.0.disable_steady_tick();
        self.0.set_message("");
        self.0.finish_and_clear();
    }

    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }

    /// Writes a line above the spinner.
    pub(crate) fn say(&self, line: &str) {
        self.0.suspend(|| say(line));
    }
}
