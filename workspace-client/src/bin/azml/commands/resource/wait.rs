//! Waiting for what Azure takes its time for.

use auth_core::{Error, ErrorKind};
use workspace_client::Workspace;
use workspace_client::arm::Poller;
use workspace_client::resources::Kind;

use super::Parent;
use crate::progress::Progress;

/// An operation in the words of a person.
pub(crate) struct Operation {
    /// Such as `creating the compute cpu`.
    what: String,
    /// The command that shows how far it has come.
    look: String,
}

impl Operation {
    pub(crate) fn of<K: Kind>(doing: &str, name: &str, workspace: &Workspace) -> Self {
        let (kind, group) = (K::NAME, workspace.resource_group());
        let command = kind.replace(' ', "-");
        let (workspace, subscription) = (workspace.name(), workspace.subscription());
        Self {
            what: format!("{doing} the {kind} {name}"),
            look: format!(
                "azml {command} show --name {name} --workspace-name {workspace} --resource-group {group} --subscription {subscription}"
            ),
        }
    }

    /// Of what lies in more than the workspace.
    pub(crate) fn in_parent(mut self, parent: &impl Parent) -> Self {
        self.look.push_str(&parent.options());
        self
    }

    pub(crate) fn on_workspace(doing: &str, workspace: &Workspace) -> Self {
        let (name, group, subscription) = (workspace.name(), workspace.resource_group(), workspace.subscription());
        Self {
            what: format!("{doing} the workspace {name}"),
            look: format!("azml workspace show --name {name} --resource-group {group} --subscription {subscription}"),
        }
    }

    pub(crate) fn on_registry(doing: &str, name: &str) -> Self {
        Self { what: format!("{doing} the registry {name}"), look: format!("azml registry show --name {name}") }
    }

    /// Why nobody watches it any more, although Azure goes on with it.
    fn unwatched(&self, error: Error) -> Error {
        let message = format!("{} goes on in Azure, but it is not watched any more", self.what);
        let help = match error.help().filter(|_| error.kind() == ErrorKind::Interaction) {
            Some(sign_in) => format!("{sign_in}, then look at it: {}", self.look),
            None => format!("look at it later: {}", self.look),
        };
        let unwatched = Error::new(error.kind(), message).with_help(help);
        let unwatched = match error.correlation_id() {
            Some(id) => unwatched.with_correlation_id(id),
            None => unwatched,
        };
        if error.kind() == ErrorKind::Cancelled { unwatched } else { unwatched.with_source(error) }
    }
}

/// Waits for the end, unless that is not wanted. Ctrl-C ends the waiting, as it cannot end the operation.
pub(crate) async fn finish<T>(mut poller: Poller<T>, no_wait: bool, operation: &Operation) -> Result<Option<T>, Error> {
    if no_wait && !poller.is_done() {
        return Ok(None);
    }
    let progress = Progress::new();
    progress.on(operation.what.clone());
    let outcome = tokio::select! {
        outcome = poller.wait() => outcome,
        Ok(()) = tokio::signal::ctrl_c() => Err(Error::new(ErrorKind::Cancelled, "the waiting was ended")),
    };
    progress.done();
    match outcome {
        Err(error) if !poller.is_done() => Err(operation.unwatched(error)),
        outcome => outcome.map(Some),
    }
}
