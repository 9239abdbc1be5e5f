//! What the store says about itself.

use auth_cache::{KeyOrigin, Protection, StepState};
use auth_core::{Error, TokenStore};

use crate::support::{PATIENCE, Place, ann, ben, record, save};

#[tokio::test]
async fn an_inspection_of_nothing_makes_nothing() {
    let place = Place::new();
    let inspection = place.store().with_protection(Protection::passphrase().or(Protection::file())).inspect().await;
    assert!(!inspection.exists && inspection.problems.is_empty(), "{inspection:?}");
    let [passphrase, file] = &inspection.steps[..] else { panic!("{inspection:?}") };
    assert!(matches!(&passphrase.state, StepState::Unavailable(why) if why.to_string() == "no passphrase was given"));
    assert!(matches!(file.state, StepState::Empty));
    assert_eq!(inspection.in_use.unwrap(), None);
    assert!(!place.directory.exists());
}

#[tokio::test]
async fn an_inspection_tells_of_records_keys_modes_and_locks_but_no_secret() -> Result<(), Error> {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record("canary")).await;
    save(&store, &ben(), &record("canary")).await;
    let anns = place.file("ann-contoso-com", ".azml");
    std::fs::File::options().write(true).open(&anns).unwrap().set_len(90).unwrap();
    std::fs::set_permissions(&anns, PermissionsExt::from_mode(0o644)).unwrap();
    std::fs::File::create(anns.with_extension("azml.corrupt-5")).unwrap();
    let key = std::fs::read_to_string(place.directory.join("key")).unwrap();
    let _held = store.lock(&ben(), PATIENCE).await?;
    let before = place.names();

    let inspection = store.inspect().await;
    assert_eq!(place.names(), before);
    assert!(inspection.exists && matches!(inspection.steps[0].state, StepState::HasKey(1)), "{inspection:?}");
    assert!(inspection.problems.iter().any(|problem| problem.ends_with(".azml is open to others (mode 0644)")));
    let [anns, bens] = &inspection.records[..] else { panic!("{inspection:?}") };
    assert_eq!((&anns.partition, anns.origin, anns.size), (&Some(ann()), Some(KeyOrigin::KeyFile), 90));
    assert!(anns.error.as_ref().unwrap().to_string().ends_with("it is damaged"), "{anns:?}");
    assert!(bens.error.is_none() && bens.mode == Some(0o600), "{bens:?}");
    assert_eq!(inspection.set_aside.len(), 1);
    let [lock] = &inspection.locks[..] else { panic!("{inspection:?}") };
    assert!(lock.path.to_str().unwrap().contains("ben-contoso-com") && lock.process == Some(std::process::id()));
    let text = format!("{inspection:?}");
    assert!(!text.contains("canary") && !text.contains(key.trim()), "{text}");
    Ok(())
}

#[tokio::test]
async fn an_inspection_names_an_exposed_key_file_and_leaves_it_as_it_is() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let key = place.directory.join("key");
    std::fs::set_permissions(&key, PermissionsExt::from_mode(0o644)).unwrap();
    for _ in 0..2 {
        let problems = place.store().inspect().await.problems;
        let expected =
            format!("{} is open to others (mode 0644): whoever could read it can open the logins", key.display());
        assert_eq!(problems, [expected]);
    }
    assert_eq!(key.metadata().unwrap().permissions().mode() & 0o777, 0o644);
}

#[tokio::test]
async fn an_inspection_says_that_nothing_can_be_saved() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::new();
    std::fs::create_dir(&place.directory).unwrap();
    std::fs::File::create(place.directory.join("key")).unwrap().set_len(3).unwrap();
    let store = place.store().with_protection(Protection::passphrase());
    let error = store.inspect().await.in_use.unwrap_err();
    assert_eq!(error.to_string(), "no passphrase was given");
    assert_eq!(
        store.with_protection(Protection::passphrase().or(Protection::memory())).inspect().await.in_use.unwrap(),
        None
    );

    let mode = |mode| std::fs::set_permissions(&place.directory, PermissionsExt::from_mode(mode)).unwrap();
    mode(0o500);
    let problems = place.store().inspect().await.problems;
    assert!(problems[0].ends_with("may be written to by nobody, so nothing can be saved"), "{problems:?}");
    mode(0o700);
}

#[tokio::test]
async fn an_inspection_tells_of_a_better_place_than_a_key_file() {
    let place = Place::new();
    save(&place.store(), &ann(), &record("first")).await;
    let either = place.store().with_protection(Protection::passphrase().or(Protection::file()));
    assert_eq!(either.inspect().await.better, None, "there is no passphrase");
    let either = either.with_passphrase(|| Some("correct horse".into()));
    assert_eq!(either.inspect().await.better, Some(KeyOrigin::Passphrase));
    either.reprotect().await.unwrap();
    assert_eq!(either.inspect().await.better, None);
}
