//! Many processes of az and azml on one folder of the Azure CLI.

use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use xtask::emulator::defaults::{
    ADA, ADA_OBJECT_ID, CONTOSO, FABRIKAM, FABRIKAM_SUBSCRIPTION, GRACE, GRACE_OBJECT_ID, SUBSCRIPTION,
};

use super::az::{TOKEN_CACHE, is_of};
use super::scene::{Scene, browser, finish, json, subject};

/// A token that az never finds fresh, so that each of its processes writes (observed: msal 1.39 wants five minutes).
const SHORT: Duration = Duration::from_secs(200);
/// Between two looks at the file.
const GLANCE: Duration = Duration::from_millis(1);
const AZ_PROCESSES: usize = 4;
const READERS: usize = 6;
const WRITERS: usize = 2;
/// Whose subscriptions these are.
const WHOSE: [(&str, &str); 2] = [(SUBSCRIPTION, ADA_OBJECT_ID), (FABRIKAM_SUBSCRIPTION, GRACE_OBJECT_ID)];

#[derive(Debug, Default)]
struct Tally {
    az: u64,
    az_failed: Vec<String>,
    read: u64,
    written: u64,
    looked: u64,
    half_written: u64,
    problems: Vec<String>,
}

/// For so long az renews two users' tokens, alone; and then again, while azml reads them, and signs one of the two in again and again.
pub(super) fn story(scene: &Scene<'_>, lasts: Duration) -> Result<(), String> {
    scene.az(&["login", "-o", "none"])?;
    sign_in(scene)?;
    scene.azure.set_access_token_lifetime(SHORT);
    let alone = work(scene, lasts, Azml::Rests);
    println!("   {lasts:.0?}: az alone renewed {}", alone.renewals());
    let together = work(scene, lasts, Azml::Works);
    let Tally { read, written, looked, half_written, .. } = together;
    println!(
        "   {lasts:.0?}: az renewed {}; azml read {read} times and signed in {written} times; of {} looks at the file {looked} held both \
         users and {half_written} met az writing",
        together.renewals(),
        looked + half_written,
    );
    if let Some(problem) = together.problems.first() {
        return Err(format!("{} problems, such as: {problem}", together.problems.len()));
    }
    let cache = std::fs::read_to_string(scene.path(TOKEN_CACHE)).map_err(|error| format!("{TOKEN_CACHE}: {error}"))?;
    serde_json::from_str::<Value>(&cache).map_err(|error| format!("{TOKEN_CACHE} is broken: {error}"))?;
    is_of(scene, SUBSCRIPTION, ADA_OBJECT_ID, CONTOSO)?;
    is_of(scene, FABRIKAM_SUBSCRIPTION, GRACE_OBJECT_ID, FABRIKAM)?;
    for (subscription, whose) in WHOSE {
        let answer = scene.az_json(&["account", "get-access-token", "-s", subscription])?;
        if subject(&answer["accessToken"]).0 != whose {
            return Err(format!("az lost the login of {whose}"));
        }
    }
    Ok(())
}

#[derive(Clone, Copy, PartialEq)]
enum Azml {
    Rests,
    Works,
}

fn work(scene: &Scene<'_>, lasts: Duration, azml: Azml) -> Tally {
    let tally = Mutex::new(Tally::default());
    let start = Instant::now();
    std::thread::scope(|threads| {
        let until = move |work: &dyn Fn()| {
            while start.elapsed() < lasts {
                work();
            }
        };
        let tally = &tally;
        for whose in WHOSE.iter().cycle().take(AZ_PROCESSES) {
            threads.spawn(move || until(&|| renew(scene, whose, tally)));
        }
        if azml == Azml::Rests {
            return;
        }
        threads.spawn(move || until(&|| look(scene, tally)));
        for whose in WHOSE.iter().cycle().take(READERS) {
            threads.spawn(move || until(&|| read(scene, whose, tally)));
        }
        for _ in 0..WRITERS {
            threads.spawn(move || until(&|| write(scene, tally)));
        }
    });
    tally.into_inner().unwrap_or_default()
}

impl Tally {
    fn renewals(&self) -> String {
        let why = self.az_failed.first().and_then(|told| told.lines().last());
        let why = why.map(|line| format!(", such as: {line}")).unwrap_or_default();
        format!("{} times, of which {} failed{why}", self.az, self.az_failed.len())
    }
}

/// az is allowed to fail: it writes in place, takes the empty file that it sees meanwhile for one without users, and gives up after it
/// has waited ten seconds for others (observed: az 2.91, msal-extensions 1.3).
fn renew(scene: &Scene<'_>, (subscription, _): &(&str, &str), tally: &Mutex<Tally>) {
    let renewed = scene.az(&["account", "get-access-token", "-s", subscription, "-o", "none"]);
    let mut tally = tally.lock().expect("no thread panics");
    tally.az += 1;
    tally.az_failed.extend(renewed.err());
}

/// The file is what az was writing in place, or holds both users.
fn look(scene: &Scene<'_>, tally: &Mutex<Tally>) {
    let text = std::fs::read(scene.path(TOKEN_CACHE)).unwrap_or_default();
    let found = serde_json::from_slice::<Value>(&text).map(|cache| users(&cache));
    {
        let mut tally = tally.lock().expect("no thread panics");
        match found {
            Err(error) if error.is_eof() => tally.half_written += 1,
            Ok(users) if users == [ADA, GRACE] => tally.looked += 1,
            Ok(users) => tally.problems.push(format!("{TOKEN_CACHE} holds the users {users:?}")),
            Err(error) => tally.problems.push(format!("{TOKEN_CACHE} is broken: {error}")),
        }
    }
    std::thread::sleep(GLANCE);
}

fn users(cache: &Value) -> Vec<String> {
    let accounts = cache["Account"].as_object().into_iter().flatten();
    let mut users: Vec<_> =
        accounts.filter_map(|(_, account)| account["username"].as_str().map(str::to_owned)).collect();
    users.sort();
    users.dedup();
    users
}

/// azml without anything of its own answers from the files of az.
fn read(scene: &Scene<'_>, (subscription, whose): &(&str, &str), tally: &Mutex<Tally>) {
    let answer = TempDir::new_in(scene.path("")).map_err(|error| error.to_string()).and_then(|own| {
        let mut azml = scene.command(&scene.clients.azml)?;
        azml.env("AZML_CONFIG_DIR", own.path()).args(["account", "get-access-token", "-s", subscription, "-o", "json"]);
        let answer = json(&mut azml)?;
        let found = subject(&answer["accessToken"]).0;
        if found == *whose { Ok(()) } else { Err(format!("{subscription} is asked for as {found:?}")) }
    });
    let mut tally = tally.lock().expect("no thread panics");
    tally.read += 1;
    tally.problems.extend(answer.err());
}

fn write(scene: &Scene<'_>, tally: &Mutex<Tally>) {
    let written = sign_in(scene);
    let mut tally = tally.lock().expect("no thread panics");
    tally.written += 1;
    tally.problems.extend(written.err());
}

/// The second user, with azml, for az alone: what azml keeps itself is forgotten.
fn sign_in(scene: &Scene<'_>) -> Result<(), String> {
    let own = TempDir::new_in(scene.path("")).map_err(|error| error.to_string())?;
    let mut azml = scene.command(&scene.clients.azml)?;
    azml.env("AZML_CONFIG_DIR", own.path()).env("BROWSER", browser(Some(GRACE))?);
    azml.args(["login", "--force", "--username", GRACE, "--update-azure-cli", "-o", "none"]);
    finish(&mut azml, |_| ()).map(drop)
}
