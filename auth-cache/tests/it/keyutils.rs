//! The Linux kernel's keyring. Every test runs as a child in a session keyring of its own.

use std::path::Path;
use std::process::Command;

use auth_cache::{FileStore, KeyOrigin, Protection};
use auth_core::{Error, TokenStore};

use crate::support::{PATIENCE, Place, Role, ann, ben, directory_of_child, record, save, store};

/// This program again in a new session of the kernel's keyring; none if this machine has no such thing.
fn in_a_session(test: &str, directory: &Path) -> Option<Role> {
    let works =
        Command::new("keyctl").args(["session", "-", "keyctl", "add", "user", "azml-probe", "x", "@s"]).output();
    if !works.is_ok_and(|output| output.status.success()) {
        #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
        {
            eprintln!("skipped: the kernel's keyring cannot be used here, or keyctl is not installed");
        }
        return None;
    }
    let role = Role::command(test, directory);
    let mut command = Command::new("keyctl");
    command.args(["session", "-"]).arg(role.get_program()).args(role.get_args());
    command.envs(role.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(Role::of(command))
}

fn purge(directory: &Path) {
    let description = format!("keyring:key of {}@azml", directory.canonicalize().unwrap().display());
    assert!(Command::new("keyctl").args(["purge", "user", &description]).output().unwrap().status.success());
}

#[tokio::test]
async fn the_kernels_keyring_keeps_the_key_until_it_forgets_it() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "keyutils::the_kernels_keyring_keeps_the_key_until_it_forgets_it";
        if let Some(child) = in_a_session(name, &Place::new().directory) {
            assert!(child.finish());
        }
        return Ok(());
    };
    let store = || -> FileStore { store(&directory).with_protection(Protection::keyutils().or(Protection::file())) };
    save(&store(), &ann(), &record("first")).await;
    assert_eq!(store().protection_in_use().await?, Some(KeyOrigin::Keyutils));
    assert_eq!(store().load(&ann()).await?, Some(record("first")));
    assert_eq!(store().rotate_key().await?.records, 1);
    assert_eq!(store().load(&ann()).await?, Some(record("first")));

    // As after a logout.
    purge(&directory);
    let error = store().load(&ann()).await.unwrap_err();
    assert!(error.to_string().contains("the kernel's keyring has forgotten the key"), "{error}");
    assert_eq!(error.help(), Some("sign in again: azml login"));
    assert_eq!(store().lock(&ann(), PATIENCE).await?.load().await?, None);
    save(&store(), &ben(), &record("second")).await;
    assert_eq!(store().load(&ben()).await?, Some(record("second")));
    assert!(store().lock(&ben(), PATIENCE).await?.remove().await?);
    assert_eq!(store().protection_in_use().await?, None, "the last record takes the key along");
    purge(&directory);
    Ok(())
}
