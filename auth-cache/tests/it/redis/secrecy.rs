use std::path::Path;

use auth_core::{Error, Secret, TokenStore};
use redis::Commands;
use xtask::log::Log;

use super::server::{PASSWORD, Server};
use crate::support::{PATIENCE, ann, ben, record, save};

const CANARY: &str = "canary-5f1d";
/// What a record and its partition are made of.
const CLEAR: &[&str] = &[
    CANARY,
    "access",
    "object.tenant",
    "contoso",
    "ann@",
    "ben@",
    "azurecloud",
    "login/",
    "management.core",
    "refresh_token",
];

#[tokio::test]
async fn redis_sees_no_secret_user_or_partition_and_no_log_or_error_shows_the_password() -> Result<(), Error> {
    let log = Log::of_this_process();
    let mut server = Server::start();
    let monitor = server.monitor();
    let store = server.store();
    save(&store, &ann(), &record(CANARY)).await;
    save(&store, &ben(), &record(CANARY)).await;
    assert_eq!(store.partitions().await?.len(), 2);
    let mut locked = store.lock(&ann(), PATIENCE).await?;
    let mut texts = format!("{store:?} {locked:?} {:?} {:?}", locked.load().await?, server.key());
    texts.push_str(&store.lock(&ann(), std::time::Duration::ZERO).await.unwrap_err().to_string());

    let mut admin = server.admin();
    let mut seen: Vec<u8> = Vec::new();
    for name in admin.keys::<_, Vec<String>>("*").unwrap() {
        seen.extend(name.bytes());
        seen.extend(redis::cmd("DUMP").arg(&name).query::<Vec<u8>>(&mut admin).unwrap());
    }
    let slow = redis::cmd("SLOWLOG").arg("GET").arg(1000).query::<redis::Value>(&mut admin).unwrap();
    seen.extend(format!("{slow:?}").bytes());
    let _: () = redis::cmd("SAVE").query(&mut admin).unwrap();

    locked.save(&record(CANARY)).await?;
    assert!(locked.save(&record(&CANARY.repeat(200_000))).await.is_err());
    let name = admin.keys::<_, Vec<String>>("*:record").unwrap().remove(0);
    let _: () = admin.set(&name, "junk").unwrap();
    for partition in [ann(), ben()] {
        texts.extend(store.load(&partition).await.err().map(|error| format!("{error} {error:?} {:?}", error.help())));
        let _ = store.lock(&partition, PATIENCE).await?.load().await?;
    }
    server.kill();
    let error = store.load(&ann()).await.unwrap_err();
    texts.extend([format!("{error} {error:?} {:?}", error.help()), log.text()]);
    assert!(texts.contains("cannot be opened") && texts.contains("cannot be reached"));
    assert!(log.text().contains("connected to Redis"), "the log was listening");

    let mut files = 0;
    read_all(server.folder(), &mut |path, bytes| {
        files += 1;
        if !path.ends_with("redis.conf") {
            seen.extend(bytes);
        }
    });
    assert!(files >= 4, "the configuration, a snapshot, and the log of writes");
    let monitored = monitor.join().unwrap();
    assert!(holds(&monitored, "EVAL") && holds(&monitored, "azml:{"), "the monitor was listening");
    seen.extend(monitored);
    assert!(holds(&seen, "AZML"), "the records were there");
    for clear in CLEAR {
        assert!(!holds(&seen, clear), "{clear} is in Redis");
    }
    let key = server.key().to_text();
    for secret in [CANARY, PASSWORD, key.expose()] {
        assert!(!texts.contains(secret), "{secret}: {texts}");
    }
    assert!(!holds(&seen, key.expose()));
    Ok(())
}

#[test]
fn debug_shows_where_a_store_is_and_not_how_to_get_in() {
    let url = Secret::new("redis://canary-user:canary-password@redis.example:6380/3");
    let store = auth_cache::RedisStore::new(&url, auth_cache::SharedKey::generate()).unwrap();
    let debug = format!("{store:?}");
    assert!(debug.contains("redis.example:6380") && !debug.contains("canary"), "{debug}");
}

fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

fn read_all(folder: &Path, found: &mut impl FnMut(&Path, Vec<u8>)) {
    for entry in folder.read_dir().unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            read_all(&path, found);
        } else if path.is_file() {
            found(&path, std::fs::read(&path).unwrap());
        }
    }
}
