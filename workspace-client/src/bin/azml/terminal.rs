//! Talking to the person, on stderr.

use std::io::{IsTerminal as _, Write as _};
use std::time::Duration;

use auth_core::interactive::Prompt;
use indicatif::{ProgressBar, ProgressStyle};
use url::Url;

/// Writes a line to stderr. If nobody can read it, so be it.
pub(crate) fn say(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
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
        self.0.set_message(what);
        self.0.enable_steady_tick(Duration::from_millis(100));
    }

    pub(crate) fn done(&self) {
        self.0.finish_and_clear();
    }

    /// Writes a line above the spinner.
    pub(crate) fn say(&self, line: &str) {
        self.0.suspend(|| say(line));
    }
}

/// Shows the person where to sign in.
#[derive(Debug)]
pub(crate) struct SignInPrompt {
    pub(crate) progress: std::sync::Arc<Progress>,
    pub(crate) opens_browser: bool,
}

impl Prompt for SignInPrompt {
    fn sign_in_at(&self, url: &Url) {
        let invitation = if self.opens_browser {
            "Your browser opens to sign in. If it does not, open this URL:"
        } else {
            "To sign in, open this URL in a browser on this machine:"
        };
        self.progress.say(&format!("{invitation}\n\n    {url}\n"));
        self.progress.on("waiting for the sign-in in the browser");
    }

    fn no_browser(&self) {
        self.progress.say("warning: no browser could be opened; open the URL above in a browser on this machine");
    }
}
