//! Logins of azml that the Azure CLI and the Python SDK v1 go on with.

use xtask::emulator::defaults::{CONTOSO, FABRIKAM_SUBSCRIPTION, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET};

use super::az::{TOKEN_CACHE, expire, workspace};
use super::scene::{Scene, finish};
use super::{AZ, AZML, AZUREML_CORE, sdk};

const UPDATE: &str = "--update-azure-cli";

/// A person in the browser.
pub(super) fn person(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("azml login --update-azure-cli, browser", AZML, || azml(scene, &["login", UPDATE]))?;
    scene.row("az account show, list, get-access-token", AZ, || scene.azml_agrees(&[]))?;
    scene.row("the same in the other tenant", AZ, || scene.azml_agrees(&["-s", FABRIKAM_SUBSCRIPTION]))?;
    scene.row("az rest on the workspace", AZ, || workspace(scene))?;
    scene.row("the login of az, not its own", AZUREML_CORE, || sdk::asks_nobody(scene))?;
    scene.row("an expired token is redeemed", AZ, || {
        expire(scene, TOKEN_CACHE)?;
        workspace(scene)
    })?;
    scene.row("azml account set --update-azure-cli", AZ, || {
        azml(scene, &["account", "set", "-s", FABRIKAM_SUBSCRIPTION, UPDATE])?;
        let shown = scene.az_json(&["account", "show"])?;
        if shown["id"] == FABRIKAM_SUBSCRIPTION { Ok(()) } else { Err(format!("az shows {shown}")) }
    })?;
    scene.row("azml logout --update-azure-cli", AZ, || is_signed_out(scene))
}

/// An application that knows a secret.
pub(super) fn application(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("azml login --service-principal --update-azure-cli", AZML, || {
        let mut login = scene.command(&scene.clients.azml)?;
        login.env("AZURE_CLIENT_SECRET", SERVICE_PRINCIPAL_SECRET);
        login.args(["login", "--service-principal", "-u", SERVICE_PRINCIPAL_ID, "-t", CONTOSO, UPDATE, "-o", "none"]);
        finish(&mut login, |_| ()).map(drop)
    })?;
    scene.row("az account show, list, get-access-token", AZ, || scene.azml_agrees(&[]))?;
    scene.row("an expired token is replaced", AZ, || {
        expire(scene, TOKEN_CACHE)?;
        workspace(scene)
    })?;
    scene.row("azml logout --update-azure-cli", AZ, || is_signed_out(scene))
}

fn azml(scene: &Scene<'_>, arguments: &[&str]) -> Result<(), String> {
    finish(scene.command(&scene.clients.azml)?.args(arguments).args(["-o", "none"]), |_| ()).map(drop)
}

/// After that az has nobody, and says so.
fn is_signed_out(scene: &Scene<'_>) -> Result<(), String> {
    azml(scene, &["logout", UPDATE])?;
    match scene.az(&["account", "show"]) {
        Ok(()) => Err("az still has an account".to_owned()),
        Err(told) if told.contains("az login") => Ok(()),
        Err(told) => Err(told),
    }
}
