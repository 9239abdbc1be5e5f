//! Pinned packages of other ecosystems, installed once below `target/`.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::repository::{find_program, output_of, root};

/// The Python of a virtual environment with these packages, such as `azure-identity==1.27.0`.
pub(super) fn python(folder: &str, packages: &[&str]) -> Result<PathBuf, String> {
    let folder = once(folder, packages, |folder| {
        let python = find_program(PYTHON).ok_or(
            "python3 is missing, and the packages are Python's: install Python 3.9 or later, such as Debian's python3-venv",
        )?;
        println!("Installing {} from PyPI ...", packages.join(", "));
        output_of(Command::new(python).args(["-m", "venv"]).arg(folder))?;
        let mut pip = Command::new(environment_python(folder));
        pip.args(["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check"]);
        // Nothing of a package runs while it is installed.
        output_of(pip.args(["--only-binary", ":all:"]).args(packages)).map(drop)
    })?;
    Ok(environment_python(&folder))
}

/// The folder whose `node_modules` has these packages, such as `azurite@3.35.0`.
pub(super) fn npm(folder: &str, packages: &[&str]) -> Result<PathBuf, String> {
    once(folder, packages, |folder| {
        let npm = find_program(if cfg!(windows) { "npm.cmd" } else { "npm" }).ok_or(
            "npm is missing, and the packages come from there: install Node.js 18 or later, such as Debian's nodejs and npm",
        )?;
        println!("Installing {} from npm ...", packages.join(", "));
        let mut command = Command::new(npm);
        command.args(["install", "--no-audit", "--no-fund", "--no-save", "--ignore-scripts", "--prefix"]).arg(folder);
        output_of(command.args(packages)).map(drop)
    })
}

/// Whether this machine's Python makes virtual environments, which Debian packs apart from it.
pub(super) fn has_python_environments() -> bool {
    let python = find_program(PYTHON)
        .map(|python| Command::new(python).args(["-c", "import ensurepip, venv"]).stderr(Stdio::null()).status());
    python.is_some_and(|status| status.is_ok_and(|status| status.success()))
}

const PYTHON: &str = if cfg!(windows) { "python.exe" } else { "python3" };
/// Written last, so that a broken installation is none.
const STAMP: &str = "installed.txt";

fn environment_python(folder: &Path) -> PathBuf {
    folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" })
}

/// The folder below `target/`, where `install` ran for just these packages.
fn once(folder: &str, packages: &[&str], install: impl FnOnce(&Path) -> Result<(), String>) -> Result<PathBuf, String> {
    let folder = root().join("target").join(folder);
    let (stamp, wanted) = (folder.join(STAMP), packages.join("\n"));
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return Ok(folder);
    }
    let problem = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(&folder).map_err(problem)?;
    }
    std::fs::create_dir_all(&folder).map_err(problem)?;
    install(&folder)?;
    std::fs::write(&stamp, wanted).map_err(problem)?;
    Ok(folder)
}

#[cfg(test)]
mod tests {
    use super::once;

    #[test]
    fn packages_are_installed_once_and_again_when_a_pin_changes() {
        let parent = tempfile::TempDir::new().unwrap();
        let folder = parent.path().join("packages");
        let mut runs = Vec::new();
        for (packages, works) in [("a==1", false), ("a==1", true), ("a==1", true), ("a==2", true)] {
            let outcome = once(folder.to_str().unwrap(), &[packages], |folder| {
                runs.push(packages);
                assert_eq!(folder.read_dir().unwrap().count(), 0);
                std::fs::write(folder.join("package"), packages).unwrap();
                if works { Ok(()) } else { Err("no network".into()) }
            });
            assert_eq!(outcome.is_ok(), works);
        }
        assert_eq!(runs, ["a==1", "a==1", "a==2"]);
    }
}
