//! Opening the person's browser.

use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use url::Url;

use crate::Env;

/// How long a command of `BROWSER` may take to say that it failed. It may be the browser itself, which never ends by itself, so
/// whatever is still running by then counts as opened.
const BROWSER_PATIENCE: Duration = Duration::from_secs(1);
/// How long the system's opener, which only launches a browser, may take before it is killed.
const LAUNCHER_PATIENCE: Duration = Duration::from_secs(3);

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
    /// Opens `url`, passed as one argument and never through a shell, and says whether something took it. It takes three seconds at
    /// most for each way of opening it.
    pub async fn open(self, env: &Env, url: &Url) -> bool {
        if self == Self::None {
            return false;
        }
        if env.var("BROWSER").is_some() {
            run_named(commands(env, url)).await
        } else {
            launch(commands(env, url)).await
        }
    }
}

/// Runs the first command that works, and leaves it running.
async fn run_named(commands: Vec<Command>) -> bool {
    for mut command in commands {
        let program = command.as_std().get_program().to_owned();
        let Ok(mut child) = command.spawn() else { continue };
        match timeout(BROWSER_PATIENCE, child.wait()).await {
            Ok(Ok(status)) if status.success() => return true,
            Err(_still_running) => return true,
            Ok(outcome) => tracing::debug!(?program, ?outcome, "this browser did not open"),
        }
    }
    false
}

/// Runs the first launcher that works. One that hangs is killed, and no other is tried, as it may have opened something.
async fn launch(commands: Vec<Command>) -> bool {
    for mut command in commands {
        let program = command.as_std().get_program().to_owned();
        let Ok(mut child) = command.kill_on_drop(true).spawn() else { continue };
        match timeout(LAUNCHER_PATIENCE, child.wait()).await {
            Ok(Ok(status)) if status.success() => return true,
            Ok(outcome) => tracing::debug!(?program, ?outcome, "this browser did not open"),
            Err(_still_running) => {
                tracing::debug!(?program, "this opener hangs, and is killed");
                // It has ended then, and is reaped.
                let _ = child.kill().await;
                return false;
            }
        }
    }
    false
}

fn commands(env: &Env, url: &Url) -> Vec<Command> {
    let mut commands = named_or_system(env, url);
    for command in &mut commands {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    }
    commands
}

fn named_or_system(env: &Env, url: &Url) -> Vec<Command> {
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

    #[tokio::test(start_paused = true)]
    async fn an_opener_that_hangs_is_killed_after_three_seconds() {
        let folder = std::env::temp_dir().join(format!("azml-opener-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (pid_file, other) = (folder.join("pid"), folder.join("other"));
        let script = format!("echo $$ > '{0}.new'; mv '{0}.new' '{0}'; exec sleep 600", pid_file.display());
        let mut hanging = Command::new("sh");
        hanging.args(["-c", &script]);
        let mut next = Command::new("touch");
        next.arg(&other);
        let start = tokio::time::Instant::now();
        // Time stands still while this thread waits for the script to have started.
        let mut launched = std::pin::pin!(launch(vec![hanging, next]));
        assert!(futures_util::poll!(&mut launched).is_pending());
        while !pid_file.exists() {
            std::thread::yield_now();
        }
        assert!(!launched.await);
        assert_eq!(start.elapsed(), LAUNCHER_PATIENCE);
        let pid = std::fs::read_to_string(&pid_file).unwrap();
        assert!(!std::path::Path::new("/proc").join(pid.trim()).exists(), "it is gone, and reaped");
        assert!(!other.exists(), "no second opener shows the page twice");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
