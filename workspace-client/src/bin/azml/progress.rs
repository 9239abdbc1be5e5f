//! What a person sees while they wait: on a terminal, and nowhere else.

use std::borrow::Cow;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use workspace_client::transfer::Observer;

use crate::terminal::{is_still, say, warn};

/// Says what is being waited for: with a spinner on a terminal, not at all elsewhere.
#[derive(Debug)]
pub(crate) struct Progress(ProgressBar);

impl Progress {
    pub(crate) fn new() -> Self {
        if is_still() {
            return Self(ProgressBar::hidden());
        }
        let bar = ProgressBar::new_spinner();
        if let Ok(style) = ProgressStyle::with_template("{spinner} {msg}") {
            bar.set_style(style);
        }
        Self(bar)
    }

    /// From now on this is being waited for.
    pub(crate) fn on(&self, what: impl Into<Cow<'static, str>>) {
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

    /// From now on so many bytes are being waited for, or nobody knows how many.
    pub(crate) fn bytes(&self, what: String, total: Option<u64>) {
        let template = match total {
            Some(_) => "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec}",
            None => "{spinner} {msg} {bytes} {bytes_per_sec}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
        self.0.set_length(total.unwrap_or_default());
        self.on(what);
    }

    /// Shows how far the transfers are that tell the observer.
    pub(crate) fn observer(&self, what: String) -> Observer {
        self.bytes(what, Some(0));
        let bar = self.0.clone();
        Observer::new(move |progress| {
            bar.set_length(progress.total_bytes);
            bar.set_position(progress.bytes);
        })
    }

    /// So many more bytes are there.
    pub(crate) fn moved(&self, bytes: usize) {
        self.0.inc(bytes as u64);
    }

    /// Writes a warning above the spinner.
    pub(crate) fn warn(&self, warning: &str) {
        self.0.suspend(|| warn(warning));
    }
}
