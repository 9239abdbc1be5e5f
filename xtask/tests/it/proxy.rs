//! The proxy and the log.

use reqwest::Client;
use xtask::emulator::{Emulator, defaults};

use crate::client::{LOGIN, client, refresh};

#[tokio::test]
async fn the_proxy_refuses_and_records_foreign_hosts() {
    let azure = Emulator::start();
    let client = client(&azure);
    for url in [
        "https://example.com/",
        "https://login.microsoftonline.com:8443/",
        "https://login.microsoftonline.com.evil.example/",
    ] {
        assert!(client.get(url).send().await.is_err(), "{url}");
    }
    let expected = ["example.com:443", "login.microsoftonline.com:8443", "login.microsoftonline.com.evil.example:443"];
    assert_eq!(azure.refused_hosts(), expected);
    assert_eq!(azure.requests(), []);
}

#[tokio::test]
async fn requests_are_logged_in_order_with_their_forms() {
    let azure = Emulator::start();
    let client = client(&azure);
    client.get(format!("{LOGIN}/common/discovery/instance?api-version=1.1")).send().await.unwrap();
    let refresh_token = azure.issue_refresh_token(defaults::ADA);
    refresh(&client, defaults::CONTOSO, &refresh_token).await;

    let [discovery, refresh] = azure.requests().try_into().unwrap();
    assert_eq!((discovery.host.as_str(), discovery.method.as_str()), ("login.microsoftonline.com", "GET"));
    assert_eq!((discovery.query["api-version"].as_str(), discovery.status), ("1.1", 400));
    assert_eq!(refresh.path, format!("/{}/oauth2/v2.0/token", defaults::CONTOSO));
    assert_eq!((&refresh.form["refresh_token"], refresh.status), (&refresh_token, 200));
    assert_eq!(refresh.headers["content-type"], "application/x-www-form-urlencoded");
    azure.clear_requests();
    assert_eq!(azure.requests(), []);
}

#[tokio::test]
async fn without_its_authority_nobody_trusts_it() {
    let azure = Emulator::start();
    let client = Client::builder().no_proxy().build().unwrap();
    assert!(client.get(azure.https_url()).send().await.is_err());
}

#[test]
fn dropping_it_frees_the_ports() {
    let azure = Emulator::start();
    let address = azure.http_url().trim_start_matches("http://").to_owned();
    drop(azure);
    assert!(std::net::TcpStream::connect(address).is_err());
}

#[test]
fn the_environment_names_proxy_and_authority() {
    let azure = Emulator::start();
    let env: std::collections::BTreeMap<String, String> = azure.env().into_iter().collect();
    assert_eq!(env["HTTPS_PROXY"], azure.proxy_url());
    assert_eq!(env["NO_PROXY"], "localhost,127.0.0.1", "or a cloud of one's own would be out of reach");
    assert!(std::fs::read_to_string(&env["SSL_CERT_FILE"]).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
}
