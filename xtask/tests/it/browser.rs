//! A real browser at the sign-in page.

use std::time::Duration;

use xtask::browser::Chromium;
use xtask::emulator::{Emulator, defaults};

use crate::client::{Loopback, authorize_url};

#[tokio::test]
async fn a_person_signs_in_with_a_real_browser() {
    let azure = Emulator::start();
    let loopback = Loopback::listen();
    let browser = Chromium::start(Some(azure.proxy_url())).await.unwrap();

    browser.goto(authorize_url("organizations", &loopback.redirect_uri, &[]).as_str()).await.unwrap();
    assert_eq!(browser.text("h1").await.unwrap(), "Pick an account");
    assert!(browser.text("#user-grace").await.unwrap().contains(defaults::GRACE));
    browser.click("#user-ada").await.unwrap();
    browser.wait_for("#done", Duration::from_secs(10)).await.unwrap();
    assert_eq!(browser.text("#done").await.unwrap(), "Signed in");
    assert!(browser.url().await.unwrap().starts_with(&loopback.redirect_uri));
    assert!(browser.history_length().await.unwrap() >= 2);

    let (method, answer) = loopback.received();
    assert_eq!(method, "POST");
    assert!(answer.contains_key("code"));
}

#[tokio::test]
async fn a_person_cancels_in_a_real_browser() {
    let azure = Emulator::start();
    let loopback = Loopback::listen();
    let browser = Chromium::start(Some(azure.proxy_url())).await.unwrap();
    let url = authorize_url("organizations", &loopback.redirect_uri, &[("response_mode", "query")]);
    browser.goto(url.as_str()).await.unwrap();
    browser.click("#cancel").await.unwrap();
    browser.wait_for("#done", Duration::from_secs(10)).await.unwrap();
    let (method, answer) = loopback.received();
    assert_eq!((method.as_str(), answer["error"].as_str()), ("GET", "access_denied"));
}

#[tokio::test]
async fn an_element_that_never_comes_is_an_error() {
    let azure = Emulator::start();
    let browser = Chromium::start(None).await.unwrap();
    browser.goto(&format!("{}/devicelogin", azure.https_url())).await.unwrap();
    let error = browser.wait_for("#nothing", Duration::from_millis(50)).await.unwrap_err();
    assert!(error.starts_with("no such element"), "{error}");
    let picture = tempfile::NamedTempFile::new().unwrap();
    browser.screenshot(picture.path()).await.unwrap();
    assert!(std::fs::read(picture.path()).unwrap().starts_with(b"\x89PNG"));
}
