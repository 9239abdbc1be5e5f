//! Each way of `az login`, and azml after it.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use xtask::emulator::ClientCertificate;
use xtask::emulator::defaults::{
    ADA_OBJECT_ID, AZURE_CLI_CLIENT_ID, CONTOSO, FABRIKAM, FABRIKAM_SUBSCRIPTION, GRACE, GRACE_OBJECT_ID,
    RESOURCE_GROUP, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET, SUBSCRIPTION, WORKSPACE,
};

use super::super::block_on;
use super::scene::{Scene, browser, finish, subject};
use super::{AZ, AZML, sdk};

/// Where the CLI keeps its tokens.
pub(super) const TOKEN_CACHE: &str = ".azure/msal_token_cache.json";

/// In the browser, as a user who is a guest elsewhere, and then as another one.
pub(super) fn person(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("az login, browser", AZ, || scene.az(&["login", "-o", "none"]))?;
    scene.row("az account list", AZ, || match scene.az_json(&["account", "list"])?.as_array().map(Vec::len) {
        Some(3) => Ok(()),
        other => Err(format!("{other:?} subscriptions instead of 3")),
    })?;
    scene.row("az rest on the workspace", AZ, || workspace(scene))?;
    scene.row("the login of az", AZML, || scene.azml_agrees(&[]))?;
    scene.row("the same in the other tenant", AZML, || scene.azml_agrees(&["-s", FABRIKAM_SUBSCRIPTION]))?;
    sdk::with_the_login_of_az(scene)?;
    scene.row("an expired token is redeemed", AZML, || expired(scene, TOKEN_CACHE))?;
    scene.row("az login as another user", AZ, || {
        let mut login = scene.command(&scene.clients.azure_cli)?;
        login.env("BROWSER", browser(Some(GRACE))?).args(["login", "-o", "none"]);
        finish(&mut login, |_| ()).map(drop)
    })?;
    scene.row("both accounts", AZML, || {
        is_of(scene, SUBSCRIPTION, ADA_OBJECT_ID, CONTOSO)?;
        is_of(scene, FABRIKAM_SUBSCRIPTION, GRACE_OBJECT_ID, FABRIKAM)
    })
}

/// With a code that is entered on another device.
pub(super) fn device_code(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("az login, device code", AZ, || {
        let mut login = scene.command(&scene.clients.azure_cli)?;
        let mut entered = Err("there was no code".to_owned());
        let ran = finish(login.args(["login", "--use-device-code", "-o", "none"]), |line| {
            if let Some(code) = code_in(line) {
                entered = enter(scene, code);
            }
        });
        entered.and(ran.map(drop))
    })?;
    scene.row("the login of az", AZML, || scene.azml_agrees(&[]))
}

/// As an application that knows a secret.
pub(super) fn secret(scene: &Scene<'_>) -> Result<(), String> {
    application(scene, "az login --service-principal, secret", &["--password", SERVICE_PRINCIPAL_SECRET])
}

/// As an application that has a key.
pub(super) fn certificate(scene: &Scene<'_>) -> Result<(), String> {
    let certificate = ClientCertificate::rsa();
    let file = scene.write("application.pem", &certificate.pem())?;
    scene.azure.change_world(|world| world.service_principals[0].certificates.push(certificate.registration()));
    let file = file.display().to_string();
    application(scene, "az login --service-principal, certificate", &["--certificate", &file])
}

fn application(scene: &Scene<'_>, what: &str, credential: &[&str]) -> Result<(), String> {
    scene.row(what, AZ, || {
        let login =
            ["login", "--service-principal", "--username", SERVICE_PRINCIPAL_ID, "--tenant", CONTOSO, "-o", "none"];
        scene.az(&[&login, credential].concat())
    })?;
    scene.row("az rest on the workspace", AZ, || workspace(scene))?;
    scene.row("the login of az", AZML, || scene.azml_agrees(&[]))?;
    scene.row("an expired token is replaced", AZML, || {
        expire(scene, TOKEN_CACHE)?;
        scene.azml_agrees(&[])
    })
}

/// Asks Resource Manager with the login of az.
pub(super) fn workspace(scene: &Scene<'_>) -> Result<(), String> {
    let url = format!(
        "/subscriptions/{SUBSCRIPTION}/resourceGroups/{RESOURCE_GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{WORKSPACE}?api-version=2024-04-01"
    );
    let answer = scene.az_json(&["rest", "--method", "get", "--url", &url])?;
    if answer["name"] == WORKSPACE { Ok(()) } else { Err(format!("another workspace: {answer}")) }
}

/// The token that azml gives for this subscription is this person's.
pub(super) fn is_of(scene: &Scene<'_>, subscription: &str, object_id: &str, tenant: &str) -> Result<(), String> {
    let answer = scene.azml_json(&["account", "get-access-token", "-s", subscription])?;
    let (oid, tid, _) = subject(&answer["accessToken"]);
    let is_right = (&*oid, &*tid) == (object_id, tenant);
    if is_right { Ok(()) } else { Err(format!("{subscription} is asked for as {oid:?} in {tid:?}")) }
}

/// What is redeemed where the tokens of this cache have expired is the refresh token in it, and the cache stays as it is.
pub(super) fn expired(scene: &Scene<'_>, cache: &str) -> Result<(), String> {
    expire(scene, cache)?;
    let before = read(scene, cache)?;
    // Without what azml has renewed itself so far.
    let own = scene.path(".azml");
    if own.exists() {
        std::fs::remove_dir_all(&own).map_err(|error| format!("{}: {error}", own.display()))?;
    }
    scene.azure.clear_requests();
    is_of(scene, SUBSCRIPTION, ADA_OBJECT_ID, CONTOSO)?;
    let requests = scene.azure.requests();
    let is_redemption = |form: &BTreeMap<String, String>| {
        form.get("grant_type").is_some_and(|grant| grant == "refresh_token")
            && form.get("client_id").is_some_and(|client| client == AZURE_CLI_CLIENT_ID)
            && form.get("refresh_token").is_some_and(|token| before.contains(token))
    };
    match requests.iter().filter(|request| is_redemption(&request.form)).count() {
        1 if read(scene, cache)? == before => Ok(()),
        1 => Err(format!("azml wrote into {cache}")),
        other => Err(format!("{other} redemptions of a refresh token of {cache} instead of 1")),
    }
}

/// Lets every access token of this cache have expired long ago.
pub(super) fn expire(scene: &Scene<'_>, cache: &str) -> Result<(), String> {
    let problem = |error| format!("{cache}: {error}");
    let mut value: Value = serde_json::from_str(&read(scene, cache)?).map_err(problem)?;
    for token in value["AccessToken"].as_object_mut().into_iter().flat_map(Map::values_mut) {
        token["expires_on"] = "1".into();
    }
    scene.write(cache, &value.to_string()).map(drop)
}

fn read(scene: &Scene<'_>, name: &str) -> Result<String, String> {
    std::fs::read_to_string(scene.path(name)).map_err(|error| format!("{name}: {error}"))
}

/// The code in "... and enter the code ABCD1234 to authenticate."
pub(super) fn code_in(line: &str) -> Option<&str> {
    line.split_once("enter the code ")?.1.split_whitespace().next()
}

/// Enters a code where the emulator asks for one.
pub(super) fn enter(scene: &Scene<'_>, code: &str) -> Result<(), String> {
    let url = format!("https://login.microsoftonline.com/devicelogin?otc={code}");
    let landing = block_on(async { scene.azure.visitor().approve(&url).await })??;
    if landing.status < 400 { Ok(()) } else { Err(format!("the code was refused with HTTP status {}", landing.status)) }
}
