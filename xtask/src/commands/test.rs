//! `cargo xtask test`: what CI runs.

use std::fs::File;
use std::process::{Command, Stdio};
use std::time::Instant;

use xtask::specs;

use super::fuzz::Fuzz;
use super::interop::Interop;
use super::layers::Layers;
use super::peers::Peers;
use super::repository::{cargo, find_program, root, shown};
use super::{az_shim, identity_server, job_files, mlflow, packages, storage, tidy};

/// Programs that the steps run, and the Debian packages that they come in.
const PROGRAMS: &[(&str, &str)] = &[
    ("c++", "g++"),
    ("chromedriver", "chromium-driver"),
    ("chromium", "chromium"),
    ("dbus-run-session", "dbus-daemon"),
    ("dbus-send", "dbus-bin"),
    ("fusermount3", "fuse3"),
    ("gnome-keyring-daemon", "gnome-keyring"),
    ("keyctl", "keyutils"),
    ("npm", "npm"),
    ("redis-server", "redis-server"),
    ("ssh", "openssh-client"),
    ("sshd", "openssh-server"),
];
pub(super) const EVERYTHING: &[&str] = &[
    "--workspace",
    "--features",
    "workspace-client/azure-core,workspace-client/cli,workspace-client/keyutils,auth-cache/redis",
];
/// Packages outside the workspace, which their own commands build.
const NESTED: &[&str] = &[
    "auth-cache/fuzz/Cargo.toml",
    "auth-cli-bridge/fuzz/Cargo.toml",
    "workspace-client/examples/list-blobs/Cargo.toml",
    "xtask/az-shim-client/Cargo.toml",
    "xtask/bench/Cargo.toml",
];

/// Who runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A build server: `CI` is set for the tools that look at it.
    Ci,
    /// Somebody's machine.
    Here,
}

/// Runs every step until one fails.
pub(super) fn run(place: Place) -> Result<(), String> {
    let started = Instant::now();
    install_programs()?;
    step("crates", || run_command(cargo(&["fetch", "--locked"]).stdout(Stdio::null())))?;

    let run_cargo = |arguments: &[&str], everything: bool, more: &[&str], env: &[(&str, &str)]| {
        let mut command = cargo(arguments);
        command.args(if everything { EVERYTHING } else { &[] }).args(more).envs(env.iter().copied());
        scrub(&mut command, place);
        run_command(&mut command)
    };
    step("format", || {
        run_cargo(&["fmt"], false, &["--all", "--check"], &[])?;
        NESTED
            .iter()
            .try_for_each(|manifest| run_cargo(&["fmt"], false, &["--check", "--manifest-path", manifest], &[]))
    })?;
    step("lints", || run_cargo(&["clippy", "--quiet"], true, &["--all-targets", "--", "-D", "warnings"], &[]))?;
    step("layers", || Layers::default().run())?;
    step("tidy", tidy::run)?;
    step("documentation", || {
        run_cargo(&["doc", "--quiet", "--no-deps"], true, &[], &[("RUSTDOCFLAGS", "-D warnings")])
    })?;
    if has_subcommand("deny") {
        step("licenses and bans", || {
            run_cargo(&["deny", "--offline", "check", "licenses", "bans", "sources"], false, &[], &[])
        })?;
    } else {
        println!("-- licenses and bans: skipped, cargo-deny is not installed");
    }
    step("Azure's API descriptions", || {
        specs::find("derived");
        Ok(())
    })?;
    let without_mounts: &[&str] = if has_fuse() { &[] } else { &["--", "--skip", "mount::"] };
    if !without_mounts.is_empty() {
        println!("-- mounts: skipped, /dev/fuse cannot be opened");
    }
    if has_subcommand("nextest") {
        step("tests", || run_cargo(&["nextest", "run"], true, without_mounts, &[]))?;
    } else {
        let targets = [&["--lib", "--bins", "--tests"], without_mounts].concat();
        step("tests", || run_cargo(&["test", "--quiet"], true, &targets, &[]))?;
    }
    step("examples in the documentation", || run_cargo(&["test", "--quiet", "--doc"], true, &[], &[]))?;
    step("measuring programs", || {
        let check = ["check", "--quiet", "--locked", "--manifest-path", "xtask/bench/Cargo.toml"];
        run_cargo(&check, false, &["--target-dir", "target/bench"], &[])
    })?;
    step("storage with the Azure SDK, and transfers", storage::run)?;
    step("tracking with a real MLflow server", mlflow::run)?;
    step("identity server with the Azure SDKs", identity_server::run)?;
    step("azml in the place of az with the Azure SDKs", az_shim::run)?;
    step("logins of Microsoft's clients, and azml with them", || Interop::default().run())?;
    step("job files with azure-ai-ml", job_files::run)?;
    step("managed identity with Microsoft's clients", || Peers::default().run())?;
    step("fuzzing", || Fuzz::default().run())?;
    println!("== all good after {:.0?}", started.elapsed());
    Ok(())
}

fn step(name: &str, action: impl FnOnce() -> Result<(), String>) -> Result<(), String> {
    println!("-- {name}");
    let started = Instant::now();
    action().map_err(|problem| format!("{name}: {problem}"))?;
    println!("   {:.1?}", started.elapsed());
    Ok(())
}

fn run_command(command: &mut Command) -> Result<(), String> {
    let status = command.status().map_err(|error| format!("`{}` does not start: {error}", shown(command)))?;
    if status.success() { Ok(()) } else { Err(format!("`{}` ended with {status}", shown(command))) }
}

fn has_subcommand(name: &str) -> bool {
    find_program(&format!("cargo-{name}{}", std::env::consts::EXE_SUFFIX)).is_some()
}

/// Containers often have no FUSE, which a program cannot install.
fn has_fuse() -> bool {
    File::options().read(true).write(true).open("/dev/fuse").is_ok()
}

/// Nothing of the person's own sign-in, proxies or snapshots settings may decide a test.
pub(super) fn scrub(command: &mut Command, place: Place) {
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(decides_a_sign_in) {
            command.env_remove(name);
        }
    }
    command.env("INSTA_UPDATE", "no").current_dir(root());
    if place == Place::Ci {
        command.env("CI", "true");
    }
}

fn decides_a_sign_in(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    // Where the API descriptions lie decides how much is checked, not who is signed in.
    if name == "AZML_SPECS" {
        return false;
    }
    let is_own = ["AZURE_", "AZUREML_", "AZML_", "MSI_", "IDENTITY_"].iter().any(|start| name.starts_with(start));
    is_own || (name.ends_with("_PROXY") && !name.starts_with("CARGO_"))
}

/// The tests sign in with a real browser, keep keys in a real keyring, share a real Redis and run Microsoft's own clients; on
/// Debian all come from apt.
fn install_programs() -> Result<(), String> {
    let mut missing: Vec<&str> =
        PROGRAMS.iter().filter(|(program, _)| find_program(program).is_none()).map(|(_, package)| *package).collect();
    if !packages::has_python_environments() {
        missing.push("python3-venv");
    }
    if missing.is_empty() {
        return Ok(());
    }
    let missing_shown = missing.join(", ");
    let Some(prefix) = find_program("apt-get").and_then(|_| administrator()) else {
        println!("-- {missing_shown}: missing, and cannot be installed from here; the tests that need them will fail");
        return Ok(());
    };
    step(&format!("installing {missing_shown} with apt-get"), || {
        let apt = |arguments: &[&str]| {
            let mut words = prefix.iter().copied().chain(["apt-get"]);
            let mut command = Command::new(words.next().expect("apt-get at least"));
            command.args(words).args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(Stdio::null());
            run_command(&mut command)
        };
        apt(&["update", "--quiet"])?;
        apt(&[&["install", "--yes", "--quiet", "--no-install-recommends"], &missing[..]].concat())
    })
}

/// What has to stand before a command that only root may run, if that is possible without a question.
fn administrator() -> Option<&'static [&'static str]> {
    let succeeds = |program: &str, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).stderr(Stdio::null()).output();
        output
            .ok()
            .filter(|output| output.status.success())
            .map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    if succeeds("id", &["-u"]).is_some_and(|user| user == "0") {
        return Some(&[]);
    }
    succeeds("sudo", &["-n", "true"]).map(|_| &["sudo", "-n"][..])
}

#[cfg(test)]
mod tests {
    use super::decides_a_sign_in;

    #[test]
    fn the_tests_see_nothing_of_the_persons_own_sign_in() {
        for name in [
            "AZURE_CONFIG_DIR",
            "AZUREML_RUN_TOKEN",
            "MSI_ENDPOINT",
            "IDENTITY_HEADER",
            "HTTPS_PROXY",
            "https_proxy",
            "no_proxy",
        ] {
            assert!(decides_a_sign_in(name), "{name}");
        }
        for name in ["PATH", "HOME", "CARGO_HTTP_PROXY", "BROWSER", "AZML_SPECS"] {
            assert!(!decides_a_sign_in(name), "{name}");
        }
    }
}
