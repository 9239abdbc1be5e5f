//! Each way of `az login`, and azml after it.

use xtask::emulator::ClientCertificate;
use xtask::emulator::defaults::{
    ADA_OBJECT_ID, AZURE_CLI_CLIENT_ID, CONTOSO, FABRIKAM, FABRIKAM_SUBSCRIPTION, GRACE, GRACE_OBJECT_ID,
    RESOURCE_GROUP, SERVICE_PRINCIPAL_ID, SERVICE_PRINCIPAL_SECRET, SUBSCRIPTION, WORKSPACE,
};

use super::super::block_on;
use super::scene::{Scene, browser, finish, subject};
use super::{AZ, AZML, sdk};

const TOKEN_CACHE: &str = ".azure/msal_token_cache.json";

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
    scene.row("an expired token is redeemed", AZML, || expired(scene))?;
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
        expire(scene)?;
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

/// What is redeemed is the CLI's own refresh token, and the CLI's files stay as they are.
fn expired(scene: &Scene<'_>) -> Result<(), String> {
    expire(scene)?;
    let before = token_cache(scene)?;
    // Without what azml has renewed itself so far.
    std::fs::remove_dir_all(scene.path(".azml")).map_err(|error| format!(".azml: {error}"))?;
    scene.azure.clear_requests();
    is_of(scene, SUBSCRIPTION, ADA_OBJECT_ID, CONTOSO)?;
    let requests = scene.azure.requests();
    let is_redemption = |form: &std::collections::BTreeMap<String, String>| {
        form.get("grant_type").is_some_and(|grant| grant == "refresh_token")
            && form.get("client_id").is_some_and(|client| client == AZURE_CLI_CLIENT_ID)
            && form.get("refresh_token").is_some_and(|token| before.contains(token))
    };
    match requests.iter().filter(|request| is_redemption(&request.form)).count() {
        1 if token_cache(scene)? == before => Ok(()),
        1 => Err("azml wrote into the CLI's token cache".to_owned()),
        other => Err(format!("{other} redemptions of the CLI's refresh token instead of 1")),
    }
}

/// Lets every access token of the CLI have expired long ago.
fn expire(scene: &Scene<'_>) -> Result<(), String> {
    let mut cache: serde_json::Value =
        serde_json::from_str(&token_cache(scene)?).map_err(|error| format!("the CLI's token cache: {error}"))?;
    for token in cache["AccessToken"].as_object_mut().into_iter().flat_map(serde_json::Map::values_mut) {
        token["expires_on"] = "1".into();
    }
    scene.write(TOKEN_CACHE, &cache.to_string()).map(drop)
}

fn token_cache(scene: &Scene<'_>) -> Result<String, String> {
    std::fs::read_to_string(scene.path(TOKEN_CACHE)).map_err(|error| format!("{TOKEN_CACHE}: {error}"))
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
