//! Opening the person's browser.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use url::Url;

use crate::Env;

/// How long an opener may take to say that it failed. A browser that runs in the foreground never ends by itself, so
/// whatever is still running by then counts as opened.
const OPENER_PATIENCE: Duration = Duration::from_secs(1);

/// Which browser shows the sign-in page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Browser {
    /// None: the person opens the URL by hand.
    None,
    /// The commands in `BROWSER`, separated by colons (observed: Python webbrowser, xdg-open), else the system's own opener.
    #[default]
    System,
}

impl Browser {
    /// Opens `url`, passed as one argument and never through a shell, and says whether something took it.
    pub(super) async fn open(self, env: &Env, url: &Url) -> bool {
        if self == Self::None {
            return false;
        }
        for mut command in commands(env, url) {
            let program = command.as_std().get_program().to_owned();
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let Ok(mut child) = command.spawn() else { continue };
            match timeout(OPENER_PATIENCE, child.wait()).await {
                Ok(Ok(status)) if status.success() => return true,
                Err(_still_running) => return true,
                Ok(outcome) => tracing::debug!(?program, ?outcome, "this browser did not open"),
            }
        }
        false
    }
}

fn commands(env: &Env, url: &Url) -> Vec<Command> {
    let Some(browsers) = env.var("BROWSER") else {
        return open::commands(url.as_str()).into_iter().map(Command::from).collect();
    };
    let named = browsers.split(if cfg!(windows) { ';' } else { ':' }).filter_map(|entry| {
        // A trailing & means "in the background" (Python webbrowser), where it is in any case.
        let mut words = entry.trim().trim_end_matches('&').split_whitespace();
        let mut command = Command::new(words.next()?);
        if entry.contains("%s") {
            command.args(words.map(|word| word.replace("%s", url.as_str())));
        } else {
            command.args(words).arg(url.as_str());
        }
        Some(command)
    });
    named.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(browser: &str) -> Vec<String> {
        let env = Env::fake([("BROWSER", browser)]);
        let url = Url::parse("https://login.example/a?b=c&d=%20").unwrap();
        let line = |command: Command| {
            let command = command.as_std();
            let args = command.get_args().map(|arg| arg.to_string_lossy().into_owned()).collect::<Vec<_>>();
            format!("{} {}", command.get_program().to_string_lossy(), args.join("|"))
        };
        commands(&env, &url).into_iter().map(line).collect()
    }

    #[test]
    fn the_url_is_one_argument_of_each_browser_that_is_named() {
        assert_eq!(lines("firefox"), ["firefox https://login.example/a?b=c&d=%20"]);
        let two = lines("/opt/b --new-window %s:lynx -x");
        assert_eq!(two[0], "/opt/b --new-window|https://login.example/a?b=c&d=%20");
        assert_eq!(two[1], "lynx -x|https://login.example/a?b=c&d=%20");
        assert_eq!(lines("x %s &"), ["x https://login.example/a?b=c&d=%20"]);
    }
}
