//! `cargo xtask bench cli`: azml beside the Azure CLI, in one run on one machine.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::super::repository::{output_of, this_program};
use super::{azure_cli, build_azml, login, replace_table};

/// Prints the peak resident memory of a command in KiB.
const PEAK_MEMORY: &str = "import resource,subprocess,sys\n\
    subprocess.run(sys.argv[1:],stdout=subprocess.DEVNULL,stderr=subprocess.DEVNULL,check=True)\n\
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)";

/// Times whole processes.
#[derive(Debug, clap::Args)]
pub(super) struct Cli {
    /// How often each slow command runs; fast ones run ten times as often.
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Times this azml instead of building one, to compare two builds.
    #[arg(long, value_name = "FILE")]
    azml: Option<PathBuf>,
    /// Replaces the table in BENCHMARKS.md.
    #[arg(long)]
    write: bool,
}

impl Cli {
    pub(super) fn run(&self) -> Result<(), String> {
        let azml = match &self.azml {
            Some(azml) => azml.clone(),
            None => build_azml()?,
        };
        let place = Place::new(azure_cli()?, azml)?;
        let table = self.measure(&place)?;
        println!("\n{table}");
        if self.write {
            replace_table("cli", &table)?;
        }
        Ok(())
    }

    fn measure(&self, place: &Place) -> Result<String, String> {
        let token = ["account", "get-access-token", "-o", "none"];
        println!("Timing the token of a valid Azure CLI login, az and azml in turn ...");
        let (mut az, mut azml) = (Vec::new(), Vec::new());
        place.time(&place.az, &token)?;
        for _ in 0..self.runs {
            az.push(place.time(&place.az, &token)?);
            for _ in 0..10 {
                azml.push(place.time(&place.azml, &token)?);
            }
        }
        let (az, azml) = (median(az), median(azml));
        let memory = [&place.az, &place.azml].map(|program| place.peak_memory(program, &token));
        let [az_memory, azml_memory] = memory;

        println!("Timing azml alone ...");
        let many = self.runs * 10;
        let help = place.median(&place.azml, many, |_| vec!["--help".to_owned()])?;
        let nothing = place.median(Path::new("/bin/true"), many, |_| Vec::new())?;
        place.sign_in()?;
        let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
        let warm = place.median(&place.azml, many, |_| words(&token))?;
        // Every run asks for a resource that it has no token for yet: one redemption over TLS, and one write.
        let resource = |run: usize| format!("https://resource-{run}.example");
        let cold_runs = self.runs * 5;
        place.azure.change_world(|world| world.resources.extend((0..=cold_runs).map(resource)));
        let cold = place.median(&place.azml, cold_runs, |run| {
            words(&["account", "get-access-token", "-o", "none", "--resource", &resource(run)])
        })?;

        let ratio = az.as_secs_f64() / azml.as_secs_f64();
        let row = |what: &str, value: String| format!("| {what} | {value} |\n");
        Ok(["| what | median |\n| --- | --- |\n".to_owned()]
            .into_iter()
            .chain([
                row("`az account get-access-token`, valid Azure CLI login", millis(az)),
                row("`azml account get-access-token`, the same login", millis(azml)),
                row("ratio", format!("{ratio:.0} times")),
                row("peak memory, `az`", mebibytes(az_memory?)),
                row("peak memory, `azml`", mebibytes(azml_memory?)),
                row("`azml --help`", millis(help)),
                row("`/bin/true`, for comparison", millis(nothing)),
                row("`azml account get-access-token`, own saved login", millis(warm)),
                row("the same with one redemption over TLS and one write", millis(cold)),
                row("what the network costs", millis(cold.saturating_sub(warm))),
            ])
            .collect())
    }
}

/// A home with a login of the Azure CLI in it, and a loopback Azure.
struct Place {
    az: PathBuf,
    azml: PathBuf,
    azure: Emulator,
    home: TempDir,
}

impl Place {
    fn new(az: PathBuf, azml: PathBuf) -> Result<Self, String> {
        let home = TempDir::with_prefix("azml-bench-").map_err(|error| format!("no temporary folder: {error}"))?;
        let azure = Emulator::start();
        let access_token = azure.issue_access_token(defaults::ADA, defaults::CONTOSO, login::RESOURCE, login::LIFETIME);
        login::write(home.path(), &access_token, &azure.issue_refresh_token(defaults::ADA))?;
        Ok(Self { az, azml, azure, home })
    }

    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.azure.env()).env("HOME", self.home.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("AZURE_CORE_COLLECT_TELEMETRY", "false");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command
    }

    fn time(&self, program: &Path, words: &[impl AsRef<std::ffi::OsStr>]) -> Result<Duration, String> {
        let mut command = self.command(program);
        command.args(words);
        let started = Instant::now();
        let status = command.status().map_err(|error| format!("{}: {error}", program.display()))?;
        let took = started.elapsed();
        if status.success() { Ok(took) } else { Err(format!("{} ended with {status}", program.display())) }
    }

    fn median(&self, program: &Path, runs: usize, words: impl Fn(usize) -> Vec<String>) -> Result<Duration, String> {
        self.time(program, &words(runs))?;
        (0..runs).map(|run| self.time(program, &words(run))).collect::<Result<_, _>>().map(median)
    }

    fn peak_memory(&self, program: &Path, words: &[&str]) -> Result<u64, String> {
        let mut command = self.command(Path::new("python3"));
        command.args(["-c", PEAK_MEMORY]).arg(program).args(words).stdout(Stdio::piped());
        output_of(&mut command)?.trim().parse().map_err(|error| format!("the peak memory is no number: {error}"))
    }

    /// Gives azml a login of its own.
    fn sign_in(&self) -> Result<(), String> {
        let this = this_program()?;
        let mut login = self.command(&self.azml);
        login.args(["login", "--force", "-o", "none"]).env("BROWSER", format!("{} approve", this.display()));
        let status = login.status().map_err(|error| format!("azml does not start: {error}"))?;
        if status.success() { Ok(()) } else { Err("azml login failed".to_owned()) }
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn millis(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn mebibytes(kibibytes: u64) -> String {
    format!("{} MiB", kibibytes.div_ceil(1024))
}
