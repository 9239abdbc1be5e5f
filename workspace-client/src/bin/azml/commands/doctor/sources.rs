//! The ways of signing in, in the order in which they are tried.

use auth_cli_bridge::{AzureCliAuthentication, ConfigDir};
use auth_core::service_principal::{ServicePrincipalAuthentication, ServicePrincipalBuilder};
use auth_core::{Account, Authentication as _, Error, ErrorKind};
use auth_msi::{HostKind, Machine};
use workspace_client::auth::{self, InteractiveLoginAuthentication, RunTokenAuthentication};

use super::finding::{Finding, Status};
use crate::context::Context;

const MACHINE: &str = "managed identity";

/// Each way, whether it is there, and which one would be used. Only files and variables are looked at.
pub(super) async fn find(
    auth: Option<&InteractiveLoginAuthentication>,
    user: Option<&str>,
    context: &Context,
) -> Vec<Finding> {
    let Some(auth) = auth else {
        // The section before this one has said why.
        return vec![Finding::absent("any", "cannot be told before the cloud is known")];
    };
    let mut findings = vec![machine(context), service_principal(auth, user, context), run_token(auth, user, context)];
    let chosen = auth.account().await;
    findings.push(of_account("saved login", chosen.clone().transpose()));
    // Where it is not known which one is used, one of these might be it.
    if let Ok(chosen) = chosen {
        let others = auth.accounts().await.unwrap_or_default();
        findings.extend(others.into_iter().filter(|account| Some(account) != chosen.as_ref()).map(|account| {
            let name = account.username.or(account.home_account_id).unwrap_or_default();
            Finding::absent("another saved login", format!("{name}; azml login --username {name} chooses it"))
        }));
    }
    let env = &context.env;
    for (name, directory) in
        [("login of the Python SDK", ConfigDir::python_sdk(env)), ("login of the Azure CLI", ConfigDir::azure_cli(env))]
    {
        let cli = AzureCliAuthentication::builder().cloud(auth.cloud().clone()).directory(directory).env(env.clone());
        findings.push(of_account(name, Some(cli.build().account().await)));
    }
    mark_the_first(&mut findings, user.is_some());
    findings
}

fn machine(context: &Context) -> Finding {
    let machine = auth::machine(&context.env);
    let names = |kinds: &[HostKind]| kinds.iter().map(|kind| kind.name()).collect::<Vec<_>>().join(", ");
    match machine.host() {
        Ok(host) => {
            let before: Vec<_> = machine.kinds().iter().copied().take_while(|kind| *kind != host.kind()).collect();
            let before = if before.is_empty() { String::new() } else { format!("; no sign of {}", names(&before)) };
            Finding::ok(MACHINE, format!("{} gives tokens here{before}", host.name()))
        }
        Err(error) if error.kind() == ErrorKind::Unavailable => {
            let looked_for = names(machine.kinds());
            Finding::absent(
                MACHINE,
                format!("{error}; looked for signs of, in this order: {looked_for}{}", unasked(context)),
            )
        }
        Err(error) => Finding::from_error(MACHINE, &error),
    }
}

/// What has an identity that must be chosen.
fn unasked(context: &Context) -> String {
    let found = Machine::new(context.env.clone()).order([HostKind::Arc, HostKind::WorkloadIdentity]).host();
    found.map_or_else(
        |_| String::new(),
        |host| format!("; azml login --identity would use the identity of {}", host.name()),
    )
}

fn service_principal(auth: &InteractiveLoginAuthentication, user: Option<&str>, context: &Context) -> Finding {
    let name = "service principal";
    let (cloud, http) = (auth.cloud().clone(), context.http.clone());
    let found = ServicePrincipalAuthentication::from_env(&context.env, cloud, None, http);
    match found.and_then(ServicePrincipalBuilder::build) {
        Ok(it) => {
            let (id, tenant, credential) = (it.client_id(), it.tenant(), it.credential());
            let detail = format!("{id} in tenant {tenant}, by the variables; credential: {credential}");
            match user.filter(|user| !user.eq_ignore_ascii_case(id)) {
                Some(user) => Finding::absent(name, format!("{detail}; passed over, as {user} is wanted")),
                None => {
                    it.check().map_or_else(|error| Finding::from_error(name, &error), |()| Finding::ok(name, detail))
                }
            }
        }
        Err(error) if error.kind() == ErrorKind::Unavailable => Finding::absent(name, error.to_string()),
        Err(error) => Finding::from_error(name, &error),
    }
}

fn run_token(auth: &InteractiveLoginAuthentication, user: Option<&str>, context: &Context) -> Finding {
    let (name, env) = ("run token", &context.env);
    match RunTokenAuthentication::from_env(env, auth.cloud().clone()) {
        Ok(_) if !RunTokenAuthentication::is_ambient(env) => {
            Finding::absent(name, "it is there, but AZUREML_RUN_TOKEN_USE_AMBIENT_AUTH is not true")
        }
        Ok(_) => match user {
            Some(user) => Finding::absent(name, format!("it is of no user, and {user} is wanted")),
            None => Finding::ok(name, "it serves Azure ML's data plane, and not Azure Resource Manager"),
        },
        Err(error) if error.kind() == ErrorKind::Unavailable => Finding::absent(name, error.to_string()),
        // What is not used is not in the way.
        Err(error) if !RunTokenAuthentication::is_ambient(env) => Finding::absent(name, error.to_string()),
        Err(error) => Finding::from_error(name, &error),
    }
}

fn of_account(name: &str, account: Option<Result<Account, Error>>) -> Finding {
    match account {
        Some(Ok(account)) => {
            let tenant = account.tenant.map(|tenant| format!(" in tenant {tenant}")).unwrap_or_default();
            Finding::ok(name, format!("{}{tenant}", account.username.as_deref().unwrap_or("somebody without a name")))
        }
        None => Finding::absent(name, "nobody has signed in with azml"),
        Some(Err(error)) if error.kind() == ErrorKind::Unavailable => Finding::absent(name, error.to_string()),
        Some(Err(error)) => Finding::from_error(name, &error),
    }
}

/// A source that fails stops the search: another identity must not take its place.
fn mark_the_first(findings: &mut Vec<Finding>, wants_user: bool) {
    // Whose token it gets is known only when it is asked: one of another user than the wanted one is passed over.
    let mut used = "; this one is used";
    if let Some(machine) = findings.iter_mut().find(|it| it.subject == MACHINE && it.status == Status::Ok) {
        machine.detail.push_str("; this one is tried first");
        if !wants_user {
            return;
        }
        used = "; this one is used if that token is of somebody else";
    }
    match findings
        .iter_mut()
        .find(|it| it.status != Status::Absent && !(it.subject == MACHINE && wants_user && it.status == Status::Ok))
    {
        Some(first) if first.status == Status::Ok => first.detail.push_str(used),
        Some(_) => {}
        None => findings
            .push(Finding::warning("nobody is signed in", "there is no way to get a token").with_help("azml login")),
    }
}
