//! The main job with a real browser: sign in once, and never be asked again.

use std::io::Read as _;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use tempfile::TempDir;
use url::Url;
use xtask::browser::Chromium;
use xtask::emulator::Emulator;

use crate::support::{Recorder, assert_no_secret, azml};

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_in_a_real_browser_is_saved_and_leaves_no_secret_behind() {
    let (azure, home, recorder) = (Emulator::start(), TempDir::new().unwrap(), Recorder::new());
    let mut login = azml(home.path(), &azure)
        .args(["login", "--debug", "-o", "table"])
        .env("BROWSER", recorder.program())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let url = recorder.url().await;

    let chromium = Chromium::start(Some(azure.proxy_url())).await.unwrap();
    chromium.goto(&url).await.unwrap();
    chromium.click("#user-ada").await.unwrap();
    chromium.wait_for("#success", Duration::from_secs(20)).await.unwrap();
    assert_eq!(chromium.text("h1").await.unwrap(), "You are signed in");
    let shown = chromium.url().await.unwrap();
    assert!(shown.starts_with("http://localhost:") && !shown.contains('?') && !shown.contains('#'), "{shown}");

    let (mut printed, mut told) = (String::new(), String::new());
    login.stdout.take().unwrap().read_to_string(&mut printed).unwrap();
    login.stderr.take().unwrap().read_to_string(&mut told).unwrap();
    assert!(login.wait().unwrap().success(), "{told}");
    assert!(told.contains(&url), "the URL is printed as well as opened: {told}");

    azure.clear_requests();
    let offline = azml(home.path(), &azure)
        .args(["account", "get-access-token", "--query", "accessToken", "-o", "tsv"])
        .env("HTTPS_PROXY", "http://127.0.0.1:1")
        .env("https_proxy", "http://127.0.0.1:1")
        .env("BROWSER", "/bin/false")
        .output()
        .unwrap();
    assert!(offline.status.success(), "{}", String::from_utf8_lossy(&offline.stderr));
    let token = String::from_utf8(offline.stdout).unwrap();
    assert!(azure.secrets().contains(&token.trim().to_owned()));
    assert_eq!(azure.requests().len(), 0, "the saved login needs no network");

    assert_no_secret(&azure, "the terminal", format!("{printed}{told}{shown}").as_bytes());
    let files = files(home.path());
    assert!(files.len() >= 2, "the record and its key at least: {files:?}");
    for file in files {
        assert_no_secret(&azure, &file.display().to_string(), &std::fs::read(&file).unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_who_cancels_in_the_browser_sees_it_there_and_on_the_terminal() {
    let (azure, home, recorder) = (Emulator::start(), TempDir::new().unwrap(), Recorder::new());
    let login = azml(home.path(), &azure)
        .arg("login")
        .env("BROWSER", recorder.program())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let chromium = Chromium::start(Some(azure.proxy_url())).await.unwrap();
    chromium.goto(&recorder.url().await).await.unwrap();
    chromium.click("#cancel").await.unwrap();
    chromium.wait_for("#failure", Duration::from_secs(20)).await.unwrap();
    let output = login.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let told = String::from_utf8(output.stderr).unwrap();
    assert!(told.contains("the sign-in was declined: AADSTS65004"), "{told}");
    assert!(told.contains("azml login"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_during_a_sign_in_leaves_nothing_behind() {
    let (azure, home, recorder) = (Emulator::start(), TempDir::new().unwrap(), Recorder::new());
    let mut login = azml(home.path(), &azure)
        .arg("login")
        .env("BROWSER", recorder.program())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let url = Url::parse(&recorder.url().await).unwrap();
    let redirect = url.query_pairs().find(|(name, _)| name == "redirect_uri").unwrap().1.into_owned();
    let port = Url::parse(&redirect).unwrap().port().unwrap();
    assert!(TcpListener::bind(("127.0.0.1", port)).is_err());

    assert!(Command::new("kill").args(["-INT", &login.id().to_string()]).status().unwrap().success());
    assert!(!login.wait().unwrap().success());
    assert!(TcpListener::bind(("127.0.0.1", port)).is_ok() && TcpListener::bind(("::1", port)).is_ok());
    assert!(files(home.path()).is_empty(), "{:?}", files(home.path()));
}

/// Every file in a folder and in those below it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let paths = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    paths.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
