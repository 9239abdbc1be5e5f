//! The Azure SDKs and the Python SDK v1.

use std::path::Path;
use std::process::Command;

use serde_json::Value;
use xtask::emulator::IdentityHost;
use xtask::emulator::defaults::{
    ADA_OBJECT_ID, CONTOSO, RESOURCE_GROUP, SUBSCRIPTION, SYSTEM_ASSIGNED_OBJECT_ID, WORKSPACE,
};

use super::az::{code_in, enter, expired};
use super::scene::{Scene, finish, json, path_beginning_with, subject};
use super::{AZML, AZURE_AI_ML, AZURE_IDENTITY, AZURE_IDENTITY_JS, AZUREML_CORE};

/// What starts `az`, where somebody has signed in with it.
pub(super) fn with_the_login_of_az(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("AzureCliCredential", AZURE_IDENTITY, || {
        is_of(&json(&mut identity(scene, "AzureCliCredential")?)?, ADA_OBJECT_ID)
    })?;
    scene.row("AzureCliCredential", AZURE_IDENTITY_JS, || {
        is_of(&json(&mut javascript(scene, "AzureCliCredential")?)?, ADA_OBJECT_ID)
    })?;
    scene.row("MLClient: the workspace and its jobs", AZURE_AI_ML, || {
        let mut client = python(scene, &scene.clients.ml_client, "ml_client.py", include_str!("ml_client.py"))?;
        let answer = json(client.args([SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE]))?;
        let is_right = answer["workspace"] == WORKSPACE && answer["jobs"] == 3;
        if is_right { Ok(()) } else { Err(format!("the client found {answer}")) }
    })?;
    scene.row("the login of az, not its own", AZUREML_CORE, || asks_nobody(scene))
}

/// The Python SDK v1 finds a login.
pub(super) fn asks_nobody(scene: &Scene<'_>) -> Result<(), String> {
    let answer = json(&mut azureml(scene)?)?;
    if answer["prompted"] == true { Err("it asked for a sign-in".to_owned()) } else { found(&answer) }
}

/// Logins of the Python SDK v1 itself.
pub(super) fn azureml_core(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("InteractiveLoginAuthentication, browser; Workspace", AZUREML_CORE, || {
        // It looks for a browser by its name and for a display, and then opens the one that BROWSER names.
        let firefox = scene.write_program("browsers/firefox", "#!/bin/sh\nexit 1\n")?;
        let folder = firefox.parent().ok_or("a file has a folder")?;
        let mut script = azureml(scene)?;
        script.env("PATH", path_beginning_with(folder)?).env("DISPLAY", ":0");
        found(&json(&mut script)?)
    })?;
    scene.row("a second process asks nobody", AZUREML_CORE, || asks_nobody(scene))?;
    scene.row("the login of the Python SDK", AZML, || {
        let theirs = json(&mut azureml(scene)?)?;
        let ours = scene.azml_json(&["account", "get-access-token"])?;
        let (theirs, ours) = (subject(&theirs["token"]), subject(&ours["accessToken"]));
        if ours == theirs {
            Ok(())
        } else {
            Err(format!("azml's token is about {ours:?}, and theirs about {theirs:?}"))
        }
    })?;
    scene.row("an expired token of it is redeemed", AZML, || expired(scene, ".azureml/auth/msal_token_cache.json"))?;
    scene.row("its device code, and azml after it", AZUREML_CORE, || {
        std::fs::remove_dir_all(scene.path(".azureml")).map_err(|error| format!(".azureml: {error}"))?;
        let mut script = azureml(scene)?;
        script.env_remove("BROWSER");
        let mut entered = Err("there was no code".to_owned());
        let ran = finish(&mut script, |line| {
            if let Some(code) = code_in(line) {
                entered = enter(scene, code);
            }
        });
        entered.and(ran)?;
        is_of(&scene.azml_json(&["account", "get-access-token"])?, ADA_OBJECT_ID)
    })
}

/// Logins of the Azure SDK itself.
pub(super) fn azure_identity(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("InteractiveBrowserCredential, kept on disk", AZURE_IDENTITY, || {
        is_of(&json(&mut identity(scene, "InteractiveBrowserCredential")?)?, ADA_OBJECT_ID)
    })?;
    scene.row("a second process asks nobody", AZURE_IDENTITY, || {
        let mut again = identity(scene, "InteractiveBrowserCredential")?;
        is_of(&json(again.env("BROWSER", "false"))?, ADA_OBJECT_ID)
    })?;
    for (client, mut command) in [
        (AZURE_IDENTITY, identity(scene, "ManagedIdentityCredential")?),
        (AZURE_IDENTITY_JS, javascript(scene, "ManagedIdentityCredential")?),
    ] {
        scene.row("ManagedIdentityCredential", client, || {
            command.envs(scene.azure.managed_identity_env(IdentityHost::AppService));
            is_of(&json(&mut command)?, SYSTEM_ASSIGNED_OBJECT_ID)
        })?;
    }
    scene.row("the same identity", AZML, || {
        let mut command = scene.command(&scene.clients.azml)?;
        command.args(["account", "get-access-token", "-o", "json"]);
        command.envs(scene.azure.managed_identity_env(IdentityHost::AppService));
        is_of(&json(&mut command)?, SYSTEM_ASSIGNED_OBJECT_ID)
    })
}

fn is_of(answer: &Value, object_id: &str) -> Result<(), String> {
    let token = if answer["token"].is_null() { &answer["accessToken"] } else { &answer["token"] };
    let (oid, tid, _) = subject(token);
    if (&*oid, &*tid) == (object_id, CONTOSO) { Ok(()) } else { Err(format!("the token is of {oid:?} in {tid:?}")) }
}

fn found(answer: &Value) -> Result<(), String> {
    is_of(answer, ADA_OBJECT_ID)?;
    if answer["workspace"] == WORKSPACE { Ok(()) } else { Err(format!("the workspace is {}", answer["workspace"])) }
}

fn azureml(scene: &Scene<'_>) -> Result<Command, String> {
    let mut script = python(scene, &scene.clients.azureml_core, "azureml_core.py", include_str!("azureml_core.py"))?;
    script.args([SUBSCRIPTION, RESOURCE_GROUP, WORKSPACE]);
    Ok(script)
}

fn identity(scene: &Scene<'_>, credential: &str) -> Result<Command, String> {
    let script = include_str!("azure_identity.py");
    let mut script = python(scene, &scene.clients.ml_client, "azure_identity.py", script)?;
    script.arg(credential);
    Ok(script)
}

fn javascript(scene: &Scene<'_>, credential: &str) -> Result<Command, String> {
    let script = scene.write("azure_identity.js", include_str!("azure_identity.js"))?;
    let mut command = scene.command(&scene.clients.node)?;
    command.env("NODE_PATH", &scene.clients.azure_identity_js).arg(script).arg(credential);
    Ok(command)
}

fn python(scene: &Scene<'_>, program: &Path, name: &str, script: &str) -> Result<Command, String> {
    let script = scene.write(name, script)?;
    let mut command = scene.command(program)?;
    command.arg(script);
    Ok(command)
}
