//! Where logins are kept, and what protects them.
//!
//! | variable | meaning |
//! |---|---|
//! | `AZML_CONFIG_DIR` | the folder of azml's own files, instead of `azml` in the person's configuration folder |
//! | `AZML_PROTECTION` | where the key may be that encrypts the logins, in order of preference: some of `keyring`, `keyutils`, `passphrase`, `key-file`, `memory`, separated by commas; without it, a key that is somewhere already stays there |
//! | `AZML_PASSPHRASE` | the passphrase; unless `AZML_PROTECTION` says otherwise it comes after the keyring, and before a key file |
//! | `AZML_LOCK_TIMEOUT` | how many seconds a login is waited for that another process holds |

#[cfg(feature = "cache")]
use std::time::Duration;

#[cfg(feature = "cache")]
use auth_cache::{FileStore, Protection};
#[cfg(feature = "cache")]
use auth_core::{Env, Error, ErrorKind, Secret};

pub use crate::dirs::config_dir;

#[cfg(feature = "cache")]
const PASSPHRASE: &str = "AZML_PASSPHRASE";

/// The store of logins that the environment asks for; none where there is no folder for it. Nothing is read or made yet.
///
/// # Errors
/// [`ErrorKind::Configuration`] naming a variable whose value makes no sense.
#[cfg(feature = "cache")]
pub fn file_store(env: &Env) -> Result<Option<FileStore>, Error> {
    file_store_under(env, protection(env)?)
}

/// As [`file_store`], with this protection instead of the one that the environment asks for.
///
/// # Errors
/// As [`file_store`].
#[cfg(feature = "cache")]
pub fn file_store_under(env: &Env, protection: Protection) -> Result<Option<FileStore>, Error> {
    let Some(folder) = config_dir(env) else { return Ok(None) };
    let mut store = FileStore::new(folder.join("tokens")).with_protection(protection);
    if let Some(passphrase) = env.var(PASSPHRASE).map(Secret::new) {
        store = store.with_passphrase(move || Some(passphrase.clone()));
    }
    if let Some(timeout) = lock_timeout(env)? {
        store = store.with_lock_timeout(timeout);
    }
    Ok(Some(store))
}

/// Where the processes of one node share the token of a run: in the job's own folder, sealed with the run's own passphrase
/// (`AZ_BATCHAI_JOB_TEMP` and `AZUREML_RUN_TOKEN_PASS`, as azureml-core 1.61 does). None where there is no such folder.
#[cfg(feature = "cache")]
pub(crate) fn of_node(env: &Env) -> Option<FileStore> {
    let (folder, passphrase) = (env.path("AZ_BATCHAI_JOB_TEMP")?, Secret::new(env.var("AZUREML_RUN_TOKEN_PASS")?));
    let store = FileStore::new(folder.join("azml_run_token")).with_protection(Protection::passphrase());
    Some(store.with_passphrase(move || Some(passphrase.clone())))
}

/// Reads what `AZML_PROTECTION` may say: places in order of preference, separated by commas.
///
/// # Errors
/// [`ErrorKind::Configuration`] naming the word that is no place.
#[cfg(feature = "cache")]
pub fn parse_protection(text: &str) -> Result<Protection, Error> {
    let steps = text.split(',').map(|step| match step.trim() {
        "keyring" => Ok(Protection::keyring()),
        #[cfg(feature = "keyutils")]
        "keyutils" => Ok(Protection::keyutils()),
        "passphrase" => Ok(Protection::passphrase()),
        "key-file" => Ok(Protection::file()),
        "memory" => Ok(Protection::memory()),
        #[cfg(not(feature = "keyutils"))]
        "keyutils" => Err(Error::new(ErrorKind::Configuration, "keyutils is a place without which this was built")
            .with_help("build with the feature keyutils, on Linux, or choose another place")),
        other => Err(Error::new(ErrorKind::Configuration, format!("{other:?} is no place where a key can be kept"))
            .with_help("name some of keyring, keyutils, passphrase, key-file, memory, separated by commas")),
    });
    let steps = steps.collect::<Result<Vec<_>, _>>()?;
    Ok(steps.into_iter().reduce(Protection::or).unwrap_or_default())
}

#[cfg(feature = "cache")]
fn protection(env: &Env) -> Result<Protection, Error> {
    const NAME: &str = "AZML_PROTECTION";
    let Some(wanted) = env.var(NAME) else {
        return Ok(match env.var(PASSPHRASE) {
            Some(_) => Protection::keyring().or(Protection::passphrase()).or(Protection::default()),
            None => Protection::default(),
        });
    };
    parse_protection(&wanted).map_err(|error| {
        let help = error.help().unwrap_or_default();
        Error::new(error.kind(), format!("{NAME}: {error}")).with_help(format!("{help}, or unset {NAME}"))
    })
}

#[cfg(feature = "cache")]
fn lock_timeout(env: &Env) -> Result<Option<Duration>, Error> {
    const NAME: &str = "AZML_LOCK_TIMEOUT";
    let Some(value) = env.var(NAME) else { return Ok(None) };
    match value.trim().parse() {
        Ok(seconds @ 1..=3600) => Ok(Some(Duration::from_secs(seconds))),
        _ => Err(Error::new(ErrorKind::Configuration, format!("{NAME} is {value:?}, which is no time to wait"))
            .with_help("set it to a number of seconds from 1 to 3600, or unset it")),
    }
}

#[cfg(all(test, feature = "cache"))]
mod tests {
    use auth_cache::KeyOrigin;

    use super::*;

    fn with(variables: &[(&str, &str)]) -> Env {
        Env::fake(variables.iter().copied().chain([("AZML_CONFIG_DIR", "/azml")]))
    }

    #[test]
    fn the_environment_says_where_the_key_may_be() {
        let steps = |variables: &[(&str, &str)]| {
            let protection = protection(&with(variables)).unwrap();
            (protection.steps().to_vec(), protection.allows_memory())
        };
        assert_eq!(steps(&[]), (vec![KeyOrigin::Keyring, KeyOrigin::KeyFile], false));
        let with_passphrase = vec![KeyOrigin::Keyring, KeyOrigin::Passphrase, KeyOrigin::KeyFile];
        assert_eq!(steps(&[(PASSPHRASE, "p")]), (with_passphrase, false));
        let chosen = [(PASSPHRASE, "p"), ("AZML_PROTECTION", "passphrase , memory")];
        assert_eq!(steps(&chosen), (vec![KeyOrigin::Passphrase], true));

        // Only what was chosen moves a key that is somewhere already.
        for variables in [&[][..], &[(PASSPHRASE, "p")], &[("AZML_PROTECTION", "key-file")]] {
            let protection = protection(&with(variables)).unwrap();
            let stays = protection == protection.clone().or_where_it_is();
            assert_eq!(stays, !variables.iter().any(|(name, _)| *name == "AZML_PROTECTION"), "{variables:?}");
        }
    }

    #[test]
    fn a_value_that_makes_no_sense_is_an_error_that_names_its_variable() {
        for (name, value) in
            [("AZML_PROTECTION", "keyring,vault"), ("AZML_LOCK_TIMEOUT", "0"), ("AZML_LOCK_TIMEOUT", "soon")]
        {
            let error = file_store(&with(&[(name, value)])).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration);
            assert!(error.to_string().starts_with(name) && error.help().is_some(), "{error}");
        }
        assert!(file_store(&with(&[("AZML_LOCK_TIMEOUT", "90")])).unwrap().is_some());
        assert!(file_store(&Env::fake::<&str, &str>([])).unwrap().is_none());
    }
}
