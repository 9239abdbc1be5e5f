//! The sign-in on the terminal.

use std::io::{BufRead as _, IsTerminal as _};
use std::sync::Arc;

use async_trait::async_trait;
use auth_core::interactive::{Prompt, SignIn};
use auth_core::oauth::DeviceCode;
use auth_core::{Env, Secret};
use tokio::sync::{Mutex, mpsc};

use crate::progress::Progress;

/// Shows the person where to sign in, and takes what is pasted.
#[derive(Debug)]
pub(crate) struct SignInPrompt {
    progress: Arc<Progress>,
    is_bold: bool,
    /// Whether a person can paste: nothing else is ever read from.
    has_keyboard: bool,
    lines: Mutex<Option<mpsc::Receiver<Secret>>>,
}

impl SignInPrompt {
    pub(crate) fn new(progress: Arc<Progress>, env: &Env) -> Self {
        let is_terminal = std::io::stderr().is_terminal();
        Self {
            progress,
            is_bold: is_terminal && env.var("NO_COLOR").is_none() && env.var("TERM").is_none_or(|term| term != "dumb"),
            has_keyboard: is_terminal && std::io::stdin().is_terminal(),
            lines: Mutex::default(),
        }
    }

    fn strong(&self, text: &str) -> String {
        if self.is_bold { format!("\u{1b}[1m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}

#[async_trait]
impl Prompt for SignInPrompt {
    fn sign_in_at(&self, sign_in: &SignIn<'_>) {
        let invitation = if sign_in.opens_browser() {
            "Your browser opens to sign in. If it does not, open this URL:".to_owned()
        } else if sign_in.surroundings().has_browser() {
            "To sign in, open this URL in any browser:".to_owned()
        } else {
            format!("To sign in, open this URL in any browser ({}):", sign_in.surroundings().reason())
        };
        // On a line of its own and without codes, so that terminals make a link of it.
        self.progress.say(&format!("{invitation}\n\n    {}\n", sign_in.url()));
        if !sign_in.takes_paste() {
            return self.progress.on("waiting for the sign-in in the browser");
        }
        if self.has_keyboard {
            self.progress.say(
                "If the browser then cannot show localhost, it runs on another machine: copy the whole address from its \
                 address bar, paste it here, and press Enter.",
            );
            self.progress.rest();
        } else {
            self.progress.say(
                "If the browser then cannot show localhost, it runs on another machine: run azml login in a terminal, \
                 where the address can be pasted, or azml login --use-device-code.",
            );
            self.progress.on("waiting for the sign-in in the browser");
        }
    }

    fn no_browser(&self) {
        self.progress.warn("no browser could be opened, or its opener did not end");
    }

    fn takes_paste(&self) -> bool {
        self.has_keyboard
    }

    async fn paste(&self) -> Option<Secret> {
        if !self.has_keyboard {
            return None;
        }
        self.lines.lock().await.get_or_insert_with(typed_lines).recv().await
    }

    fn paste_refused(&self, why: &str) {
        self.progress.warn(why);
    }

    fn device_code(&self, code: &DeviceCode) {
        let (page, user_code) = (code.page(), self.strong(code.user_code()));
        let minutes = code.lifetime().as_secs().div_ceil(60);
        self.progress.say(&format!(
            "To sign in, open this page in any browser:\n\n    {page}\n\nand enter this code, which is valid for {minutes} \
             minutes:\n\n    {user_code}\n"
        ));
        self.progress.on("waiting until the code is entered");
    }
}

/// The lines that are typed from now on. A thread reads them, as nothing else can wait for a terminal and for a browser at once;
/// it ends with the process.
fn typed_lines() -> mpsc::Receiver<Secret> {
    let (sender, lines) = mpsc::channel(1);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines() {
            let Ok(line) = line else { return };
            if sender.blocking_send(Secret::new(line)).is_err() {
                return;
            }
        }
    });
    lines
}
