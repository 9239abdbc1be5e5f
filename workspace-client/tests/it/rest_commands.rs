//! `azml rest`, against the emulator.

use serde_json::{Value, json};
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::compute_commands::Desk;
use crate::emulator::json;

const TENANTS: &str = "/tenants?api-version=2022-12-01";

fn snapshot(name: &str, text: &str) {
    let filters =
        vec![(r"correlation id [0-9a-f-]+", "correlation id [id]"), (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]")];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

#[test]
fn any_path_of_resource_manager_is_asked_with_the_right_token() {
    let desk = Desk::new();
    let subscription = json(desk.azml(&["rest", "GET", "/subscriptions/{subscriptionId}?api-version=2022-12-01"]));
    assert_eq!(subscription["subscriptionId"], defaults::SUBSCRIPTION);
    for words in [
        &["rest", TENANTS][..],
        &["rest", "get", TENANTS],
        &["rest", "-m", "GET", "-u", TENANTS],
        &["rest", "--uri", TENANTS],
    ] {
        assert!(json(desk.azml(words))["value"].is_array(), "{words:?}");
    }
    let parameters = ["rest", "/tenants", "--uri-parameters", "api-version=2022-12-01", r#"{"$top": 3}"#];
    desk.azml(&parameters).success();
    let request = desk.azure.requests().into_iter().next_back().unwrap();
    assert_eq!((request.query["api-version"].as_str(), request.query["$top"].as_str()), ("2022-12-01", "3"));
    assert_eq!(desk.azml(&["rest", TENANTS, "--query", "length(value)", "-o", "tsv"]).success().trim(), "2");
    // A guest of another tenant: the token is of the subscription's own.
    let shared = format!("/subscriptions/{}/resourcegroups?api-version=2022-09-01", defaults::FABRIKAM_SUBSCRIPTION);
    assert!(json(desk.azml(&["rest", "--url", &shared]))["value"].is_array());
}

#[test]
fn bodies_and_headers_come_from_words_and_files_and_answers_go_to_files() {
    let desk = Desk::new();
    let path = format!(
        "/subscriptions/{}/resourceGroups/{}/providers/Microsoft.MachineLearningServices/workspaces/{}/connections/git?api-version=2025-12-01",
        defaults::SUBSCRIPTION,
        defaults::RESOURCE_GROUP,
        defaults::WORKSPACE
    );
    let body =
        json!({"properties": {"authType": "PAT", "category": "Git", "target": "t", "credentials": {"pat": "canary"}}});
    desk.home.write("body.json", &body.to_string());
    desk.home.write("headers.json", r#"{"x-one": "1", "x-two": "canary"}"#);
    let put = ["rest", "PUT", &path, "--body", "@body.json", "--headers", "@headers.json", "x-three=3"];
    desk.azml(&put).success();
    let request = desk.azure.requests().into_iter().rev().find(|request| request.method == "PUT").unwrap();
    assert_eq!(serde_json::from_str::<Value>(&request.body).unwrap(), body);
    let header = |name: &str| request.headers[name].as_str();
    assert_eq!([header("x-one"), header("x-two"), header("x-three")], ["1", "canary", "3"]);
    assert_eq!(header("content-type"), "application/json");
    assert_eq!(desk.azml(&["rest", &path, "--output-file", "saved.json"]).success(), "");
    let saved = std::fs::read_to_string(desk.home.path().join("saved.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&saved).unwrap()["name"], "git");
    desk.azml(&["rest", "DELETE", &path]).success();
    desk.azure.add_fault(Fault::new("/tenants", Effect::Html));
    assert_eq!(desk.azml(&["rest", TENANTS]).code, 1);
}

#[test]
fn a_token_goes_nowhere_else() {
    let (desk, other) = (Desk::new(), Emulator::start());
    let elsewhere = format!("{}{TENANTS}", other.http_url().trim_end_matches('/'));
    let refused = desk.azml(&["rest", "--url", &elsewhere]);
    assert!(refused.stderr.starts_with("error: which token does 127.0.0.1 want?"), "{}", refused.stderr);
    assert_eq!(other.requests().len(), 0);
    desk.azml(&["rest", "--url", &elsewhere, "--skip-authorization-header"]).failure();
    desk.azml(&["rest", "--url", &elsewhere, "--headers", "Authorization=Bearer own"]).failure();
    let seen: Vec<_> = other.requests().iter().map(|request| request.headers.get("authorization").cloned()).collect();
    assert_eq!(seen, [None, Some("Bearer own".to_owned())]);
    desk.azml(&["rest", "--url", &elsewhere, "--resource", "https://ml.azure.com"]).failure();
    let seen = other.requests().into_iter().next_back().unwrap();
    assert!(seen.headers["authorization"].starts_with("Bearer eyJ"), "the person named the resource");

    let moved = Effect::Status {
        status: 307,
        headers: vec![("location".to_owned(), "https://evil.example/x".to_owned())],
        body: String::new(),
        content_type: String::new(),
    };
    desk.azure.add_fault(Fault::new("/tenants", moved));
    snapshot("rest_redirect", &desk.azml(&["rest", TENANTS]).failure());
}

#[test]
fn a_token_that_is_refused_is_replaced_once() {
    let desk = Desk::new();
    desk.azml(&["rest", TENANTS]).success();
    desk.azure.add_fault(Fault::once("/tenants", Effect::status(401)));
    desk.azml(&["rest", TENANTS]).success();
    let tokens: Vec<_> = desk
        .azure
        .requests()
        .iter()
        .rev()
        .filter(|request| request.path == "/tenants")
        .take(2)
        .map(|request| request.headers["authorization"].clone())
        .collect();
    assert_ne!(tokens[0], tokens[1]);
}

#[test]
fn what_cannot_be_sent_or_is_refused_is_told_without_its_secrets() {
    let desk = Desk::new();
    desk.home.write("canary.txt", "no header");
    let mut told = String::new();
    for args in [
        &["GET", "https://vault.example/secrets/canary?sig=canary"][..],
        &["GET", "http://management.azure.com/x"],
        &["GET", "https://ada:canary@management.azure.com/x"],
        &["GET", "ftp://management.azure.com/x"],
        &["FETCH", TENANTS],
        &["GET", TENANTS, "--headers", "canary"],
        &["GET", TENANTS, "--headers", "a b=canary"],
        &["GET", TENANTS, "--uri-parameters", "x=1", "canary"],
        &["GET", TENANTS, "--body", "@absent.json"],
        &["GET", "/subscriptions/{subscriptionId}/resourcegroups/none?api-version=2022-09-01"],
        &["GET", "/subscriptions/{subscriptionId}"],
    ] {
        let run = desk.azml(&[&["rest"], args].concat());
        assert_ne!(run.code, 0, "{args:?}");
        told += &["$ azml rest ", &args.join(" ").replace("canary", "[secret]"), "\n", &run.stderr, "\n"].concat();
    }
    assert!(!told.contains("canary"), "{told}");
    snapshot("rest_errors", &told);
    assert_eq!(desk.azml(&["rest"]).code, 2);
}
