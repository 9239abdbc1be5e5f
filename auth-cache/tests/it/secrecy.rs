use auth_cache::Protection;
use auth_core::{Error, TokenStore};
use xtask::log::Log;

use crate::support::{PATIENCE, Place, ann, ben, record, save};

const CANARY: &str = "canary-5f1d";

#[tokio::test]
async fn no_secret_is_readable_in_a_file_a_log_an_error_or_a_debug_text() -> Result<(), Error> {
    let log = Log::of_this_process();
    let place = Place::new();
    let store = place.store();
    save(&store, &ann(), &record(CANARY)).await;
    save(&store, &ben(), &record(CANARY)).await;
    let key = std::fs::read_to_string(place.directory.join("key")).unwrap();
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let debug = format!("{store:?} {locked:?} {:?}", locked.load().await?);

    let path = place.file("ann-contoso-com", ".azml");
    let sealed = std::fs::read(&path).unwrap();
    std::fs::File::options().write(true).open(&path).unwrap().set_len(sealed.len() as u64 - 3).unwrap();
    let error = store.load(&ann()).await.unwrap_err();
    let errors = format!("{error} {error:?} {:?}", error.help());
    locked.load().await?;
    locked.save(&record(CANARY)).await?;
    assert!(locked.save(&record(&CANARY.repeat(200_000))).await.is_err());

    let texts = [debug, errors, log.text()].concat();
    assert!(log.text().contains("cannot be opened"), "the log was listening");
    assert!(!texts.contains(CANARY) && !texts.contains(key.trim()), "{texts}");
    for name in place.names() {
        let bytes = std::fs::read(place.directory.join(&name)).unwrap();
        let holds = |part: &[u8]| bytes.windows(part.len()).any(|window| window == part);
        assert!(!holds(CANARY.as_bytes()) && !holds(b"access"), "{name}");
    }
    Ok(())
}

#[tokio::test]
async fn no_passphrase_and_no_key_is_readable_after_a_move_a_rotation_and_an_inspection() -> Result<(), Error> {
    const PASSPHRASE: &str = "canary correct horse";
    let log = Log::of_this_process();
    let place = Place::new();
    let by = |protection: Protection, passphrase: &'static str| {
        place.store().with_protection(protection).with_passphrase(move || Some(passphrase.into()))
    };
    save(&by(Protection::passphrase().or(Protection::file()), ""), &ann(), &record(CANARY)).await;
    assert!(log.text().contains("no passphrase was given"), "the log was listening");
    let key_text = || std::fs::read_to_string(place.directory.join("key")).unwrap().trim().to_owned();
    let mut keys = vec![key_text()];
    place.store().rotate_key().await?;
    keys.push(key_text());
    let store = by(Protection::passphrase(), PASSPHRASE);
    let wrong = by(Protection::passphrase(), "canary battery staple");
    let mut shown = vec![format!("{:?} {:?}", store.reprotect().await?, store.rotate_key().await?)];
    let error = wrong.rotate_key().await.unwrap_err();
    shown.push(format!("{error} {error:?} {:?}", error.help()));
    for store in [&store, &wrong] {
        shown.push(format!("{store:?} {:?}", store.inspect().await));
    }
    let files = |place: &Place| -> Vec<Vec<u8>> {
        place.names().iter().map(|name| std::fs::read(place.directory.join(name)).unwrap()).collect()
    };
    let mut written = files(&place);
    shown.push(format!("{:?}", by(Protection::file(), PASSPHRASE).reprotect().await?));
    keys.push(key_text());
    shown.push(format!("{:?}", place.store().inspect().await));
    written.extend(files(&place).into_iter().filter(|bytes| !bytes.starts_with(keys[2].as_bytes())));

    written.push((shown.concat() + &log.text()).into_bytes());
    for secret in keys.iter().map(String::as_str).chain([CANARY, "canary", "horse", "staple"]) {
        let held = written.iter().find(|bytes| bytes.windows(secret.len()).any(|window| window == secret.as_bytes()));
        assert!(held.is_none(), "{secret}: {}", String::from_utf8_lossy(held.unwrap()));
    }
    Ok(())
}
