//! A process that runs one peer, for as many questions as there are.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use serde::{Deserialize, Serialize};

const PROGRAM: &str = include_str!("driver.py");
/// Nobody sleeps, so whatever takes longer will not come.
const PATIENCE: Duration = Duration::from_secs(30);

/// One of Microsoft's clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Peer {
    AzureIdentity,
    AzuremlCore,
    Msal,
}

/// What a peer is asked.
#[derive(Debug, Serialize)]
pub(super) struct Question {
    pub(super) env: BTreeMap<String, String>,
    pub(super) identity: BTreeMap<String, String>,
    pub(super) scope: String,
    pub(super) tenant: Option<String>,
    pub(super) claims: Option<String>,
    pub(super) times: usize,
    /// Whether it says that it understands the revocation of its tokens, as we do.
    pub(super) continuous_access: bool,
    pub(super) in_chain: bool,
    pub(super) arc_tokens: PathBuf,
    /// The seconds since the epoch that it believes in.
    pub(super) now: Option<u64>,
}

/// What comes out of it.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub(super) enum Outcome {
    /// The class of the error; its text may have ports and addresses in it.
    Error {
        error: String,
    },
    Token {
        token: String,
    },
}

/// The running process. Dropping it stops it.
#[derive(Debug)]
pub(super) struct Driver {
    process: Child,
    questions: ChildStdin,
    answers: Receiver<String>,
    /// What it complains about, and its libraries warn of.
    log: PathBuf,
}

impl Peer {
    pub(super) const ALL: [Self; 3] = [Self::AzureIdentity, Self::AzuremlCore, Self::Msal];

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::AzureIdentity => "azure-identity",
            Self::AzuremlCore => "azureml-core",
            Self::Msal => "msal",
        }
    }
}

impl Question {
    /// A token for Azure Resource Manager, of whatever identity there is.
    pub(super) fn new(env: impl IntoIterator<Item = (String, String)>, arc_tokens: PathBuf) -> Self {
        Self {
            env: env.into_iter().collect(),
            identity: BTreeMap::new(),
            scope: "https://management.core.windows.net//.default".into(),
            tenant: None,
            claims: None,
            times: 1,
            continuous_access: true,
            in_chain: false,
            arc_tokens,
            now: None,
        }
    }
}

impl Driver {
    pub(super) fn start(python: &Path, peer: Peer, home: &Path) -> Result<Self, String> {
        let problem = |error: std::io::Error| format!("{} with Python: {error}", peer.name());
        let program = home.join("driver.py");
        std::fs::write(&program, PROGRAM).map_err(problem)?;
        let mut command = Command::new(python);
        command.arg(program).arg(peer.name()).env_clear().env("HOME", home).current_dir(home);
        command.envs(["PATH", "SYSTEMROOT"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
        let log = home.join(format!("{}.log", peer.name()));
        let errors = std::fs::File::create(&log).map_err(problem)?;
        let process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).spawn();
        let mut process = process.map_err(problem)?;
        let questions = process.stdin.take().expect("its input is piped");
        let printed = BufReader::new(process.stdout.take().expect("its output is piped"));
        let (send, answers) = channel();
        // It ends with the process.
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                // Whoever has stopped asking no longer listens.
                let _ = send.send(line);
            }
        });
        Ok(Self { process, questions, answers, log })
    }

    pub(super) fn ask(&mut self, question: &Question) -> Result<Outcome, String> {
        let question = serde_json::to_string(question).expect("a question is JSON");
        let process = &mut self.process;
        let mut problem = |error: String| {
            let ended = process.try_wait().ok().flatten().map(|status| format!(" ({status})")).unwrap_or_default();
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            format!("the client does not answer{ended}: {error}: {}", log.lines().last().unwrap_or_default())
        };
        writeln!(self.questions, "{question}").map_err(|error| problem(error.to_string()))?;
        let answer = self.answers.recv_timeout(PATIENCE).map_err(|error| problem(error.to_string()))?;
        serde_json::from_str(&answer).map_err(|error| problem(format!("{answer:?}: {error}")))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
