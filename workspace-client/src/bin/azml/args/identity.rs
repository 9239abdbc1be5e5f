//! `azml identity`.

use std::ffi::OsString;

use clap::{Args, Subcommand};

use super::IdentityArgs;
use crate::commands::Bind;

#[derive(Debug, Subcommand)]
pub(crate) enum IdentityCommand {
    /// Serve tokens of your login, as App Service does those of a managed identity, until Ctrl-C
    ///
    /// The Azure SDKs ask such an endpoint where two variables are set. A command that follows after -- gets them in its
    /// environment, and the endpoint ends with it and with its exit code. Without one they are printed, to be pasted into a shell.
    ///
    /// Nobody is asked to sign in. Each request and its answer is told on stderr, without the token; where nobody can
    /// read that any more, it ends.
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Listen at this address of this machine, with port 0 at any free port, or at a socket (unix:PATH) that only you reach
    #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:0")]
    pub(crate) bind: Bind,

    /// Answer to this name of the address, too, such as host.docker.internal
    #[arg(long, value_name = "NAME", value_parser = host_name)]
    pub(crate) host: Vec<String>,

    /// Give tokens for this resource, too, such as https://storage.azure.com, or for any: '*' [always: Azure Resource Manager
    /// and Azure Machine Learning]
    #[arg(long, value_name = "RESOURCE")]
    pub(crate) allow: Vec<String>,

    /// Give at most so many tokens in a minute
    #[arg(long, value_name = "NUMBER", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) rate: u32,

    #[command(flatten)]
    pub(crate) identity: IdentityArgs,

    /// Run this command with the variables in its environment
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// A bare name, without a scheme and a port.
fn host_name(text: &str) -> Result<String, String> {
    match url::Host::parse(text) {
        Ok(url::Host::Domain(name)) if !name.contains('*') => Ok(text.to_owned()),
        Ok(url::Host::Ipv4(_) | url::Host::Ipv6(_)) => Ok(text.to_owned()),
        _ => Err("it is not the name of a host; give it without a scheme and a port".to_owned()),
    }
}
