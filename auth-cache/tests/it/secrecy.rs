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
