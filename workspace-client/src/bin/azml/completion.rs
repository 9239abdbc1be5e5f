//! Completion of names from the workspace, while somebody types.
//!
//! A shell with the script of `azml completions --dynamic` asks azml for each word. Nobody is asked to sign in then, and whatever
//! goes wrong is silent.

use std::ffi::OsStr;
use std::sync::mpsc;
use std::time::Duration;

use auth_core::Error;
use clap::{CommandFactory as _, Parser};
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use workspace_client::Workspace;
use workspace_client::arm::Pager;
use workspace_client::resources::Resource;

use crate::args::{Cli, Global, WorkspaceArgs};
use crate::commands::workspace_of;
use crate::context::{Context, block_on};

/// What a shell sets when it asks.
pub(crate) const VARIABLE: &str = "AZML_COMPLETE";

/// How long a person waits for the names.
const PATIENCE: Duration = Duration::from_secs(2);
/// More of them help nobody who types.
const MOST: usize = 200;

/// Answers a shell that asks, and ends; does nothing otherwise.
pub(crate) fn answer() {
    CompleteEnv::with_factory(Cli::command).var(VARIABLE).complete();
}

/// Completes the names in this list: `#[arg(long, add = names(|ws| ws.computes().list()))]`.
pub(crate) fn names<K: Send + 'static>(list: fn(&Workspace) -> Pager<Resource<K>>) -> ArgValueCompleter {
    ArgValueCompleter::new(move |typed: &OsStr| {
        let (sender, receiver) = mpsc::channel();
        // A thread of its own, because a lock or a name server may hold it up for longer than anybody waits.
        std::thread::spawn(move || sender.send(found(list)));
        let found = receiver.recv_timeout(PATIENCE).ok().and_then(Result::ok).unwrap_or_default();
        let typed = typed.to_string_lossy();
        found.into_iter().filter(|name| name.starts_with(&*typed)).map(CompletionCandidate::new).collect()
    })
}

fn found<K: Send + 'static>(list: fn(&Workspace) -> Pager<Resource<K>>) -> Result<Vec<String>, Error> {
    let Said { global, workspace } = Said::on_the_command_line();
    let context = Context::new(&global);
    let mut pager = list(&workspace_of(workspace, &context)?);
    block_on(async {
        let mut names = Vec::new();
        while let Some(resource) = pager.try_next().await? {
            names.push(resource.name().to_owned());
            if names.len() == MOST {
                break;
            }
        }
        Ok(names)
    })
}

/// Which workspace was said in the part of the line that is there.
#[derive(Debug, Parser)]
#[command(ignore_errors = true, disable_help_flag = true)]
struct Said {
    #[command(flatten)]
    global: Global,
    #[command(flatten)]
    workspace: WorkspaceArgs,
}

impl Said {
    fn on_the_command_line() -> Self {
        // azml -- azml compute show --name ...
        let line = std::env::args_os().skip_while(|word| word != "--").skip(1);
        let mut said = vec![std::ffi::OsString::from("azml")];
        let mut words = line.skip(1).peekable();
        while let Some(word) = words.next() {
            let text = word.to_string_lossy();
            let (name, value) = text.split_once('=').map_or((&*text, None), |(name, value)| (name, Some(value)));
            let is_known =
                ["-g", "-s", "-w", "--cloud", "--resource-group", "--subscription", "--workspace-name"].contains(&name);
            if is_known {
                said.push(word.clone());
                said.extend(if value.is_none() { words.next() } else { None });
            }
        }
        Self::parse_from(said)
    }
}
