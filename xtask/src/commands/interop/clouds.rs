//! More than one cloud.

use xtask::emulator::defaults::{ADA_OBJECT_ID, CONTOSO, SUBSCRIPTION};

use super::az::is_of;
use super::scene::{Scene, finish, subject};
use super::{AZ, AZML};

/// A login to each of two clouds that the CLI knows.
pub(super) fn two(scene: &Scene<'_>) -> Result<(), String> {
    for (cloud, audience) in [
        ("AzureChinaCloud", "https://management.core.chinacloudapi.cn"),
        ("AzureCloud", "https://management.core.windows.net"),
    ] {
        scene.row(&format!("az login to {cloud}"), AZ, || {
            scene.az(&["cloud", "set", "--name", cloud])?;
            scene.az(&["login", "--tenant", CONTOSO, "-o", "none"])
        })?;
        scene.row(&format!("the login to {cloud}"), AZML, || {
            scene.azml_agrees(&[])?;
            let answer = scene.azml_json(&["account", "get-access-token"])?;
            let (_, _, of) = subject(&answer["accessToken"]);
            if of.trim_end_matches('/') == audience { Ok(()) } else { Err(format!("the token is for {of}")) }
        })?;
    }
    Ok(())
}

/// A cloud that only `az cloud register` told of.
pub(super) fn registered(scene: &Scene<'_>) -> Result<(), String> {
    let az = |arguments: &[&str]| {
        let mut command = scene.command(&scene.clients.azure_cli)?;
        // MSAL would ask the public cloud about an authority that it does not know.
        command.env("AZURE_CORE_INSTANCE_DISCOVERY", "false").args(arguments);
        finish(&mut command, |_| ()).map(drop)
    };
    scene.row("az cloud register, set", AZ, || {
        let endpoint = scene.azure.https_url();
        az(&["cloud", "register", "--name", "Loopback", "--endpoint-resource-manager", endpoint, "-o", "none"])?;
        az(&["cloud", "set", "--name", "Loopback"])
    })?;
    scene.row("az login, browser", AZ, || az(&["login", "-o", "none"]))?;
    scene.row("az account get-access-token", AZ, || az(&["account", "get-access-token", "-o", "none"]))?;
    scene.row("the login of az", AZML, || {
        let shown = scene.azml_json(&["account", "show"])?;
        if shown["environmentName"] != "Loopback" || shown["id"] != SUBSCRIPTION {
            return Err(format!("azml shows {shown}"));
        }
        is_of(scene, SUBSCRIPTION, ADA_OBJECT_ID, CONTOSO)
    })
}
