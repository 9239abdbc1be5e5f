//! `cargo xtask tidy`: the repository's own rules, as code.

use std::collections::BTreeSet;
use std::path::Path;

use clap::CommandFactory as _;

use super::Xtask;
use super::repository::{TextFile, text_files};

const LINE_LIMIT: usize = 600;

// Written in pieces, so that this file does not break its own rules.
const UNFINISHED: &[&str] = &[concat!("to", "do!"), concat!("unimple", "mented!"), concat!("#[", "ignore")];
const MACHINE_PATHS: &[&str] = &[concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("/ho", "me/")];
/// The home of the person whom the tests invent.
const INVENTED_HOME: &str = concat!("/ho", "me/ada");
const REGISTRIES: &[&str] =
    &[concat!("arti", "factory"), concat!("j", "frog"), concat!("sparse", "+http"), concat!("replace", "-with")];

/// Checks the rules and lists every place that breaks one.
pub(super) fn run() -> Result<(), String> {
    let files = text_files()?;
    let mut problems = Vec::new();
    for file in &files {
        problems.extend(rust_problems(file));
        problems.extend(privacy_problems(file));
        problems.extend(command_problems(file));
    }
    match files.iter().find(|file| file.path == "Cargo.toml") {
        Some(manifest) => problems.extend(dependency_problems(manifest, &files)),
        None => problems.push("Cargo.toml is missing".into()),
    }
    match files.iter().find(|file| file.path == "ARCHITECTURE.md") {
        Some(architecture) => problems.extend(invariant_problems(architecture, &files)),
        None => problems.push("ARCHITECTURE.md is missing".into()),
    }
    if problems.is_empty() { Ok(()) } else { Err(format!("the repository is not tidy:\n  {}", problems.join("\n  "))) }
}

fn is_rust(file: &TextFile) -> bool {
    has_extension(file, "rs")
}

fn has_extension(file: &TextFile, extension: &str) -> bool {
    Path::new(&file.path).extension().is_some_and(|found| found == extension)
}

/// Short files without loose ends, and a `lib.rs` that is only a table of contents.
fn rust_problems(file: &TextFile) -> Vec<String> {
    if !is_rust(file) {
        return Vec::new();
    }
    let mut problems = Vec::new();
    let lines = file.text.lines().count();
    if lines > LINE_LIMIT {
        problems.push(format!("{}: {lines} lines, more than {LINE_LIMIT}", file.path));
    }
    problems.extend(occurrences(file, UNFINISHED));
    if file.path.ends_with("/src/lib.rs") {
        let foreign = statements(&file.text).into_iter().filter(|statement| !is_table_of_contents(statement));
        problems.extend(foreign.map(|it| format!("{}: only docs, mod and pub use belong here, not `{it}`", file.path)));
    }
    problems
}

/// Nothing that only exists on one machine.
fn privacy_problems(file: &TextFile) -> Vec<String> {
    let text = file.text.replace(INVENTED_HOME, "");
    occurrences(&TextFile { path: file.path.clone(), text }, &[MACHINE_PATHS, REGISTRIES].concat())
}

fn occurrences(file: &TextFile, words: &[&str]) -> Vec<String> {
    let lines = file.text.lines().enumerate();
    let found = lines.flat_map(|(number, line)| {
        let in_line = words.iter().filter(move |word| line.to_ascii_lowercase().contains(**word));
        in_line.map(move |word| format!("{}:{}: `{word}`", file.path, number + 1))
    });
    found.collect()
}

/// The statements of a file, without comments and attributes.
fn statements(text: &str) -> Vec<String> {
    let code: Vec<&str> = text.lines().map(|line| line.split("//").next().unwrap_or_default().trim()).collect();
    let code = code.join(" ");
    let bare = |statement: &str| {
        let mut rest = statement.trim();
        while rest.starts_with('#') {
            rest = after_attribute(rest).trim_start();
        }
        rest.to_owned()
    };
    code.split(';').map(bare).filter(|statement| !statement.is_empty()).collect()
}

fn after_attribute(text: &str) -> &str {
    let mut depth = 0_usize;
    for (position, character) in text.char_indices() {
        match character {
            '[' => depth += 1,
            ']' if depth == 1 => return &text[position + 1..],
            ']' => depth -= 1,
            _ => {}
        }
    }
    ""
}

fn is_table_of_contents(statement: &str) -> bool {
    let is_module = |text: &str| text.starts_with("mod ") && !text.contains('{');
    let visible = statement.strip_prefix("pub(crate) ").or_else(|| statement.strip_prefix("pub ")).unwrap_or(statement);
    is_module(visible) || statement.starts_with("pub use ")
}

/// Documents name commands that exist.
fn command_problems(file: &TextFile) -> Vec<String> {
    if !has_extension(file, "md") {
        return Vec::new();
    }
    let command = Xtask::command();
    let known: BTreeSet<&str> = command.get_subcommands().map(clap::Command::get_name).collect();
    let named = file.text.split("cargo xtask ").skip(1).map(|rest| {
        rest.split(|character: char| !(character.is_ascii_alphanumeric() || character == '-'))
            .next()
            .unwrap_or_default()
    });
    let unknown = named.filter(|name| !name.is_empty() && !known.contains(name));
    unknown.map(|name| format!("{}: there is no `cargo xtask {name}`", file.path)).collect()
}

/// Every dependency on somebody else has its reason and its user.
fn dependency_problems(manifest: &TextFile, files: &[TextFile]) -> Vec<String> {
    let members: Vec<&TextFile> = files.iter().filter(|file| file.path.ends_with("/Cargo.toml")).collect();
    let section = manifest.text.split("[workspace.dependencies]").nth(1).unwrap_or_default();
    let section = section.lines().take_while(|line| !line.starts_with('['));
    let mut problems = Vec::new();
    for line in section.filter(|line| !line.trim().is_empty() && !line.starts_with('#')) {
        let Some((name, rest)) = line.split_once(" = ") else { continue };
        if rest.contains("path = ") {
            continue;
        }
        if !rest.contains(" # ") {
            problems.push(format!("Cargo.toml: {name} has no reason behind it"));
        }
        let is_use = |line: &str| {
            line.strip_prefix(name).is_some_and(|rest| rest.starts_with(['.', ' ']) && rest.contains("workspace"))
        };
        if !members.iter().any(|member| member.text.lines().any(is_use)) {
            problems.push(format!("Cargo.toml: no crate uses {name}"));
        }
    }
    problems
}

/// Every invariant names its tests, after `test:` and in backticks, and they exist.
fn invariant_problems(architecture: &TextFile, files: &[TextFile]) -> Vec<String> {
    let invariants = invariants(&architecture.text);
    if invariants.is_empty() {
        return vec!["ARCHITECTURE.md: there is no numbered list under a heading about invariants".into()];
    }
    let exists = |name: &str| {
        let function = format!("fn {name}(");
        files.iter().filter(|file| is_rust(file)).any(|file| file.text.contains(&function))
    };
    let mut problems = Vec::new();
    for (number, is_held) in invariants {
        if !is_held {
            problems.push(format!("ARCHITECTURE.md: invariant {number} names neither a test nor a check"));
        }
    }
    for test in architecture.text.lines().flat_map(named_tests) {
        if !exists(test.rsplit("::").next().unwrap_or(test)) {
            problems.push(format!("ARCHITECTURE.md: there is no test `{test}`"));
        }
    }
    problems
}

/// The tests that a line names.
fn named_tests(line: &str) -> impl Iterator<Item = &str> {
    let named = line.trim_start().strip_prefix("test: ").unwrap_or_default();
    named.split('`').skip(1).step_by(2)
}

/// The numbered invariants, and whether each names a test or a check.
fn invariants(text: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    let mut in_section = false;
    for line in text.lines() {
        if line.starts_with('#') {
            in_section = line.to_ascii_lowercase().contains("invariant");
        } else if in_section {
            if let Some((number, _)) = line.split_once(". ").filter(|(number, _)| number.parse::<u32>().is_ok()) {
                found.push((number.to_owned(), false));
            }
            let is_held = line.trim_start().starts_with("check: `") || named_tests(line).next().is_some();
            if let Some((_, held)) = found.last_mut() {
                *held |= is_held;
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> TextFile {
        TextFile { path: path.into(), text: text.into() }
    }

    #[test]
    fn a_lib_rs_is_a_table_of_contents() {
        let good = "//! Docs; with a semicolon.\n#![cfg_attr(docs, feature(doc_cfg))]\nmod a;\n#[cfg(unix)]\npub mod b;\npub use a::{A,\n B};\n";
        assert_eq!(rust_problems(&file("x/src/lib.rs", good)), [""; 0]);
        let bad = rust_problems(&file("x/src/lib.rs", "mod a;\nconst B: u8 = 1;\n"));
        assert_eq!(bad, ["x/src/lib.rs: only docs, mod and pub use belong here, not `const B: u8 = 1`"]);
    }

    #[test]
    fn a_path_of_one_machine_is_found() {
        let text = format!("fine\nsee {}bob\n", MACHINE_PATHS[2]);
        assert_eq!(privacy_problems(&file("a.md", &text)), [format!("a.md:2: `{}`", MACHINE_PATHS[2])]);
    }

    #[test]
    fn a_document_names_commands_that_exist() {
        assert_eq!(command_problems(&file("README.md", "`cargo xtask demo`, `cargo xtask layers --bless`")), [""; 0]);
        assert_eq!(
            command_problems(&file("README.md", "cargo xtask dance")),
            ["README.md: there is no `cargo xtask dance`"]
        );
    }

    #[test]
    fn a_dependency_needs_a_reason_and_a_user() {
        let manifest = file(
            "Cargo.toml",
            "[workspace.dependencies]\nown = { path = \"own\" }\na = \"1\" # reason\nb = \"1\"\n\n[other]\nc = \"1\"\n",
        );
        let member = file("own/Cargo.toml", "own.workspace = true\na = { workspace = true }\n");
        assert_eq!(
            dependency_problems(&manifest, &[member]),
            ["Cargo.toml: b has no reason behind it", "Cargo.toml: no crate uses b"]
        );
    }

    #[test]
    fn an_invariant_names_tests_that_exist() {
        let text = "# Rules\n   test: `lost`\n# Invariants\n1. Good.\n   test: `a::tests::it_is_good`\n2. Lonely.\n\
                    3. Held.\n   check: `clippy`\n# Else\n4. No.\n";
        let source = file("a/src/b.rs", "fn it_is_good() {}");
        assert_eq!(
            invariant_problems(&file("ARCHITECTURE.md", text), &[source]),
            [
                "ARCHITECTURE.md: invariant 2 names neither a test nor a check",
                "ARCHITECTURE.md: there is no test `lost`"
            ]
        );
    }
}
