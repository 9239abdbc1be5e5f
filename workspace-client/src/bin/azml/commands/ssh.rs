//! `azml compute connect-ssh` and `azml job connect-ssh`: the OpenSSH client, which comes in through a gateway of Azure ML.

use std::ffi::OsString;
use std::process::{Command, ExitCode};

use auth_core::{Error, ErrorKind};
use workspace_client::Workspace;
use workspace_client::resources::compute::{Compute, ComputeKind, ComputeState};
use workspace_client::resources::job::JobService;
use workspace_client::tunnel::Gateway;

use super::resource::workspace_of;
use crate::args::{JobNodeArgs, NameArgs, SshArgs};
use crate::context::{Context, block_on};
use crate::output::Outcome;

/// Who signs in where nobody says it (observed: azure-dev).
const USER: &str = "azureuser";

/// Where an SSH client goes.
struct Server {
    user: String,
    /// What the client calls it.
    name: String,
    road: Road,
}

enum Road {
    /// It is open to the internet.
    Direct(u64),
    /// `azml` with these arguments carries the bytes. A host with a key that lasts has an alias by which the client knows it again.
    Gateway { arguments: Vec<String>, alias: Option<String> },
}

pub(super) fn to_compute(
    name: NameArgs<ComputeKind>,
    session: &SshArgs,
    context: &Context,
) -> Result<Option<Outcome>, Error> {
    let ws = workspace_of(name.workspace, context)?;
    let compute = block_on(running(&ws, &name.name))?;
    let user = compute.ssh_user().unwrap_or(USER).to_owned();
    let server = if let Some((address, port)) = compute.public_ssh() {
        Server { user, name: address.to_owned(), road: Road::Direct(port) }
    } else {
        gateway_of(&compute)?;
        let arguments = arguments("compute", &["--name", &name.name], &ws, context)?;
        let alias = Some(format!("{}.{}.azureml", name.name, ws.name()));
        Server { user, name: name.name, road: Road::Gateway { arguments, alias } }
    };
    server.open(session).map(Some)
}

pub(super) fn to_job(node: JobNodeArgs, session: &SshArgs, context: &Context) -> Result<Option<Outcome>, Error> {
    let JobNodeArgs { job, node_index } = node;
    let ws = workspace_of(job.workspace, context)?;
    block_on(gateway_of_job(&ws, &job.name, node_index))?;
    let said = ["--name", &job.name, "--node-index", &node_index.to_string()];
    let road = Road::Gateway { arguments: arguments("job", &said, &ws, context)?, alias: None };
    Server { user: USER.to_owned(), name: job.name, road }.open(session).map(Some)
}

/// Carries what an SSH client says.
pub(super) fn carry_to_compute(name: NameArgs<ComputeKind>, context: &Context) -> Result<(), Error> {
    let ws = workspace_of(name.workspace, context)?;
    block_on(async {
        let gateway = gateway_of(&running(&ws, &name.name).await?)?;
        carry(&ws, &gateway).await
    })
}

pub(super) fn carry_to_job(node: JobNodeArgs, context: &Context) -> Result<(), Error> {
    let JobNodeArgs { job, node_index } = node;
    let ws = workspace_of(job.workspace, context)?;
    block_on(async {
        let gateway = gateway_of_job(&ws, &job.name, node_index).await?;
        carry(&ws, &gateway).await
    })
}

async fn carry(ws: &Workspace, gateway: &Gateway) -> Result<(), Error> {
    ws.tunnel(gateway).await?.join(tokio::io::stdin(), tokio::io::stdout()).await
}

async fn running(ws: &Workspace, name: &str) -> Result<Compute, Error> {
    let compute = ws.computes().get(name).await?;
    match compute.state() {
        Some(ComputeState::Running | ComputeState::JobRunning) => Ok(compute),
        Some(state) => {
            let message = format!("the compute instance {name} does not run, its state is {state}");
            Err(Error::new(ErrorKind::Configuration, message).with_help(format!("azml compute start --name {name}")))
        }
        None => Err(Error::new(ErrorKind::Configuration, format!("{name} is no compute instance"))
            .with_help("azml compute list --type computeinstance")),
    }
}

fn gateway_of(instance: &Compute) -> Result<Gateway, Error> {
    instance.ssh_gateway().ok_or_else(|| {
        let message = format!("Azure does not say where the services of the compute instance {} are", instance.name());
        Error::new(ErrorKind::Protocol, message)
    })
}

/// The gateway of the first SSH server on a node (observed: azure-dev).
async fn gateway_of_job(ws: &Workspace, job: &str, node: u32) -> Result<Gateway, Error> {
    let refuse = |why: String, help: String| Err(Error::new(ErrorKind::Configuration, why).with_help(help));
    let services = ws.jobs().services(job, node).await?;
    let is_ssh = |service: &&JobService| service.service_type().is_some_and(|kind| kind.eq_ignore_ascii_case("ssh"));
    let Some(service) = services.iter().find(is_ssh) else {
        let why = format!("the job {job} has no SSH server on its node {node}");
        return refuse(
            why,
            "add to its file: services: {shell: {type: ssh, ssh_public_keys: ssh-ed25519 ...}}".to_owned(),
        );
    };
    match (service.status(), service.gateway()) {
        (Some("Running"), Some(gateway)) => Ok(gateway),
        (status, _) => {
            let status = status.unwrap_or("unknown");
            let why =
                format!("the SSH server of the job {job} does not run on its node {node}, its status is {status}");
            refuse(why, format!("look at the job: azml job show --name {job}"))
        }
    }
}

/// With which `azml` carries the bytes, from whichever folder.
fn arguments(kind: &str, said: &[&str], ws: &Workspace, context: &Context) -> Result<Vec<String>, Error> {
    let cloud = context.cloud()?;
    let place = ["--workspace-name", ws.name(), "--resource-group", ws.resource_group()];
    let more = ["--subscription", ws.subscription(), "--cloud", cloud.name()];
    let words = [kind, "ssh-proxy"].into_iter().chain(said.iter().copied()).chain(place).chain(more);
    Ok(words.map(str::to_owned).collect())
}

impl Server {
    fn open(self, session: &SshArgs) -> Result<Outcome, Error> {
        let mut ssh = Command::new("ssh");
        match &self.road {
            Road::Direct(port) => {
                ssh.arg("-p").arg(port.to_string());
            }
            Road::Gateway { arguments, alias } => {
                let mut option = OsString::from("ProxyCommand=");
                option.push(proxy_command(arguments)?);
                ssh.arg("-o").arg(option);
                match alias {
                    Some(alias) => ssh.arg("-o").arg(format!("HostKeyAlias={alias}")),
                    // Each container has a new key, and the gateway has shown that it is Azure's.
                    None => ssh.args(["-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null"]),
                };
            }
        }
        if let Some(key) = &session.private_key_file_path {
            ssh.arg("-i").arg(key);
        }
        ssh.arg("-l").arg(&self.user).arg("--").arg(&self.name).args(&session.command);
        let status = ssh.status().map_err(|error| {
            Error::new(ErrorKind::Configuration, "the OpenSSH client ssh cannot be started")
                .with_help("install it, such as Debian's openssh-client")
                .with_source(error)
        })?;
        let code = status.code().and_then(|code| u8::try_from(code).ok());
        Ok(Outcome::silent(code.map_or(ExitCode::FAILURE, ExitCode::from)))
    }
}

/// This program with these arguments, as a line for the shell and for `ssh`, which replaces what follows a percent sign.
fn proxy_command(arguments: &[String]) -> Result<String, Error> {
    let program = std::env::current_exe()
        .map_err(|error| Error::new(ErrorKind::Configuration, "azml does not find itself").with_source(error))?;
    let program = program.into_os_string().into_string().map_err(|_| {
        Error::new(ErrorKind::Configuration, "the path of azml is not UTF-8").with_help("move azml to another folder")
    })?;
    let words = std::iter::once(&program).chain(arguments);
    Ok(words.map(|word| quoted(&word.replace('%', "%%"))).collect::<Vec<_>>().join(" "))
}

fn quoted(word: &str) -> String {
    if cfg!(windows) { format!("\"{word}\"") } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(unix)]
    fn a_word_reaches_the_shell_as_it_is() {
        assert_eq!(quoted("it's $HOME; %n"), r"'it'\''s $HOME; %n'");
    }
}
