//! `cargo xtask layers`: which crate may depend on what.

use std::collections::BTreeSet;
use std::path::PathBuf;

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use clap::Args;

use super::repository::{cargo, output_of, root};

/// The crates of this repository, and which of the others each may use outside its tests.
const ARROWS: &[(&str, &[&str])] = &[
    ("auth-core", &[]),
    ("auth-cache", &["auth-core"]),
    ("auth-cli-bridge", &["auth-core"]),
    ("auth-msi", &["auth-core"]),
    ("workspace-client", &["auth-core", "auth-cache", "auth-cli-bridge", "auth-msi"]),
    ("xtask", &[]),
];

/// Crates that only some may name; a trailing `*` stands for the rest of the name.
const OWNERS: &[(&str, &[&str])] = &[
    ("azure_core", &["auth-core"]),
    ("oauth2", &["auth-core"]),
    ("keyring*", &["auth-cache"]),
    ("linux-keyutils*", &["auth-cache"]),
    ("aws-lc-rs", &["auth-cache", "auth-core", "auth-msi"]),
    ("redis*", &["auth-cache"]),
    ("argon2", &["auth-cache"]),
    ("clap*", &["workspace-client", "xtask"]),
];

/// Crates that may not be in the lock file at all.
const NOWHERE: &[&str] = &["native-tls", "openssl", "openssl-sys"];

/// Crates of which there is one version.
const ONCE: &[&str] = &["reqwest"];

const PLATFORM: &str = "x86_64-unknown-linux-gnu";

/// Checks which crate depends on what.
#[derive(Args, Debug, Default)]
pub(super) struct Layers {
    /// Writes the snapshots of the dependencies anew.
    #[arg(long)]
    bless: bool,
}

impl Layers {
    pub(super) fn run(&self) -> Result<(), String> {
        let metadata = MetadataCommand::new().manifest_path(root().join("Cargo.toml")).no_deps().exec();
        let metadata = metadata.map_err(|error| format!("cargo metadata: {error}"))?;
        let lock =
            std::fs::read_to_string(root().join("Cargo.lock")).map_err(|error| format!("Cargo.lock: {error}"))?;
        let mut problems = crate_problems(&metadata);
        problems.extend(lock_problems(&lock));
        if tree("auth-core", &["--no-default-features"])?.contains("reqwest") {
            problems.push("auth-core without its default features must not bring reqwest".into());
        }
        for (name, _) in ARROWS.iter().filter(|(name, _)| *name != "xtask") {
            let features: &[&str] = match *name {
                "auth-cache" => &["--features", "keyutils,redis"],
                "workspace-client" => &["--features", "cli"],
                _ => &[],
            };
            problems.extend(self.compare(name, &tree(name, features)?)?);
        }
        if problems.is_empty() {
            Ok(())
        } else {
            Err(format!("{} in the layers:\n{}", count(&problems), problems.join("\n")))
        }
    }

    /// Compares with the snapshot, or writes it.
    fn compare(&self, name: &str, now: &BTreeSet<String>) -> Result<Vec<String>, String> {
        let file = snapshot(name);
        if self.bless {
            let lines: Vec<String> = now.iter().map(|name| format!("{name}\n")).collect();
            let folder = file.parent().expect("a snapshot is in a folder");
            return std::fs::create_dir_all(folder)
                .and_then(|()| std::fs::write(&file, lines.concat()))
                .map(|()| Vec::new())
                .map_err(|error| format!("{}: {error}", file.display()));
        }
        let hint = "`cargo xtask layers --bless` writes it";
        let Ok(known) = std::fs::read_to_string(&file) else {
            return Ok(vec![format!("xtask/dependencies/{name}.txt is missing; {hint}")]);
        };
        let known: BTreeSet<String> = known.lines().map(ToOwned::to_owned).collect();
        let mut difference: Vec<String> = now.difference(&known).map(|new| format!("\n  + {new}")).collect();
        difference.extend(known.difference(now).map(|gone| format!("\n  - {gone}")));
        if difference.is_empty() {
            return Ok(Vec::new());
        }
        let title = format!(
            "the dependencies of {name} are not those of xtask/dependencies/{name}.txt; if this is meant, {hint}:"
        );
        Ok(vec![format!("{title}{}", difference.concat())])
    }
}

fn count(problems: &[String]) -> String {
    if problems.len() == 1 { "1 problem".into() } else { format!("{} problems", problems.len()) }
}

fn snapshot(name: &str) -> PathBuf {
    root().join("xtask/dependencies").join(format!("{name}.txt"))
}

fn crate_problems(metadata: &Metadata) -> Vec<String> {
    let mut problems = Vec::new();
    for package in metadata.workspace_packages() {
        let Some((_, allowed)) = ARROWS.iter().find(|(name, _)| *name == package.name.as_str()) else {
            problems.push(format!("{} is not one of the crates of this repository", package.name));
            continue;
        };
        for used in direct_dependencies(package) {
            if ARROWS.iter().any(|(name, _)| *name == used) && !allowed.contains(&used) {
                problems.push(format!("{} must not depend on {used}", package.name));
            }
            for (pattern, owners) in OWNERS.iter().filter(|(pattern, _)| matches(pattern, used)) {
                if !owners.contains(&package.name.as_str()) {
                    problems.push(format!(
                        "{} must not depend on {used}: {pattern} belongs to {}",
                        package.name,
                        owners.join(" and ")
                    ));
                }
            }
        }
    }
    problems
}

fn direct_dependencies(package: &Package) -> BTreeSet<&str> {
    let outside_tests = package.dependencies.iter().filter(|dependency| dependency.kind != DependencyKind::Development);
    outside_tests.map(|dependency| dependency.name.as_str()).collect()
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

fn lock_problems(lock: &str) -> Vec<String> {
    let names: Vec<&str> = lock.lines().filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"')).collect();
    let versions = |name: &str| names.iter().filter(|known| **known == name).count();
    let unwanted =
        NOWHERE.iter().filter(|name| versions(name) > 0).map(|name| format!("{name} must not be in Cargo.lock"));
    let several = ONCE.iter().filter(|name| versions(name) > 1);
    unwanted
        .chain(several.map(|name| format!("there are {} versions of {name} in Cargo.lock", versions(name))))
        .collect()
}

/// The names of a crate's transitive dependencies outside its tests, on Linux.
fn tree(name: &str, features: &[&str]) -> Result<BTreeSet<String>, String> {
    let fixed =
        ["tree", "--quiet", "-p", name, "-e", "normal", "--target", PLATFORM, "--prefix", "none", "--format", "{p}"];
    let printed = output_of(cargo(&fixed).args(features))?;
    let names = printed.lines().filter_map(|line| line.split_ascii_whitespace().next());
    Ok(names.filter(|found| *found != name).map(ToOwned::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_the_rest_of_a_name() {
        assert!(matches("keyring*", "keyring-core") && matches("keyring*", "keyring"));
        assert!(matches("oauth2", "oauth2") && !matches("oauth2", "oauth2-types"));
    }

    #[test]
    fn a_lock_file_with_openssl_or_two_versions_of_reqwest_is_a_problem() {
        let lock = "[[package]]\nname = \"openssl-sys\"\n\n[[package]]\nname = \"reqwest\"\n\n[[package]]\nname = \"reqwest\"\n";
        let expected = ["openssl-sys must not be in Cargo.lock", "there are 2 versions of reqwest in Cargo.lock"];
        assert_eq!(lock_problems(lock), expected);
    }
}
