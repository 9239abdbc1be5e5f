//! A session bus with an unlocked keyring of its own, so that the person's own is never touched.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use cache_bench::Failure;

/// A running session. Dropping it ends it.
pub(super) struct Session {
    /// Ends when its standard input does.
    child: Child,
    env: Vec<(&'static str, String)>,
}

impl Session {
    /// A session whose keyring lies in `home`; none if the programs are not installed.
    pub(super) fn start(home: &Path) -> Result<Option<Self>, Failure> {
        let is_installed =
            |program: &str| Command::new(program).arg("--version").stdout(Stdio::null()).status().is_ok();
        if !is_installed("dbus-run-session") || !is_installed("gnome-keyring-daemon") {
            return Ok(None);
        }
        let script = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null \
                      && echo \"$DBUS_SESSION_BUS_ADDRESS\" && exec cat >/dev/null";
        let data = home.join("data").display().to_string();
        let home = home.display().to_string();
        let mut env = vec![("HOME", home.clone()), ("XDG_RUNTIME_DIR", home), ("XDG_DATA_HOME", data)];
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", script]).envs(env.iter().map(|(name, value)| (name, value)));
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS");
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut address = String::new();
        BufReader::new(child.stdout.take().ok_or("the session has no output")?).read_line(&mut address)?;
        if address.trim().is_empty() {
            return Err("the keyring's session did not start".into());
        }
        env.push(("DBUS_SESSION_BUS_ADDRESS", address.trim().to_owned()));
        Ok(Some(Self { child, env }))
    }

    /// What a program in the session needs in its environment.
    pub(super) fn env(&self) -> &[(&'static str, String)] {
        &self.env
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        // Nothing is left to do about a session that does not end.
        let _ = self.child.wait();
    }
}
