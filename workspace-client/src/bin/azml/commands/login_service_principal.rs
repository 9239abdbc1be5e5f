//! With what `azml login --service-principal` signs in.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use auth_core::{Credential, Env, Error, ErrorKind, Secret, Tenant};

use super::secret_option::given;
use crate::args::ServicePrincipalArgs;

/// The variable that the Azure SDKs read, too. It shows in no list of processes.
const VARIABLE: &str = "AZURE_CLIENT_SECRET";

/// An application that is to sign in.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) client_id: String,
    pub(crate) tenant: Tenant,
    pub(crate) credential: Credential,
}

impl Application {
    /// The application that the command line names, if it names one. A secret that is given nowhere is asked for.
    pub(crate) fn named(
        args: &ServicePrincipalArgs,
        client_id: Option<&str>,
        tenant: Option<&str>,
        env: &Env,
    ) -> Result<Option<Self>, Error> {
        let (Some(client_id), Some(tenant), true) = (client_id, tenant, args.service_principal) else {
            return Ok(None);
        };
        let (client_id, tenant) = (client_id.trim().to_owned(), Tenant::parse(tenant)?);
        Ok(Some(Self { client_id, tenant, credential: credential(args, env)? }))
    }
}

fn credential(args: &ServicePrincipalArgs, env: &Env) -> Result<Credential, Error> {
    if let Some(path) = &args.certificate {
        return Ok(Credential::Certificate { path: absolute(path)?, sends_chain: args.use_cert_sn_issuer });
    }
    if let Some(path) = &args.federated_token_file {
        return Ok(Credential::AssertionFile(absolute(path)?));
    }
    if let Some(token) = &args.federated_token {
        return given("--federated-token", token).map(Credential::Assertion);
    }
    if let Some(password) = &args.password {
        return given("--password", password).map(Credential::Secret);
    }
    env.var(VARIABLE).map_or_else(asked_for, |secret| Ok(secret.into())).map(Credential::Secret)
}

/// Asks on the terminal, without showing what is typed.
fn asked_for() -> Result<Secret, Error> {
    let missing = || {
        Error::new(ErrorKind::Configuration, "there is no secret, and no terminal to ask for it").with_help(format!(
            "set {VARIABLE}, or give --password @<file>, --certificate <file> or --federated-token-file <file>"
        ))
    };
    if !std::io::stdin().is_terminal() {
        return Err(missing());
    }
    let secret = rpassword::prompt_password("Client secret: ").map_err(|error| missing().with_source(error))?;
    match secret.trim() {
        "" => Err(Error::new(ErrorKind::Configuration, "no secret was typed").with_help("run the command again")),
        secret => Ok(secret.into()),
    }
}

/// The next command may run elsewhere.
fn absolute(path: &Path) -> Result<PathBuf, Error> {
    std::path::absolute(path).map_err(|error| {
        Error::new(ErrorKind::Configuration, format!("{} is not the path of a file", path.display())).with_source(error)
    })
}
