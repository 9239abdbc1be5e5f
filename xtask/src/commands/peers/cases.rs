//! The cases of `auth-msi`, as the clients see them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tempfile::TempDir;
use xtask::emulator::{Emulator, LoggedRequest};
use xtask::script::Script;

use super::super::repository::root;
use super::driver::{Driver, Outcome, Peer, Question};

const CASES: &str = "auth-msi/tests/cases";
/// The time in all of them: one day before the tokens of most expire.
const NOW: u64 = 1_893_369_600;
const IMDS: &str = "169.254.169.254";

/// One case, and what became of it with each client.
#[derive(Debug)]
pub(super) struct Compared {
    pub(super) name: String,
    /// `token`, or the kind of our error.
    pub(super) ours: String,
    /// In the order of [`Peer::ALL`].
    pub(super) theirs: Vec<(Peer, Verdict)>,
}

/// How a client does with a case.
#[derive(Debug)]
pub(super) enum Verdict {
    /// In other words than ours, and why we differ.
    Differs { what: String, reason: Option<String> },
    /// The client has no way to say what is asked for.
    NotAsked,
    /// With the same requests, the same token or an error as well.
    Same,
}

/// Plays every case to every client; also says which difference has no reason, and which reason no difference.
pub(super) fn compare(drivers: &mut BTreeMap<Peer, Driver>) -> Result<(Vec<Compared>, Vec<String>), String> {
    let azure = Emulator::start();
    let (mut compared, mut problems) = (Vec::new(), Vec::new());
    for mut case in Case::all()? {
        let mut theirs = Vec::new();
        for (peer, driver) in drivers.iter_mut() {
            let reason = case.reasons.remove(peer.name());
            let verdict = match case.play(*peer, driver, &azure).map_err(|problem| case.told(*peer, &problem))? {
                None => Verdict::NotAsked,
                Some(what) if what.is_empty() => Verdict::Same,
                Some(what) => Verdict::Differs { what: what.join("; "), reason: reason.clone() },
            };
            match (&verdict, reason) {
                (Verdict::Differs { what, .. }, None) => {
                    problems.push(case.told(*peer, what));
                }
                (Verdict::NotAsked | Verdict::Same, Some(_)) => {
                    problems.push(case.told(*peer, "does not differ, but differs.json says why"));
                }
                _ => {}
            }
            theirs.push((*peer, verdict));
        }
        problems.extend(case.reasons.keys().map(|name| format!("{}: there is no client {name}", case.name)));
        compared.push(Compared { ours: case.ours(), name: case.name, theirs });
    }
    Ok((compared, problems))
}

#[derive(Debug)]
struct Case {
    name: String,
    folder: PathBuf,
    env: String,
    ask: Ask,
    http: Value,
    expected: Value,
    reasons: BTreeMap<String, String>,
}

/// What of `ask.json` decides how a client is asked.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Ask {
    identity: Option<BTreeMap<String, String>>,
    scope: Option<String>,
    tenant: Option<String>,
    in_chain: bool,
    guess: bool,
    own_cloud: bool,
    claims: Option<String>,
    refused: Option<Value>,
    times: Option<usize>,
    limit: Option<Value>,
}

impl Case {
    fn all() -> Result<Vec<Self>, String> {
        let entries = std::fs::read_dir(root().join(CASES)).map_err(|error| format!("{CASES}: {error}"))?;
        let mut folders: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        folders.sort();
        folders.into_iter().map(Self::read).collect()
    }

    fn read(folder: PathBuf) -> Result<Self, String> {
        Ok(Self {
            name: folder.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            env: text(&folder, "env")?.unwrap_or_default(),
            ask: json(&folder, "ask.json")?.unwrap_or_default(),
            http: json(&folder, "http.json")?.map_or_else(|| Value::from(Vec::<Value>::new()), without_accept),
            expected: json(&folder, "expected.json")?.unwrap_or_default(),
            reasons: json(&folder, "differs.json")?.unwrap_or_default(),
            folder,
        })
    }

    fn told(&self, peer: Peer, what: &str) -> String {
        format!("{}: {} {what}", self.name, peer.name())
    }

    fn ours(&self) -> String {
        self.expected["error"].as_str().unwrap_or("token").to_owned()
    }

    /// What the client does otherwise; `None` if it cannot be asked.
    fn play(&self, peer: Peer, driver: &mut Driver, azure: &Emulator) -> Result<Option<Vec<String>>, String> {
        let machine = TempDir::with_prefix("machine-").map_err(|error| format!("no temporary folder: {error}"))?;
        let script = Script::lenient(&self.http.to_string(), machine.path());
        copy(&self.folder.join("files"), machine.path())
            .and_then(|()| std::fs::write(machine.path().join("ca.pem"), script.ca_pem()))
            .map_err(|error| format!("{}: {error}", machine.path().display()))?;
        let own = script.fill(&self.env);
        let own: BTreeMap<String, String> =
            own.lines().filter_map(|line| line.split_once('=')).map(|(a, b)| (a.to_owned(), b.to_owned())).collect();
        if !self.can_be_asked(peer, &own) {
            return Ok(None);
        }
        let mut question = Question::new(azure.env(), machine.path().join("var/opt/azcmagent/tokens"));
        // Whatever is not for this machine ends at the script too, above all what is for a virtual machine's service.
        question.env.insert("HTTP_PROXY".into(), script.fill("{http}"));
        question.env.extend(own);
        let has_imds = question.env.get("AZURE_POD_IDENTITY_AUTHORITY_HOST").is_some_and(|host| !host.is_empty());
        question.identity = self.ask.identity.clone().unwrap_or_default();
        let rig = self.ask.own_cloud.then(|| "https://management.rig.example/.default".to_owned());
        question.scope = self.ask.scope.clone().or(rig).unwrap_or(question.scope);
        question.tenant.clone_from(&self.ask.tenant);
        question.claims.clone_from(&self.ask.claims);
        question.times = self.ask.times.unwrap_or(1);
        question.in_chain = self.ask.in_chain;
        question.now = Some(NOW);

        question.continuous_access = !question.env.contains_key("AZURE_IDENTITY_DISABLE_CP1");

        let refused = azure.refused_hosts().len();
        let mut what = match (driver.ask(&question)?, self.expected["token"].as_str()) {
            (Outcome::Error { .. }, None) => Vec::new(),
            (Outcome::Error { error }, Some(_)) => vec![format!("ends with {error}")],
            (Outcome::Token { .. }, None) => vec!["gets a token".into()],
            (Outcome::Token { token }, Some(ours)) if token == ours => Vec::new(),
            (Outcome::Token { .. }, Some(_)) => vec!["gets another token".into()],
        };
        for (number, differences) in script.differences() {
            what.push(format!("request {number}: {}", differences.join(", ")));
        }
        // Where we were told that there is no virtual machine's service, asking for it says nothing.
        let counts = |request: &&LoggedRequest| self.ask.guess || has_imds || request.host != IMDS;
        let (asked, expected) = (script.requests().iter().filter(counts).count(), self.requests());
        if asked != expected {
            what.push(format!("asks {}, not {}", often(asked), often(expected)));
        }
        what.extend(azure.refused_hosts().get(refused).map(|host| format!("asks {host}")));
        let hide = |text: String| {
            let text = text.replace(&script.fill("{http}"), "{http}").replace(&script.fill("{https}"), "{https}");
            text.replace(&*machine.path().to_string_lossy(), "{root}")
        };
        Ok(Some(what.into_iter().map(hide).collect()))
    }

    /// How many requests the conversation has.
    fn requests(&self) -> usize {
        let times = |exchange: &Value| exchange["times"].as_u64().unwrap_or(1);
        let all: u64 = self.http.as_array().into_iter().flatten().map(times).sum();
        usize::try_from(all).unwrap_or(usize::MAX)
    }

    /// Whether the client knows the kind of host, and has a way to say what is asked for.
    fn can_be_asked(&self, peer: Peer, env: &BTreeMap<String, String>) -> bool {
        let ask = &self.ask;
        // How long a client waits for an answer is a matter of real time.
        let hangs = self.http.as_array().into_iter().flatten().any(|exchange| exchange["response"]["hang"] == true);
        if ask.refused.is_some() || ask.limit.is_some() || hangs {
            return false;
        }
        let has = |name: &str| env.get(name).is_some_and(|value| !value.is_empty());
        match peer {
            Peer::AzureIdentity => true,
            Peer::AzuremlCore => {
                let knows_host = !has("IDENTITY_ENDPOINT")
                    && !has("AZURE_FEDERATED_TOKEN_FILE")
                    && (has("APPSETTING_WEBSITE_SITE_NAME") || !has("MSI_SECRET"));
                knows_host && !ask.in_chain && ask.scope.is_none() && ask.tenant.is_none() && ask.claims.is_none()
            }
            Peer::Msal => {
                let is_cloud_shell = has("MSI_ENDPOINT") && !has("MSI_SECRET") && !has("IDENTITY_ENDPOINT");
                let knows_host = !is_cloud_shell && !has("AZURE_FEDERATED_TOKEN_FILE");
                knows_host && !ask.in_chain && ask.tenant.is_none()
            }
        }
    }
}

fn text(folder: &Path, name: &str) -> Result<Option<String>, String> {
    let file = folder.join(name);
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", file.display())),
    }
}

fn json<T: DeserializeOwned>(folder: &Path, name: &str) -> Result<Option<T>, String> {
    let read = text(folder, name)?.map(|text| serde_json::from_str(&text));
    read.transpose().map_err(|error| format!("{}: {error}", folder.join(name).display()))
}

/// Every client sends its own, and no host looks at it.
fn without_accept(mut exchanges: Value) -> Value {
    for exchange in exchanges.as_array_mut().into_iter().flatten() {
        if let Some(headers) = exchange.pointer_mut("/request/headers").and_then(Value::as_object_mut) {
            headers.retain(|name, _| !name.eq_ignore_ascii_case("accept"));
        }
    }
    exchanges
}

fn often(times: usize) -> String {
    match times {
        0 => "never".into(),
        1 => "once".into(),
        _ => format!("{times} times"),
    }
}

/// Without the line end of the last line, which an editor writes and an agent does not (observed: azure-identity 1.27 sends it).
fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    for entry in from.read_dir()? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            std::fs::create_dir(&target)?;
            copy(&entry.path(), &target)?;
        } else {
            let bytes = std::fs::read(entry.path())?;
            std::fs::write(target, bytes.strip_suffix(b"\n").unwrap_or(&bytes))?;
        }
    }
    Ok(())
}
