//! The operating system's keyring, absent and real. Every test runs as a child with a session bus of its own or none, so that
//! the keyring of the person who runs the tests is never touched.

use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use auth_cache::{FileStore, KeyOrigin, Protection};
use auth_core::{Error, ErrorKind, TokenStore};
use xtask::log::Log;

use crate::support::{PATIENCE, Place, Role, ann, ben, directory_of_child, record, save, tell, wait_for_parent};

fn without_bus(test: &str, directory: &Path) -> Role {
    let mut command = Role::command(test, directory);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    Role::of(command)
}

fn store(directory: &Path, protection: Protection) -> FileStore {
    FileStore::new(directory).with_protection(protection)
}

#[tokio::test]
async fn a_keyring_that_is_demanded_and_absent_is_a_clear_error_at_once() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "keyring::a_keyring_that_is_demanded_and_absent_is_a_clear_error_at_once";
        assert!(without_bus(name, &Place::new().directory).finish());
        return Ok(());
    };
    let store = store(&directory, Protection::keyring());
    let started = Instant::now();
    let error = store.lock(&ann(), PATIENCE).await?.save(&record("first")).await.unwrap_err();
    assert!(started.elapsed() < Duration::from_secs(2));
    assert_eq!(error.kind(), ErrorKind::Store);
    assert!(error.to_string().starts_with("the keyring cannot be reached ("), "{error}");
    assert!(error.help().unwrap().starts_with("unlock the keyring"));
    assert_eq!(store.load(&ann()).await?, None);
    assert!(!directory.join("key").exists());
    let either = self::store(&directory, Protection::keyring().or(Protection::passphrase()));
    let unsaved = either.lock(&ann(), PATIENCE).await?.save(&record("first")).await.unwrap_err();
    for error in [unsaved, either.inspect().await.in_use.unwrap_err()] {
        let message = error.to_string();
        assert!(message.starts_with("the key can be kept nowhere: the keyring cannot be reached ("), "{message}");
        assert!(message.ends_with("; no passphrase was given"), "{message}");
        let help =
            "unlock the keyring, or set AZML_PASSPHRASE, or name another place in AZML_PROTECTION, such as key-file";
        assert_eq!(error.help(), Some(help));
    }
    Ok(())
}

#[tokio::test]
async fn without_a_keyring_a_key_file_is_made_and_one_warning_says_so() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "keyring::without_a_keyring_a_key_file_is_made_and_one_warning_says_so";
        assert!(without_bus(name, &Place::new().directory).finish());
        return Ok(());
    };
    let log = Log::of_this_process();
    let store = store(&directory, Protection::default());
    save(&store, &ann(), &record("first")).await;
    save(&store, &ben(), &record("second")).await;
    assert_eq!(store.load(&ann()).await?, Some(record("first")));
    assert_eq!(store.protection_in_use().await?, Some(KeyOrigin::KeyFile));
    let log = log.text();
    let warnings: Vec<&str> = log.lines().filter(|line| line.contains(" WARN ")).collect();
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("whoever can read your files can read them"), "{warnings:?}");
    Ok(())
}

/// This program again, with a session bus and an unlocked keyring of its own; none if they are not installed.
pub(crate) fn with_keyring(test: &str, directory: &Path) -> Option<Role> {
    let installed = |program: &str| Command::new(program).arg("--version").output().is_ok();
    if !installed("dbus-run-session") || !installed("gnome-keyring-daemon") {
        #[expect(clippy::print_stderr, reason = "a test that is skipped says so")]
        {
            eprintln!("skipped: dbus-run-session or gnome-keyring-daemon is not installed");
        }
        return None;
    }
    let home = directory.parent().unwrap().join("home");
    std::fs::create_dir_all(&home).unwrap();
    let role = Role::command(test, directory);
    let unlock = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec \"$0\" \"$@\"";
    let mut command = Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", unlock]).arg(role.get_program()).args(role.get_args());
    command.envs(role.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env("HOME", &home).env("XDG_DATA_HOME", home.join("data")).env("XDG_RUNTIME_DIR", &home);
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").env_remove("DBUS_SESSION_BUS_ADDRESS");
    Some(Role::of(command))
}

#[tokio::test]
async fn a_real_keyring_keeps_the_key_if_gnome_keyring_is_installed() -> Result<(), Error> {
    let name = "keyring::a_real_keyring_keeps_the_key_if_gnome_keyring_is_installed";
    let Some(directory) = directory_of_child() else {
        if let Some(child) = with_keyring(name, &Place::new().directory) {
            assert!(child.finish());
        }
        return Ok(());
    };
    let log = Log::of_this_process();
    let first = store(&directory, Protection::default());
    assert_eq!(first.protection_in_use().await?, None);
    save(&first, &ann(), &record("first")).await;
    assert_eq!(first.protection_in_use().await?, Some(KeyOrigin::Keyring));
    assert!(!directory.join("key").exists());

    // Another process, as far as the key goes.
    let second = store(&directory, Protection::keyring());
    assert_eq!(second.load(&ann()).await?, Some(record("first")));
    let user = format!("key of {}", directory.canonicalize().unwrap().display());
    let entry = keyring::Entry::new("azml", &user).unwrap();
    let key = entry.get_password().unwrap();
    assert_eq!(key.len(), 44);
    assert!(!log.text().contains(&key), "the key is in the log");

    // The keyring is not asked, cannot be reached, or has lost the key: three different things.
    let file = store(&directory, Protection::file());
    let error = file.load(&ann()).await.unwrap_err();
    assert!(error.to_string().ends_with("its key is in the keyring, which is not to be asked"), "{error}");
    assert!(file.lock(&ann(), PATIENCE).await?.load().await.is_err(), "and it stays where it is");

    let mut away = Role::command("keyring::a_keyring_that_is_away_costs_no_record", &directory);
    away.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");
    assert!(Role::of(away).finish());
    assert_eq!(second.load(&ann()).await?, Some(record("first")));

    entry.delete_credential().unwrap();
    let third = store(&directory, Protection::default());
    let error = third.load(&ann()).await.unwrap_err();
    assert!(error.to_string().contains("is no longer in the operating system's keyring"), "{error}");
    assert_eq!(error.help(), Some("sign in again: azml login"));
    assert_eq!(third.lock(&ann(), PATIENCE).await?.load().await?, None);
    save(&third, &ann(), &record("second")).await;
    assert_eq!(store(&directory, Protection::keyring()).load(&ann()).await?, Some(record("second")));
    // A store that still remembers the old key asks again.
    assert_eq!(first.load(&ann()).await?, Some(record("second")));
    Ok(())
}

/// Alone it shows the rule with a record whose header says so; as a child of the test above, with a real one.
#[tokio::test]
async fn a_keyring_that_is_away_costs_no_record() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let place = Place::new();
        save(&place.store(), &ann(), &record("first")).await;
        let (path, key) = (place.record(), place.directory.join("key"));
        let mut bytes = std::fs::read(&path).unwrap();
        bytes[5] = 1;
        std::fs::remove_file(&path).and_then(|()| std::fs::remove_file(key)).unwrap();
        std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &bytes).unwrap();
        assert!(without_bus("keyring::a_keyring_that_is_away_costs_no_record", &place.directory).finish());
        return Ok(());
    };
    let store = store(&directory, Protection::default());
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    for error in [
        store.load(&ann()).await.unwrap_err(),
        locked.load().await.unwrap_err(),
        locked.save(&record("x")).await.unwrap_err(),
        store.lock(&ben(), PATIENCE).await?.save(&record("x")).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().contains("the keyring cannot be reached"), "{error}");
        assert!(error.help().unwrap().starts_with("unlock the keyring"));
    }
    assert!(!directory.join("key").exists(), "no second key beside the one in the keyring");
    Ok(())
}

#[tokio::test]
async fn processes_agree_on_the_key_in_a_real_keyring_if_gnome_keyring_is_installed() -> Result<(), Error> {
    let name = "keyring::processes_agree_on_the_key_in_a_real_keyring_if_gnome_keyring_is_installed";
    let Some(directory) = directory_of_child() else {
        if let Some(child) = with_keyring(name, &Place::new().directory) {
            assert!(child.finish());
        }
        return Ok(());
    };
    let racer = directory.join("racer");
    if let Some(directory) = directory.parent().filter(|_| directory.ends_with("racer")) {
        tell("ready");
        wait_for_parent();
        let partition = auth_core::Partition::new("process", [std::process::id().to_string().as_str()]);
        save(&store(directory, Protection::keyring()), &partition, &record("r")).await;
        return Ok(());
    }
    let mut children: Vec<Role> = (0..4).map(|_| Role::start(name, &racer)).collect();
    for child in &mut children {
        assert_eq!(child.hear().as_deref(), Some("ready"));
    }
    children.iter_mut().for_each(Role::release);
    assert!(children.into_iter().all(Role::finish));
    let store = store(&directory, Protection::keyring());
    let partitions = store.partitions().await?;
    assert_eq!(partitions.len(), 4);
    for partition in partitions {
        assert_eq!(store.load(&partition).await?, Some(record("r")));
    }
    Ok(())
}

/// This program again, with a session bus at a socket that behaves badly.
fn with_socket(test: &str, directory: &Path, socket: &Path) -> Role {
    let mut command = Role::command(test, directory);
    command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
    Role::of(command)
}

/// The second role of the bad buses: with a record that needs the keyring nothing is lost or made; without, a key file is.
async fn on_a_bad_bus(directory: &Path) -> Result<(), Error> {
    let started = Instant::now();
    let store = store(directory, Protection::default());
    save(&store, &ann(), &record("first")).await;
    assert_eq!(store.protection_in_use().await?, Some(KeyOrigin::KeyFile));
    assert!(started.elapsed() < Duration::from_secs(8), "{:?}", started.elapsed());
    assert_eq!(store.load(&ann()).await?, Some(record("first")));

    // The same record, as if the keyring had its key.
    let path = directory.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let path = path.into_iter().find(|path| path.extension().is_some_and(|it| it == "azml")).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[5] = 1;
    for name in ["key", "key.current"] {
        std::fs::remove_file(directory.join(name)).unwrap();
    }
    std::io::Write::write_all(&mut std::fs::File::create(&path).unwrap(), &bytes).unwrap();
    let asked_once = Instant::now();
    for error in [
        store.load(&ann()).await.unwrap_err(),
        store.lock(&ann(), PATIENCE).await?.save(&record("x")).await.unwrap_err(),
        store.lock(&ben(), PATIENCE).await?.save(&record("x")).await.unwrap_err(),
        store.reprotect().await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("the keyring "), "{error}");
    }
    assert!(asked_once.elapsed() < Duration::from_secs(4), "a keyring that is late is not waited for again");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert!(!directory.join("key").exists(), "no second key");
    let inspection = store.inspect().await;
    assert!(matches!(inspection.steps[0].state, auth_cache::StepState::Unavailable(_)), "{inspection:?}");
    assert!(inspection.records[0].error.is_some(), "{inspection:?}");
    Ok(())
}

/// The two seconds are real: the silence is a socket's and the wait a thread's, which a paused clock would not wait for.
#[tokio::test]
async fn a_bus_that_never_answers_is_waited_for_once_and_for_two_seconds() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let place = Place::new();
        let socket = place.directory.with_extension("bus");
        let _listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        let name = "keyring::a_bus_that_never_answers_is_waited_for_once_and_for_two_seconds";
        assert!(with_socket(name, &place.directory, &socket).finish());
        return Ok(());
    };
    on_a_bad_bus(&directory).await
}

#[tokio::test]
async fn a_bus_that_answers_nonsense_and_hangs_up_is_no_keyring() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let place = Place::new();
        let socket = place.directory.with_extension("bus");
        let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = std::io::Write::write_all(&mut &stream, b"nonsense\r\n\0\xff\r\n");
            }
        });
        let name = "keyring::a_bus_that_answers_nonsense_and_hangs_up_is_no_keyring";
        assert!(with_socket(name, &place.directory, &socket).finish());
        return Ok(());
    };
    on_a_bad_bus(&directory).await
}

fn shell(script: &str) {
    assert!(Command::new("sh").args(["-c", script]).status().unwrap().success(), "{script}");
}

#[tokio::test]
async fn a_locked_keyring_costs_no_record_and_makes_no_second_key() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "keyring::a_locked_keyring_costs_no_record_and_makes_no_second_key";
        if let Some(child) = with_keyring(name, &Place::new().directory) {
            assert!(child.finish());
        }
        return Ok(());
    };
    if let Some(directory) = directory.parent().filter(|_| directory.ends_with("unlocked")) {
        // Another process, because the keyring's session with the first ended with its daemon.
        assert_eq!(store(directory, Protection::default()).load(&ann()).await?, Some(record("first")));
        return Ok(());
    }
    save(&store(&directory, Protection::default()), &ann(), &record("first")).await;
    shell(
        "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets \
         org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login >/dev/null",
    );
    let locked_out = store(&directory, Protection::default());
    let started = Instant::now();
    for error in [
        locked_out.load(&ann()).await.unwrap_err(),
        locked_out.lock(&ann(), PATIENCE).await?.save(&record("x")).await.unwrap_err(),
        locked_out.lock(&ben(), PATIENCE).await?.save(&record("x")).await.unwrap_err(),
    ] {
        assert!(error.to_string().contains("the keyring "), "{error}");
        assert!(error.help().unwrap().starts_with("unlock the keyring"));
    }
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
    assert!(!directory.join("key").exists(), "no second key");
    shell("printf 'pw\\n' | gnome-keyring-daemon --replace --unlock --components=secrets >/dev/null");
    let name = "keyring::a_locked_keyring_costs_no_record_and_makes_no_second_key";
    assert!(Role::start(name, &directory.join("unlocked")).finish());
    Ok(())
}

#[tokio::test]
async fn a_round_trip_through_every_place_loses_nothing_and_leaves_no_key_behind() -> Result<(), Error> {
    let Some(directory) = directory_of_child() else {
        let name = "keyring::a_round_trip_through_every_place_loses_nothing_and_leaves_no_key_behind";
        if let Some(child) = with_keyring(name, &Place::new().directory) {
            assert!(child.finish());
        }
        return Ok(());
    };
    let with = |protection| store(&directory, protection).with_passphrase(|| Some("correct horse".into()));
    let everything = || with(Protection::default().or(Protection::passphrase()));
    let keeper = everything();
    save(&keeper, &ann(), &record("ann's")).await;
    save(&keeper, &ben(), &record("ben's")).await;
    for protection in [Protection::file(), Protection::passphrase(), Protection::keyring()] {
        let origin = protection.steps()[0];
        let store = with(protection);
        assert_eq!(store.reprotect().await?.origin, Some(origin));
        for _ in 0..2 {
            for reader in [&keeper, &everything()] {
                assert_eq!(reader.protection_in_use().await?, Some(origin));
                assert_eq!(reader.load(&ann()).await?, Some(record("ann's")));
                assert_eq!(reader.load(&ben()).await?, Some(record("ben's")));
            }
            // A store that remembers the old key saves with the new one.
            save(&keeper, &ben(), &record("ben's")).await;
            assert_eq!(store.rotate_key().await?.records, 2);
        }
    }
    assert!(!directory.join("key").exists() && !directory.join("key.passphrase").exists());
    let user = format!("key of {}", directory.canonicalize().unwrap().display());
    let entry = keyring::Entry::new("azml", &user).unwrap();
    assert_eq!(entry.get_password().unwrap().len(), 44, "one key");
    for partition in [ann(), ben()] {
        assert!(keeper.lock(&partition, PATIENCE).await?.remove().await?);
    }
    assert!(matches!(entry.get_password(), Err(keyring::Error::NoEntry)), "the last record takes the key along");
    Ok(())
}
