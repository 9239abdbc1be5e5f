//! `azml az-shim`.

use std::io;
use std::path::{Path, PathBuf};

use auth_core::{Env, Error, ErrorKind};

use crate::az_shim::NAME;
use crate::terminal::say;

/// Puts azml there under the name of the Azure CLI. Nothing that is not azml is replaced.
pub(crate) fn install(folder: &Path, env: &Env) -> Result<(), Error> {
    let (own, place) = (own_program()?, folder.join(NAME));
    std::fs::create_dir_all(folder).map_err(|error| problem(folder, &error))?;
    match whose(&place, &own)? {
        Whose::Azml => {}
        Whose::Nobody => link(&own, &place).map_err(|error| problem(&place, &error))?,
        Whose::Other => {
            let message = format!("{} is there already, and is not azml", place.display());
            return Err(
                Error::new(ErrorKind::Configuration, message).with_help("choose a folder of its own with --dir")
            );
        }
    }
    say(&format!("{} answers az account get-access-token", place.display()));
    if !is_first(folder, env) {
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        say(&format!("next: put {} first on the PATH", folder.display()));
    }
    Ok(())
}

/// Takes it away. That it is not there is no error; that something else is there is one.
pub(crate) fn uninstall(folder: &Path) -> Result<(), Error> {
    let (own, place) = (own_program()?, folder.join(NAME));
    match whose(&place, &own)? {
        Whose::Azml => std::fs::remove_file(&place).map_err(|error| problem(&place, &error)),
        Whose::Nobody => Ok(()),
        Whose::Other => {
            Err(Error::new(ErrorKind::Configuration, format!("{} is not azml, and stays", place.display())))
        }
    }
}

enum Whose {
    Azml,
    Nobody,
    Other,
}

fn whose(place: &Path, own: &Path) -> Result<Whose, Error> {
    match std::fs::symlink_metadata(place) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Whose::Nobody),
        Err(error) => return Err(problem(place, &error)),
        Ok(_) => {}
    }
    let leads_to = std::fs::read_link(place).ok();
    let is_own = place.canonicalize().is_ok_and(|program| program == own);
    // One that leads to an azml that has moved away is still azml's.
    let was_own = leads_to.is_some_and(|target| target.file_stem().is_some_and(|name| name == "azml"));
    Ok(if is_own || was_own || is_copy(place, own) { Whose::Azml } else { Whose::Other })
}

/// Where there are no links azml is copied.
fn is_copy(place: &Path, own: &Path) -> bool {
    let size = |path: &Path| std::fs::metadata(path).map(|about| about.len()).ok();
    cfg!(windows) && size(place) == size(own) && std::fs::read(place).ok() == std::fs::read(own).ok()
}

#[cfg(unix)]
fn link(own: &Path, place: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(own, place)
}

#[cfg(not(unix))]
fn link(own: &Path, place: &Path) -> io::Result<()> {
    std::fs::copy(own, place).map(drop)
}

/// Whether the first `az` on the PATH is that of this folder.
fn is_first(folder: &Path, env: &Env) -> bool {
    let path = env.var("PATH").unwrap_or_default();
    let first = std::env::split_paths(&path).find(|folder| folder.join(NAME).exists());
    let canonical = |folder: PathBuf| folder.canonicalize().ok();
    first.and_then(canonical) == canonical(folder.to_owned())
}

fn own_program() -> Result<PathBuf, Error> {
    std::env::current_exe()
        .and_then(|own| own.canonicalize())
        .map_err(|error| Error::new(ErrorKind::Configuration, "azml does not know where it lies").with_source(error))
}

fn problem(place: &Path, error: &io::Error) -> Error {
    Error::new(ErrorKind::Configuration, format!("{}: {error}", place.display()))
}
