//! `cargo xtask mlflow`: what our client logs, at a real MLflow server, read back by Python's own client.

use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::process::Group;
use super::repository::{cargo, output_of};
use super::test::{EVERYTHING, Place, scrub};
use super::{block_on, packages};

const MLFLOW: &str = "mlflow==3.17.2";
/// The first start makes a database.
const PATIENCE: Duration = Duration::from_secs(180);
const TEST: &str = "tracking::a_real_server_keeps_what_is_logged";

/// Starts the server, lets the test log, and reads that with the Python client.
pub(super) fn run() -> Result<(), String> {
    let python = packages::python("mlflow", &[MLFLOW])?;
    let folder = TempDir::with_prefix("mlflow-").map_err(|error| format!("no temporary folder: {error}"))?;
    let server = Server::start(&python, folder.path())?;
    let mut test = cargo(&["test"]);
    scrub(&mut test, Place::Here);
    test.args(EVERYTHING).args(["--test", "it", "--", "--exact", TEST]).env("AZML_MLFLOW", &server.url);
    let told = output_of(&mut test)?;
    if !told.contains("1 passed") {
        return Err(format!("the test did not run: {told}"));
    }
    let mut read = quiet(Command::new(&python), folder.path());
    let read = output_of(read.arg("-c").arg(include_str!("mlflow.py")).arg(&server.url))?;
    print!("{read}");
    if read.trim() != "mlflow read credit/first: 300 values of loss, alpha 0.1, stage test, scorer 1, note more layers"
    {
        return Err(format!("the Python client read something else: {read:?}"));
    }
    Ok(())
}

/// The running server with its workers; dropping it stops them.
struct Server {
    process: Group,
    url: String,
}

impl Server {
    fn start(python: &Path, folder: &Path) -> Result<Self, String> {
        let port = TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr());
        let port = port.map_err(|error| format!("there is no free port: {error}"))?.port();
        let mut command = quiet(Command::new(python), folder);
        command
            .args(["-m", "mlflow", "server", "--host", "127.0.0.1", "--workers", "1", "--port"])
            .arg(port.to_string());
        command.arg("--backend-store-uri").arg(format!("sqlite:///{}", folder.join("mlflow.db").display()));
        command.arg("--artifacts-destination").arg(folder.join("artifacts"));
        let log = std::fs::File::create(folder.join("server.log")).map_err(|error| format!("no log: {error}"))?;
        let errors = log.try_clone().map_err(|error| format!("no log: {error}"))?;
        let process = Group::spawn(command.stdin(Stdio::null()).stdout(log).stderr(errors))?;
        let mut server = Self { process, url: format!("http://127.0.0.1:{port}") };
        let health = format!("{}/health", server.url);
        let is_up = async {
            let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(5)).build();
            let client = client.map_err(|error| error.to_string())?;
            let started = Instant::now();
            while started.elapsed() < PATIENCE {
                if client.get(&health).send().await.is_ok_and(|answer| answer.status().is_success()) {
                    return Ok(());
                }
                if server.process.0.try_wait().is_ok_and(|ended| ended.is_some()) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
            let log = std::fs::read_to_string(folder.join("server.log")).unwrap_or_default();
            Err(format!("the MLflow server did not start:\n{log}"))
        };
        block_on(is_up)??;
        Ok(server)
    }
}

/// A Python that tells nobody about itself, and reads no settings of the person's.
fn quiet(mut command: Command, folder: &Path) -> Command {
    command.env_clear().current_dir(folder).env("HOME", folder);
    command.envs(["PATH", "SYSTEMROOT"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    command.envs([("DO_NOT_TRACK", "true"), ("MLFLOW_DISABLE_TELEMETRY", "true"), ("NO_PROXY", "127.0.0.1")]);
    command
}
