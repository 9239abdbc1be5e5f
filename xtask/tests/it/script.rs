//! A recorded conversation.

use std::time::Duration;

use reqwest::{Certificate, Client};
use serde_json::{Value, json};
use xtask::script::Script;

fn script(exchanges: &Value) -> Script {
    Script::start(&exchanges.to_string(), "machine".as_ref())
}

fn client(script: &Script) -> Client {
    let ca = Certificate::from_pem(script.ca_pem().as_bytes()).unwrap();
    Client::builder().no_proxy().tls_certs_only([ca]).build().unwrap()
}

async fn status(script: &Script, url: &str) -> u16 {
    client(script).get(script.fill(url)).send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn the_exchanges_happen_in_their_order_and_as_often_as_written() {
    let script = script(&json!([
        {"request": {"method": "GET", "path": "/a"}, "response": {"status": 503, "headers": {"Retry-After": "1"}}, "times": 2},
        {"request": {"method": "POST", "path": "/b", "form": {"resource": "r"}}, "response": {"body": {"n": 1}}},
    ]));
    let client = client(&script);
    for _ in 0..2 {
        let answer = client.get(script.fill("{http}/a?x=1")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (503, &"1".parse().unwrap()));
    }
    assert_eq!(script.problems(), ["nobody asked: POST /b"]);
    let answer = client.post(script.fill("{http}/b")).form(&[("resource", "r")]).send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.text().await.unwrap(), r#"{"n":1}"#);
    assert_eq!(script.problems(), [""; 0]);
    let asked: Vec<_> = script.requests().into_iter().map(|request| (request.path, request.status)).collect();
    assert_eq!(asked, [("/a".into(), 503), ("/a".into(), 503), ("/b".into(), 200)]);
}

#[tokio::test]
async fn a_request_that_does_not_fit_gets_418_and_is_told_in_words() {
    let script = script(&json!([{
        "request": {"method": "GET", "path": "/a", "query": {"r": "1"}, "headers": {"Secret": "s"}, "absent": ["Metadata"]},
        "response": {},
    }]));
    let client = client(&script);
    let get = |path: &str| client.get(script.fill(&format!("{{http}}{path}")));
    for request in [
        get("/b?r=1").header("secret", "s"),
        get("/a?r=1&leaked=2").header("secret", "s"),
        get("/a?r=1&r=1").header("secret", "s"),
        get("/a?r=1").header("secret", "other").header("metadata", "true"),
        get("/a?r=1"),
        client.get(script.fill("{https}/a?r=1")).header("secret", "s"),
    ] {
        assert_eq!(request.send().await.unwrap().status(), 418);
    }
    assert_eq!(get("/a?r=1").header("SECRET", "s").send().await.unwrap().status(), 200);
    assert_eq!(get("/a?r=1").header("SECRET", "s").send().await.unwrap().status(), 418);
    assert_eq!(
        script.problems(),
        [
            "request 1, GET /b?r=1: GET /a was expected",
            "request 2, GET /a?r=1&leaked=2: its query has leaked=2",
            "request 3, GET /a?r=1&r=1: its query has r=1",
            r#"request 4, GET /a?r=1: its header Secret is "other", not "s"; its header Metadata should not be there"#,
            "request 5, GET /a?r=1: its header Secret is missing",
            "request 6, GET /a?r=1: it came over https, not over http",
            "request 8, GET /a?r=1: the script is over",
        ]
    );
}

#[tokio::test]
async fn a_lenient_script_answers_all_the_same_and_repeats_its_last_answer() {
    let exchanges = json!([{"request": {"method": "GET", "path": "/a", "query": {}}, "response": {"body": "yes"}}]);
    let script = Script::lenient(&exchanges.to_string(), "machine".as_ref());
    assert_eq!(status(&script, "{http}/a?more=1").await, 200);
    assert_eq!(status(&script, "{http}/a").await, 200);
    assert_eq!(script.differences(), [(1, vec!["its query has more=1".to_owned()])]);
    assert_eq!(script.problems()[1], "request 2, GET /a: the script is over");
}

#[tokio::test]
async fn the_texts_are_filled_with_where_the_server_is() {
    let script = script(&json!([{
        "request": {"method": "GET", "path": "/a", "tls": true},
        "response": {"status": 401, "headers": {"WWW-Authenticate": ["Negotiate", "Basic realm={root}/x.key"]}, "body": "{http}"},
    }]));
    let answer = client(&script).get(script.fill("{https}/a")).send().await.unwrap();
    let challenges: Vec<_> = answer.headers().get_all("www-authenticate").iter().collect();
    assert_eq!(challenges, ["Negotiate", "Basic realm=machine/x.key"]);
    assert_eq!(answer.headers()["content-type"], "text/plain");
    assert_eq!(answer.text().await.unwrap(), script.fill("{http}"));
    let thumbprint = script.fill("{thumbprint}");
    assert!(thumbprint.len() == 40 && thumbprint.chars().all(|c| c.is_ascii_digit() || c.is_ascii_uppercase()));
    assert_eq!(script.problems(), [""; 0]);
}

#[tokio::test]
async fn a_body_can_be_bytes_endless_or_never_come() {
    let script = script(&json!([
        {"request": {"method": "GET", "path": "/"}, "response": {"body_base64": "/w==", "content_type": "application/json"}},
        {"request": {"method": "GET", "path": "/"}, "response": {"body": "abc", "repeat_body": 100_000}},
        {"request": {"method": "GET", "path": "/"}, "response": {"hang": true}},
    ]));
    let client = client(&script);
    let get = || client.get(script.fill("{http}/"));
    let answer = get().send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/json");
    assert_eq!(answer.bytes().await.unwrap(), [255].as_slice());
    assert_eq!(get().send().await.unwrap().text().await.unwrap(), "abc".repeat(100_000));
    assert!(get().timeout(Duration::from_millis(200)).send().await.unwrap_err().is_timeout());
    assert_eq!(script.problems(), [""; 0]);
    assert_eq!(script.requests()[2].status, 0);
}
