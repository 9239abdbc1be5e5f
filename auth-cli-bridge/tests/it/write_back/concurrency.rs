//! Many who write at the same time.

use std::collections::BTreeSet;

use auth_core::Cloud;
use serde_json::Value;

use super::{CACHE, CREDENTIALS, application, profile, read, user, write_back};

const WRITERS: usize = 8;

#[test]
fn writers_in_many_threads_lose_no_login() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    std::thread::scope(|scope| {
        for writer in 0..WRITERS {
            scope.spawn(move || {
                // Nobody's pause takes any time, so that all try as often as they can.
                let runtime =
                    tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
                runtime.block_on(async {
                    let write_back = write_back(path).patience(std::time::Duration::from_secs(86_400 * 365));
                    let (name, app) = (format!("user{writer}"), format!("app{writer}"));
                    write_back.sign_in(&user(&name, &[&name])).await.unwrap();
                    write_back.sign_in(&application(&app, &[&app])).await.unwrap();
                    let gone = format!("gone{writer}");
                    write_back.sign_in(&user(&gone, &[&gone])).await.unwrap();
                    write_back.sign_out(&Cloud::public(), &format!("{gone}@contoso.example")).await.unwrap();
                });
            });
        }
    });
    let cache: Value = serde_json::from_str(&read(path, CACHE)).unwrap();
    assert_eq!(cache["Account"].as_object().unwrap().len(), WRITERS);
    assert_eq!(cache["RefreshToken"].as_object().unwrap().len(), WRITERS);
    assert_eq!(cache["AccessToken"].as_object().unwrap().len(), 2 * WRITERS);
    let credentials: Vec<Value> = serde_json::from_str(&read(path, CREDENTIALS)).unwrap();
    assert_eq!(credentials.len(), WRITERS);
    let ids: BTreeSet<String> = profile(path).subscriptions().iter().map(|it| it.id.clone()).collect();
    let expected: BTreeSet<String> =
        (0..WRITERS).flat_map(|writer| [format!("user{writer}"), format!("app{writer}")]).collect();
    assert_eq!(ids, expected);
    let names = path.read_dir().unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    assert!(names.into_iter().all(|name| !name.contains("lockfile") && !name.starts_with('.')));
}
