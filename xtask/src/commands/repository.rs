//! The repository and the programs that look at it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The repository's top folder.
pub(super) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the repository")
}

/// This program, to be started again as somebody's browser.
pub(super) fn this_program() -> Result<PathBuf, String> {
    let this = std::env::current_exe().map_err(|error| format!("the path of xtask: {error}"))?;
    // A build in the meantime puts a new one in its place, and Linux then calls this one deleted.
    Ok(match this.to_str().and_then(|path| path.strip_suffix(" (deleted)")) {
        Some(path) => path.into(),
        None => this,
    })
}

/// The cargo that runs this command, in the repository.
pub(super) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(arguments).current_dir(root());
    cargo
}

/// What a program prints; its failure is a problem.
pub(super) fn output_of(command: &mut Command) -> Result<String, String> {
    let output = command.stderr(Stdio::inherit()).output().map_err(|error| format!("{}: {error}", shown(command)))?;
    if !output.status.success() {
        return Err(format!("`{}` failed", shown(command)));
    }
    String::from_utf8(output.stdout).map_err(|error| format!("`{}` printed no text: {error}", shown(command)))
}

/// The command line, for a person.
pub(super) fn shown(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or_default();
    let words = std::iter::once(program).chain(command.get_args());
    words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// A program on `PATH`.
pub(super) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A text file of the repository.
#[derive(Debug)]
pub(super) struct TextFile {
    /// The path from the repository's top folder, with `/`.
    pub(super) path: String,
    pub(super) text: String,
}

/// Every text file that is committed or about to be.
pub(super) fn text_files() -> Result<Vec<TextFile>, String> {
    let mut git = Command::new("git");
    git.args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]).current_dir(root());
    let listed = output_of(&mut git)?;
    let read = |path: &str| {
        let text = std::fs::read_to_string(root().join(path)).ok()?;
        Some(TextFile { path: path.to_owned(), text })
    };
    let mut files: Vec<TextFile> = listed.split('\0').filter(|path| !path.is_empty()).filter_map(read).collect();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    Ok(files)
}
