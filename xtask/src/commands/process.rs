//! Programs that end in time, with all that they started.

use std::io::{BufRead as _, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

use super::repository::shown;

/// How often it is looked whether a program has ended whose output somebody else keeps open.
const PAUSE: Duration = Duration::from_millis(50);

/// A running program and what it started; dropping it kills them.
#[derive(Debug)]
pub(super) struct Group(pub(super) Child);

/// What a program said until it ended.
#[derive(Debug)]
pub(super) struct Ran {
    pub(super) succeeded: bool,
    pub(super) printed: String,
    pub(super) told: String,
}

impl Group {
    pub(super) fn spawn(command: &mut Command) -> Result<Self, String> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        command.spawn().map(Self).map_err(|error| format!("`{}` does not start: {error}", shown(command)))
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        #[cfg(unix)]
        let _ =
            Command::new("kill").args(["-KILL", "--"]).arg(format!("-{}", self.0.id())).stderr(Stdio::null()).status();
        #[cfg(not(unix))]
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs it to its end; `hears` gets each line of both outputs when it comes. A program that is late is a problem.
pub(super) fn run(command: &mut Command, patience: Duration, mut hears: impl FnMut(&str)) -> Result<Ran, String> {
    let started = Instant::now();
    let mut group = Group::spawn(command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (send, lines) = channel();
    forward(group.0.stdout.take(), true, send.clone());
    forward(group.0.stderr.take(), false, send);
    let mut ran = Ran { succeeded: false, printed: String::new(), told: String::new() };
    let mut has_ended = false;
    loop {
        match lines.recv_timeout(PAUSE) {
            Ok((is_printed, line)) => {
                hears(&line);
                let said = if is_printed { &mut ran.printed } else { &mut ran.told };
                said.push_str(&line);
            }
            Err(RecvTimeoutError::Timeout) if !has_ended => {}
            Err(_) => break,
        }
        has_ended = group.0.try_wait().is_ok_and(|status| status.is_some());
        if started.elapsed() > patience {
            return Err(format!("`{}` did not end within {patience:?}:\n{}{}", shown(command), ran.printed, ran.told));
        }
    }
    while started.elapsed() < patience {
        if let Some(status) = group.0.try_wait().map_err(|error| format!("`{}`: {error}", shown(command)))? {
            ran.succeeded = status.success();
            return Ok(ran);
        }
        std::thread::sleep(PAUSE);
    }
    Err(format!("`{}` did not end within {patience:?}:\n{}{}", shown(command), ran.printed, ran.told))
}

/// The thread ends with the pipe.
fn forward(pipe: Option<impl Read + Send + 'static>, is_printed: bool, send: Sender<(bool, String)>) {
    let Some(pipe) = pipe else { return };
    std::thread::spawn(move || {
        let mut lines = BufReader::new(pipe);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|read| read > 0) {
            // Whoever has stopped listening has enough.
            let _ = send.send((is_printed, String::from_utf8_lossy(&line).into_owned()));
            line.clear();
        }
    });
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str, patience: u64) -> Result<Ran, String> {
        run(Command::new("sh").args(["-c", script]), Duration::from_millis(patience), |_| ())
    }

    #[test]
    fn both_outputs_are_heard_and_an_exit_code_is_no_success() {
        let ran = shell("echo a; echo b >&2; exit 3", 10_000).unwrap();
        assert_eq!((ran.succeeded, &*ran.printed, &*ran.told), (false, "a\n", "b\n"));
        assert!(shell("true", 10_000).unwrap().succeeded);
    }

    #[test]
    fn whatever_is_late_is_killed_with_all_that_it_started() {
        let folder = tempfile::TempDir::new().unwrap();
        let pid = folder.path().join("pid");
        let problem = shell(&format!("echo here; sleep 600 & echo $! > {}; wait", pid.display()), 300).unwrap_err();
        assert!(problem.contains("did not end within 300ms") && problem.contains("here"), "{problem}");
        let pid = std::fs::read_to_string(pid).unwrap();
        let stat = std::path::Path::new("/proc").join(pid.trim()).join("stat");
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z")) {
            std::thread::yield_now();
        }
    }

    #[test]
    fn whoever_keeps_the_output_open_keeps_nobody_waiting() {
        assert_eq!(shell("sleep 600 & echo done", 10_000).unwrap().printed, "done\n");
    }
}
