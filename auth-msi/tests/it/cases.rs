//! Every folder of `tests/cases` is a test: `env` and `files` are the machine, `ask.json` says what is asked for, `http.json` is the
//! conversation with its identity endpoint, and `expected.json` is what comes out of it.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use auth_core::clock::{from_unix, to_unix};
use auth_core::{AccessToken, Authentication, Clock, Cloud, Env, Error, Scope, Tenant, TokenRequest};
use auth_msi::{Host, Identity, Machine, MsiAuthentication, Principal};
use serde::Deserialize;
use serde_json::{Value, json};
use xtask::log::Log;
use xtask::script::Script;

/// One day before the tokens of most cases expire.
const NOW: u64 = 1_893_369_600;

/// What is asked for; by default a token for Azure Resource Manager, of whatever identity there is, with nobody else to answer.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Ask {
    identity: Option<Selected>,
    scope: Option<String>,
    tenant: Option<String>,
    in_chain: bool,
    /// Whether the server of the script is a virtual machine's service that nothing but a guess leads to.
    guess: bool,
    /// Whether the server of the script is the authority of the cloud.
    own_cloud: bool,
    claims: Option<String>,
    /// The token that a service refused.
    refused: Option<String>,
    /// How often it is asked for; what comes out the last time counts.
    times: Option<usize>,
    /// How many seconds an answer may take.
    limit: Option<u64>,
}

#[derive(Deserialize)]
enum Selected {
    #[serde(rename = "client_id")]
    Client(String),
    #[serde(rename = "object_id")]
    Object(String),
    #[serde(rename = "resource_id")]
    Resource(String),
}

#[tokio::test]
async fn every_host_is_asked_and_understood_as_its_case_says() {
    let cases = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let mut folders: Vec<PathBuf> = fs::read_dir(cases).unwrap().map(|entry| entry.unwrap().path()).collect();
    folders.sort_unstable();
    assert!(folders.len() >= 60, "{}", folders.len());
    let mut problems = Vec::new();
    for folder in folders {
        let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
        problems.extend(check(&folder).await.into_iter().map(|problem| format!("{name}: {problem}")));
    }
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

async fn check(folder: &Path) -> Vec<String> {
    let read = |file: &str| fs::read_to_string(folder.join(file)).ok();
    let root = tempfile::tempdir().unwrap();
    copy(&folder.join("files"), root.path());
    let script = Script::start(&read("http.json").unwrap_or_else(|| "[]".to_owned()), root.path());
    fs::File::create(root.path().join("ca.pem")).and_then(|mut it| it.write_all(script.ca_pem().as_bytes())).unwrap();
    let ask: Ask = read("ask.json").map(|text| serde_json::from_str(&text).unwrap()).unwrap_or_default();
    let variables = script.fill(&read("env").unwrap_or_default());
    let env: HashMap<&str, &str> = variables.lines().filter_map(|line| line.split_once('=')).collect();

    let (log, guard) = Log::of_this_thread();
    let (outcome, shown) = run(&ask, &env, &script, root.path()).await;
    drop(guard);
    let outcome =
        outcome.to_string().replace(&script.fill("{http}"), "{http}").replace(&script.fill("{https}"), "{https}");
    let outcome: Value = serde_json::from_str(&outcome.replace(&*root.path().to_string_lossy(), "{root}")).unwrap();

    let mut problems = script.problems();
    let expected: Value = read("expected.json").map_or(Value::Null, |text| serde_json::from_str(&text).unwrap());
    if outcome != expected {
        problems.push(format!("what comes out is {outcome:#}"));
    }
    let text = format!("{shown} {}", log.text());
    problems.extend(text.contains("canary").then(|| format!("a secret is shown: {text}")));
    problems
}

/// What comes out, and what could be printed of it.
async fn run(ask: &Ask, env: &HashMap<&str, &str>, script: &Script, root: &Path) -> (Value, String) {
    let clock = Clock::fixed(from_unix(NOW));
    let cloud = if ask.own_cloud {
        let own = script.fill("{https}");
        Cloud::custom("Rig", &own, &own, "https://management.rig.example").unwrap().build()
    } else {
        Cloud::public()
    };
    let guess = ask.guess.then(|| Host::imds_at(&script.fill("{http}")).unwrap());
    let auth = MsiAuthentication::builder(cloud)
        .machine(Machine::new(Env::fake(env.iter().map(|(name, value)| (*name, *value)))).root(root))
        .clock(clock.clone())
        .guess(guess)
        .identity(ask.identity.as_ref().map(Selected::identity).unwrap_or_default())
        .in_chain(ask.in_chain)
        .build();
    let scope = ask.scope.as_ref().map(|scope| Scope::parse(scope).unwrap().into());
    let mut request = TokenRequest::new(scope.unwrap_or_else(|| auth.cloud().arm_scope()))
        .tenant(ask.tenant.as_deref().map(|tenant| Tenant::parse(tenant).unwrap()))
        .timeout(Duration::from_secs(ask.limit.unwrap_or(90)));
    if let Some(claims) = &ask.claims {
        // The challenge is about a token that was served before it.
        let _ = auth.token(&request).await;
        request = request.claims(claims);
    }
    if let Some(refused) = &ask.refused {
        request = request.instead_of(&AccessToken::new(refused.as_str(), from_unix(NOW + 3600)));
    }
    let mut outcome = auth.token(&request).await;
    for _ in 1..ask.times.unwrap_or(1) {
        outcome = auth.token(&request).await;
    }
    let shown = format!("{auth:?} {outcome:?} {}", outcome.as_ref().err().map(ToString::to_string).unwrap_or_default());
    let waited = to_unix(clock.now()) - NOW;
    (describe(&outcome, waited), shown)
}

fn describe(outcome: &Result<AccessToken, Error>, waited: u64) -> Value {
    let mut described = match outcome {
        Ok(token) => json!({
            "token": token.secret().expose(),
            "expires_on": to_unix(token.expires_on()),
            "refresh_on": to_unix(token.refresh_on()),
            "principal": Principal::of(token).ok().map(|principal| principal.to_string()),
        }),
        Err(error) => json!({
            "error": format!("{:?}", error.kind()),
            "message": error.to_string(),
            "help": error.help(),
            "status": error.status(),
            "retry_after": error.retry_after().map(|wait| wait.as_secs()),
            "correlation_id": error.correlation_id(),
        }),
    };
    if let Value::Object(members) = &mut described {
        members.retain(|_, value| !value.is_null());
        if waited > 0 {
            members.insert("waited".to_owned(), json!(waited));
        }
    }
    described
}

impl Selected {
    fn identity(&self) -> Identity {
        match self {
            Self::Client(id) => Identity::ClientId(id.clone()),
            Self::Object(id) => Identity::ObjectId(id.clone()),
            Self::Resource(id) => Identity::ResourceId(id.clone()),
        }
    }
}

fn copy(from: &Path, to: &Path) {
    let Ok(entries) = fs::read_dir(from) else { return };
    for entry in entries.map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::create_dir(&target).unwrap();
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// A case is a folder of just these, so that a file with a wrong name is noticed.
#[test]
fn a_case_holds_nothing_that_is_not_read() {
    let known = ["ask.json", "differs.json", "env", "expected.json", "files", "http.json"];
    let mut counted: BTreeMap<String, usize> = BTreeMap::new();
    for folder in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases")).unwrap() {
        for entry in fs::read_dir(folder.unwrap().path()).unwrap() {
            *counted.entry(entry.unwrap().file_name().into_string().unwrap()).or_default() += 1;
        }
    }
    assert!(counted.keys().all(|name| known.contains(&name.as_str())), "{counted:?}");
    assert_eq!(counted.get("env"), counted.get("expected.json"), "{counted:?}");
}
