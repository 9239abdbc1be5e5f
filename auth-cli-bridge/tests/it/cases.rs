//! Every folder of `tests/cases` is a test: `azure` and `azureml` as az 2.91 and azureml-core 1.61 wrote them, and in
//! `expected.json` what the real `az` answered from them, or the error that is due.

use std::fs;
use std::path::Path;

use auth_cli_bridge::{AzureCliAuthentication, ConfigDir, Profile, configured_cloud};
use auth_core::clock::{from_unix, to_unix};
use auth_core::{AccessToken, Authentication, Clock, Cloud, Env, Error, Scope, Tenant, TokenRequest};
use serde::Deserialize;
use serde_json::Value;

use crate::support::{case, contents};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    now: u64,
    #[serde(default)]
    env: std::collections::HashMap<String, String>,
    answers: Vec<Answer>,
    /// What `az account show` printed.
    account: Option<Value>,
    /// What `az account list --all` printed.
    listed: Option<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    ask: Ask,
    subscription: Option<String>,
    token: Option<ExpectedToken>,
    error: Option<ExpectedError>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ask {
    directory: String,
    scope: Option<String>,
    subscription: Option<String>,
    tenant: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedToken {
    tenant: String,
    expires_on: u64,
    refresh_on: Option<u64>,
    ends_with: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedError {
    kind: String,
    message: String,
    help: Option<String>,
}

#[tokio::test]
async fn what_the_real_clients_wrote_is_answered_as_they_answer() {
    let mut names: Vec<String> =
        fs::read_dir(case("")).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    assert!(names.len() >= 36, "{names:?}");
    for name in names {
        let folder = case(&name);
        let before = contents(&folder);
        check(&name, &folder).await;
        assert_eq!(contents(&folder), before, "{name}: a file was changed");
    }
}

async fn check(name: &str, folder: &Path) {
    let expected: Expected = serde_json::from_slice(&fs::read(folder.join("expected.json")).unwrap()).unwrap();
    let path = |part: &str| folder.join(part).into_os_string().into_string().unwrap();
    let fixed = [
        ("AZURE_CONFIG_DIR", path("azure")),
        ("AZUREML_AUTH_CONFIG_DIR", path("azureml")),
        ("HTTPS_PROXY", "http://127.0.0.1:9".to_owned()),
    ];
    let variables = fixed.map(|(name, value)| (name.to_owned(), value));
    let env = Env::fake(variables.into_iter().chain(expected.env.clone()));
    let profile = Profile::load(&ConfigDir::azure_cli(&env)).unwrap();
    if let Some(account) = &expected.account {
        let cloud = configured_cloud(&env).unwrap().unwrap_or_else(Cloud::public);
        // The text is compared, as the order of the keys is part of what people see.
        let shown = serde_json::to_string_pretty(profile.select(&cloud, None).unwrap()).unwrap();
        assert_eq!(shown, serde_json::to_string_pretty(account).unwrap(), "{name}");
    }
    if let Some(listed) = &expected.listed {
        let own: Vec<_> = profile.subscriptions().iter().map(auth_cli_bridge::Subscription::listed).collect();
        assert_eq!(
            serde_json::to_string_pretty(&own).unwrap(),
            serde_json::to_string_pretty(listed).unwrap(),
            "{name}"
        );
    }
    for answer in &expected.answers {
        let asked = format!("{name}: {:?}", answer.ask);
        let auth = authentication(&answer.ask, &env, expected.now);
        match (ask(&auth, &answer.ask).await, &answer.token, &answer.error) {
            (Ok(token), Some(expected), None) => check_token(&asked, &token, expected),
            (Err(error), None, Some(expected)) => check_error(&asked, &error, expected, folder),
            (result, ..) => panic!("{asked}: {result:?}"),
        }
        if let Some(subscription) = &answer.subscription {
            assert_eq!(&auth.subscription().await.unwrap().id, subscription, "{asked}");
        }
    }
}

fn authentication(ask: &Ask, env: &Env, now: u64) -> AzureCliAuthentication {
    let mut builder = AzureCliAuthentication::builder().env(env.clone()).clock(Clock::fixed(from_unix(now)));
    if ask.directory == "python-sdk" {
        builder = builder.python_sdk();
    }
    if let Some(subscription) = &ask.subscription {
        builder = builder.subscription(subscription);
    }
    builder.build()
}

async fn ask(auth: &AzureCliAuthentication, ask: &Ask) -> Result<AccessToken, Error> {
    let request = match &ask.scope {
        Some(scope) => TokenRequest::new(Scope::parse(scope).unwrap()),
        None => TokenRequest::arm(auth.cloud()),
    };
    auth.token(&request.tenant(ask.tenant.as_deref().map(|tenant| Tenant::parse(tenant).unwrap()))).await
}

fn check_token(asked: &str, token: &AccessToken, expected: &ExpectedToken) {
    assert_eq!(token.tenant(), Some(&Tenant::parse(&expected.tenant).unwrap()), "{asked}");
    assert_eq!(to_unix(token.expires_on()), expected.expires_on, "{asked}");
    let refresh_on = expected.refresh_on.unwrap_or(expected.expires_on - 300);
    assert_eq!(to_unix(token.refresh_on()), refresh_on, "{asked}");
    assert!(token.secret().expose().ends_with(&expected.ends_with), "{asked}");
}

fn check_error(asked: &str, error: &Error, expected: &ExpectedError, folder: &Path) {
    let message = error.to_string().replace(&folder.display().to_string(), "[case]");
    assert_eq!(format!("{:?}", error.kind()), expected.kind, "{asked}: {message}");
    if expected.kind == "Network" {
        // The rest is the operating system's own text.
        assert!(message.starts_with(&expected.message), "{asked}: {message}");
    } else {
        assert_eq!((message.as_str(), error.help()), (expected.message.as_str(), expected.help.as_deref()), "{asked}");
    }
}
