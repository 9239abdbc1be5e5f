//! A program with a deadline, which nothing that it started outlives.

use std::io;
use std::process::{Command, ExitStatus, Stdio};
use std::time::Duration;

use auth_core::Secret;
use tokio::io::{AsyncRead, AsyncReadExt as _, copy, sink};
use tokio::process::Child;
use tokio::time::timeout;

/// Many times what a token needs. The rest is read and forgotten, as the program could not go on otherwise.
const LARGEST: u64 = 64 << 10;
/// What the program wrote lies in a pipe when it ends. Whatever it left running may keep that open.
const REST: Duration = Duration::from_millis(200);

/// What a program said until it ended.
pub(super) struct Output {
    pub(super) status: ExitStatus,
    /// What it printed, which may be a token.
    pub(super) printed: Secret,
    /// What it told beside that.
    pub(super) told: String,
}

/// Runs it to its end; none, if that does not come in time. Then, and where the caller goes away, its whole group is killed.
pub(super) async fn run(mut command: Command, patience: Duration) -> io::Result<Option<Output>> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    lead_a_group(&mut command);
    let mut group = Group(tokio::process::Command::from(command).kill_on_drop(true).spawn()?);
    let (stdout, stderr) = (group.0.stdout.take(), group.0.stderr.take());
    let (mut printed, mut told) = (Vec::with_capacity(1 << 12), Vec::new());
    let status = {
        let mut reading = std::pin::pin!(async { tokio::join!(read(stdout, &mut printed), read(stderr, &mut told)) });
        let ended = timeout(patience, async {
            tokio::select! {
                status = group.0.wait() => (status, false),
                _ = &mut reading => (group.0.wait().await, true),
            }
        });
        let Ok((status, has_read_all)) = ended.await else { return Ok(None) };
        if !has_read_all {
            // What is open still is not the program's own.
            let _ = timeout(REST, reading).await;
        }
        status?
    };
    let printed = String::from_utf8(printed).unwrap_or_default().into();
    Ok(Some(Output { status, printed, told: String::from_utf8_lossy(&told).into_owned() }))
}

async fn read(stream: Option<impl AsyncRead + Unpin>, into: &mut Vec<u8>) {
    let Some(stream) = stream else { return };
    let mut beginning = stream.take(LARGEST);
    // A pipe that breaks has ended.
    let _ = beginning.read_to_end(into).await;
    let _ = copy(&mut beginning.into_inner(), &mut sink()).await;
}

/// The running program and what it started; dropping it kills them.
struct Group(Child);

impl Drop for Group {
    #[cfg(unix)]
    fn drop(&mut self) {
        use rustix::process::{Pid, Signal, kill_process_group};
        // Its number may belong to somebody else once its end was waited for.
        if let Some(id) = self.0.id().and_then(|id| Pid::from_raw(id.try_into().ok()?)) {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }

    #[cfg(windows)]
    fn drop(&mut self) {
        if let Some(id) = self.0.id() {
            let mut taskkill = Command::new("taskkill");
            taskkill.args(["/T", "/F", "/PID"]).arg(id.to_string()).stdin(Stdio::null());
            let _ = taskkill.stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    }

    #[cfg(not(any(unix, windows)))]
    fn drop(&mut self) {}
}

#[cfg(unix)]
fn lead_a_group(command: &mut Command) {
    std::os::unix::process::CommandExt::process_group(command, 0);
}

#[cfg(not(unix))]
fn lead_a_group(_: &mut Command) {}
