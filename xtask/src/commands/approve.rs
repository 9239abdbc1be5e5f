//! `cargo xtask approve`: what the demo names as `BROWSER`.

use std::process::{Command, Stdio};

use clap::Args;
use tempfile::TempDir;
use xtask::emulator::Visitor;

use super::block_on;
use super::repository::find_program;

const BROWSERS: &[&str] = &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// Acts as the browser of a sign-in at the emulator that the environment names.
#[derive(Args, Debug)]
pub(super) struct Approve {
    /// Opens a window for a person to click in, if there is a display and a Chromium.
    #[arg(long)]
    window: bool,
    /// Who signs in, instead of the first user whom the page offers.
    #[arg(long, value_name = "NAME")]
    user: Option<String>,
    /// The page to open.
    url: String,
}

impl Approve {
    pub(super) fn run(self) -> Result<(), String> {
        let browser = BROWSERS.iter().find_map(|name| find_program(name));
        if let Some(browser) = browser.filter(|_| self.window && has_display()) {
            return open_window(Command::new(browser), &self.url);
        }
        let visitor = Visitor::from_env()?;
        let landing = block_on(async {
            match &self.user {
                Some(user) => visitor.approve_as(&self.url, user).await,
                None => visitor.approve(&self.url).await,
            }
        })??;
        if landing.status >= 400 {
            return Err(format!("the sign-in ended with HTTP status {}", landing.status));
        }
        Ok(())
    }
}

pub(super) fn has_display() -> bool {
    ["DISPLAY", "WAYLAND_DISPLAY"].iter().any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

/// The person's own profile stays out of it: a window of its own that trusts the emulator, until it is closed.
fn open_window(mut browser: Command, url: &str) -> Result<(), String> {
    let proxy = std::env::var("HTTPS_PROXY").map_err(|_| "HTTPS_PROXY does not name the emulator's proxy")?;
    let profile =
        TempDir::with_prefix("demo-browser-").map_err(|error| format!("no folder for the profile: {error}"))?;
    browser
        .args(["--no-first-run", "--disable-background-networking", "--disable-sync", "--ignore-certificate-errors"])
        .arg(format!("--proxy-server=https={}", proxy.trim_start_matches("http://")))
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .arg(url)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let status = browser.status().map_err(|error| format!("the browser does not start: {error}"))?;
    if status.success() { Ok(()) } else { Err(format!("the browser ended with {status}")) }
}
