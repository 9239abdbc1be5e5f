use std::path::Path;
use std::sync::mpsc;

use auth_core::{Error, Record, TokenStore};

use crate::support::{PATIENCE, Place, Role, ann, directory_of_child, record, store, tell};

const WRITERS: usize = 4;
const KILLS: usize = 24;

fn number(record: &Record) -> u64 {
    record.refresh_token.as_ref().unwrap().expose().parse().unwrap()
}

/// The second role: counts upwards, one save at a time, until it is killed.
async fn count(directory: &Path) -> Result<(), Error> {
    let store = store(directory);
    loop {
        let mut locked = store.lock(&ann(), PATIENCE).await?;
        let next = locked.load().await?.map_or(1, |record| number(&record) + 1);
        locked.save(&record(&next.to_string())).await?;
        drop(locked);
        tell(next);
    }
}

#[tokio::test]
async fn writers_that_are_killed_at_any_moment_lose_nothing_that_was_saved() -> Result<(), Error> {
    if let Some(directory) = directory_of_child() {
        return count(&directory).await;
    }
    let place = Place::new();
    let (teller, told) = mpsc::channel();
    let start = || {
        let name = "processes::writers_that_are_killed_at_any_moment_lose_nothing_that_was_saved";
        let mut writer = Role::start(name, &place.directory);
        writer.tells(teller.clone());
        writer
    };
    let mut writers: Vec<Role> = (0..WRITERS).map(|_| start()).collect();
    let mut saved: u64 = 0;
    for round in 0..KILLS {
        // Hearing another number of saves puts the kill at another moment every time.
        for _ in 0..10 + round {
            let number: u64 = told.recv_timeout(PATIENCE).expect("somebody saves").parse().unwrap();
            saved = saved.max(number);
            let read = place.store().load(&ann()).await?.expect("a whole record at any moment");
            assert!(self::number(&read) >= saved, "round {round}: {} after {saved}", self::number(&read));
        }
        assert!(writers.iter_mut().all(Role::is_running), "a writer could not open what another saved");
        writers.remove(0).kill();
        writers.push(start());
    }
    writers.into_iter().for_each(Role::kill);
    let last = place.store().lock(&ann(), PATIENCE).await?.load().await?.expect("a record");
    assert!(number(&last) >= saved);

    // The next save sweeps what the dead left.
    crate::support::save(&place.store(), &ann(), &last).await;
    assert!(
        place.names().iter().all(|name| !name.contains(".tmp") && !name.contains("corrupt")),
        "{:?}",
        place.names()
    );
    Ok(())
}
