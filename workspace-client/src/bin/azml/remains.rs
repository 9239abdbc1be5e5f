//! What still signs in after a logout.

use auth_cli_bridge::ConfigDir;
use auth_core::{Cloud, Env, service_principal};
use serde_json::Value;
use workspace_client::auth::{SignOut, machine};

use crate::commands::{entry, name};

/// Variables with which this program, or another Azure client, signs in without a person, beside those of service principals.
/// Only their names are ever shown.
const VARIABLES: [&str; 8] = [
    "AZUREML_RUN_TOKEN",
    "AZURE_PASSWORD",
    "AZURE_POD_IDENTITY_AUTHORITY_HOST",
    "AZURE_USERNAME",
    "IDENTITY_ENDPOINT",
    "IDENTITY_HEADER",
    "MSI_ENDPOINT",
    "MSI_SECRET",
];

/// A line for people and an entry for programs, for each.
#[derive(Debug, Default)]
pub(crate) struct Remains {
    lines: Vec<String>,
    entries: Vec<Value>,
}

impl Remains {
    pub(crate) fn find(done: &SignOut, cloud: &Cloud, env: &Env) -> Self {
        let mut remains = Self::default();
        for account in &done.remaining {
            let is_current = done.current.as_ref() == Some(account);
            let role = if is_current { " (the current account)" } else { "" };
            let user = name(account);
            let command = format!("azml logout --username {user}");
            remains.add(format!("still signed in with azml: {user}{role}; {command}"), "login", user, Some(&command));
        }
        if done.current.is_none() && !done.remaining.is_empty() {
            remains.lines.push(
                "none is the current account: azml login --username <user> chooses one without a browser".to_owned(),
            );
        }
        for (cloud, account) in &done.elsewhere {
            let user = name(account);
            let command = format!("azml logout --cloud {cloud} --username {user}");
            remains.add(
                format!("still signed in with azml to {cloud}: {user}; {command}"),
                "login",
                user,
                Some(&command),
            );
        }
        remains.of_cli(cloud, env);
        let sdk = ConfigDir::python_sdk(env).tokens().map(|folder| folder.join("msal_token_cache.json"));
        if let Some(file) = sdk.filter(|file| file.is_file()) {
            let file = file.display().to_string();
            remains.add(format!("still signed in with the Python SDK: {file}"), "pythonSdk", &file, None);
        }
        if let Ok(host) = machine(env).host() {
            let host = host.name();
            remains.add(format!("still there: the managed identity of {host}"), "managedIdentity", host, None);
        }
        let mut variables: Vec<_> = VARIABLES.into_iter().chain(service_principal::variables()).collect();
        variables.sort_unstable();
        for variable in variables.into_iter().filter(|name| env.var(name).is_some()) {
            remains.add(format!("still set: {variable}"), "variable", variable, None);
        }
        remains
    }

    /// What the Azure CLI's list says; one that cannot be read is told where it is needed.
    fn of_cli(&mut self, cloud: &Cloud, env: &Env) {
        let Ok(profile) = auth_cli_bridge::Profile::load(&ConfigDir::azure_cli(env)) else { return };
        let mut users: Vec<_> = profile.subscriptions_of(cloud).map(|it| it.user.name.as_str()).collect();
        users.sort_unstable();
        users.dedup();
        for user in users {
            let command = format!("az logout --username {user}");
            let line = format!("still signed in with the Azure CLI: {user}; {command}");
            self.add(line, "azureCli", user, Some(&command));
        }
    }

    pub(crate) fn lines(&self) -> impl Iterator<Item = &str> {
        self.lines.iter().map(String::as_str)
    }

    pub(crate) fn to_json(&self) -> Value {
        self.entries.clone().into()
    }

    fn add(&mut self, line: String, kind: &str, name: &str, ends_with: Option<&str>) {
        self.lines.push(line);
        self.entries.push(entry(kind, name, ends_with));
    }
}
