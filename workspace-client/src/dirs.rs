//! Where azml keeps its own files.

use std::path::PathBuf;

use auth_core::{Env, Error, ErrorKind};

/// The folder of azml's own files: `AZML_CONFIG_DIR`, else `azml` in `XDG_CONFIG_HOME` or `~/.config` (XDG Base Directory
/// Specification), on Windows in `%APPDATA%`. None where there is no home directory either.
pub fn config_dir(env: &Env) -> Option<PathBuf> {
    if let Some(own) = env.path("AZML_CONFIG_DIR") {
        return Some(own);
    }
    // A relative path there is to be ignored, says the specification.
    let shared = env.path(if cfg!(windows) { "APPDATA" } else { "XDG_CONFIG_HOME" }).filter(|path| path.is_absolute());
    Some(shared.or_else(|| Some(env.home()?.join(".config")))?.join("azml"))
}

/// There is no folder for azml's own files.
pub(crate) fn homeless() -> Error {
    Error::new(ErrorKind::Store, "there is no home directory for azml's own files")
        .with_help("set HOME or AZML_CONFIG_DIR")
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_that_is_set_decides() {
        let home = ("HOME", "/home/ada");
        let cases = [
            (vec![home], Some("/home/ada/.config/azml")),
            (vec![home, ("XDG_CONFIG_HOME", "/xdg")], Some("/xdg/azml")),
            (vec![home, ("XDG_CONFIG_HOME", "relative")], Some("/home/ada/.config/azml")),
            (vec![home, ("XDG_CONFIG_HOME", "/xdg"), ("AZML_CONFIG_DIR", "/own")], Some("/own")),
            (vec![], None),
        ];
        for (variables, expected) in cases {
            assert_eq!(config_dir(&Env::fake(variables)), expected.map(PathBuf::from));
        }
    }
}
