//! What stays behind.

use std::path::{Component, Path, PathBuf};

use auth_core::{Error, ErrorKind};
use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};

use super::local_file;

/// The patterns of the ignore file at the root of a folder.
///
/// There is one at most, `.amlignore` before `.gitignore`; those of folders below or above are not read. A path is held against
/// each line by itself, and the last line that fits it or a folder above it decides, so that unlike in git a file comes back
/// although its folder is left out (observed: azure-ai-ml 1.35).
#[derive(Debug, Default)]
pub(super) struct IgnoreFile {
    folder: PathBuf,
    lines: Vec<Gitignore>,
}

impl IgnoreFile {
    /// That of the folder at this path, which has no links in it.
    pub(super) fn of(folder: &Path) -> Result<Self, Error> {
        let paths = [".amlignore", ".gitignore"].map(|name| folder.join(name));
        let Some(path) = paths.into_iter().find(|path| path.exists()) else { return Ok(Self::default()) };
        let failed = |error| local_file::failed("cannot be read", &path, error);
        // Where it is a link, its patterns are relative to where that leads (observed: azure-ai-ml 1.35).
        let real = path.canonicalize().map_err(failed)?;
        // Asked first, because reading a pipe would never end.
        if !real.is_file() {
            return Err(Error::new(ErrorKind::Configuration, format!("{} is not a file", path.display())));
        }
        let text = std::fs::read_to_string(&real).map_err(failed)?;
        let lines = text.trim_start_matches('\u{feff}').lines().enumerate().map(|(index, line)| {
            let mut line_alone = GitignoreBuilder::new("");
            let line_alone = line_alone.add_line(None, line.trim_end()).and_then(|builder| builder.build());
            line_alone.map_err(|error| {
                let place = format!("{}, line {}", path.display(), index + 1);
                Error::new(ErrorKind::Configuration, format!("{place} is not a pattern: {error}"))
            })
        });
        let lines = lines.collect::<Result<Vec<_>, _>>()?;
        let folder = real.parent().unwrap_or(folder).to_owned();
        Ok(Self { folder, lines: lines.into_iter().filter(|line| !line.is_empty()).collect() })
    }

    /// Whether what is at this path stays behind. A folder is asked for as a file is: the pattern `data/` fits all that is in it, and
    /// not the folder itself.
    pub(super) fn excludes(&self, path: &Path) -> bool {
        if self.lines.is_empty() {
            return false;
        }
        let path = relative(path, &self.folder);
        let decision = self.lines.iter().rev().find_map(|line| match line.matched_path_or_any_parents(&path, false) {
            Match::Ignore(_) => Some(true),
            Match::None => None,
            Match::Whitelist(_) => Some(false),
        });
        decision.unwrap_or(false)
    }
}

/// The way from a folder to a path, upwards if need be.
fn relative(path: &Path, folder: &Path) -> PathBuf {
    let (mut there, mut here) = (path.components().peekable(), folder.components().peekable());
    while there.peek().is_some() && there.peek() == here.peek() {
        there.next();
        here.next();
    }
    // What is left of a path on another drive would begin with the drive.
    let rest = there.filter(|part| matches!(part, Component::Normal(_)));
    here.map(|_| Component::ParentDir).chain(rest).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder_with(files: &[(&str, &str)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            std::io::Write::write_all(&mut std::fs::File::create(folder.path().join(name)).unwrap(), text.as_bytes())
                .unwrap();
        }
        let path = folder.path().canonicalize().unwrap();
        (folder, path)
    }

    fn excluded<'a>(lines: &str, paths: &[&'a str]) -> Vec<&'a str> {
        let (_folder, root) = folder_with(&[(".amlignore", lines)]);
        let ignore = IgnoreFile::of(&root).unwrap();
        paths.iter().copied().filter(|path| ignore.excludes(&root.join(path))).collect()
    }

    #[test]
    fn patterns_mean_what_they_mean_in_git() {
        let paths = ["a.log", "sub/a.log", "build", "sub/build/x", "doc/a.txt", "sub/doc/a.txt", "#x", "!x", "a b"];
        assert_eq!(excluded("*.log\n", &paths), ["a.log", "sub/a.log"]);
        assert_eq!(excluded("/build\n", &paths), ["build"]);
        assert_eq!(excluded("build\n", &paths), ["build", "sub/build/x"]);
        assert_eq!(excluded("doc/*.txt\n", &paths), ["doc/a.txt"]);
        assert_eq!(excluded("**/doc/*.txt\n", &paths), ["doc/a.txt", "sub/doc/a.txt"]);
        assert_eq!(excluded("# a comment\n\n\\#x\n\\!x\na b  \n", &paths), ["#x", "!x", "a b"]);
        assert_eq!(excluded("\u{feff}*.log\r\n", &paths), ["a.log", "sub/a.log"]);
    }

    #[test]
    fn the_last_line_that_fits_decides_also_below_a_folder_that_is_left_out() {
        assert_eq!(excluded("data\n!data/keep\n", &["data", "data/keep", "data/x"]), ["data", "data/x"]);
        assert_eq!(excluded("!data/keep\ndata\n", &["data/keep"]), ["data/keep"]);
    }

    #[test]
    fn a_pattern_for_folders_fits_what_is_in_them() {
        assert_eq!(excluded("data/\n", &["data", "data/x", "data/sub/x"]), ["data/x", "data/sub/x"]);
    }

    #[test]
    fn the_ignore_file_of_azure_ml_goes_before_that_of_git() {
        let (_folder, root) = folder_with(&[(".gitignore", "*.py\n"), (".amlignore", "*.txt\n")]);
        let ignore = IgnoreFile::of(&root).unwrap();
        assert!(ignore.excludes(&root.join("a.txt")) && !ignore.excludes(&root.join("a.py")));
    }

    #[test]
    fn what_lies_outside_is_reached_upwards() {
        assert_eq!(relative(Path::new("/a/b/c"), Path::new("/a/b")), Path::new("c"));
        assert_eq!(relative(Path::new("/a/x/c"), Path::new("/a/b")), Path::new("../x/c"));
    }

    #[test]
    fn a_line_that_is_no_pattern_is_named() {
        let (_folder, root) = folder_with(&[(".amlignore", "*.py\n[z-a]\n")]);
        let error = IgnoreFile::of(&root).unwrap_err();
        assert!(error.to_string().contains(".amlignore, line 2 is not a pattern"), "{error}");
    }
}
