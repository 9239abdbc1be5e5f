//! Tokens that only the CLI can read.
//!
//! A keyring is more than a test can ask for. So the setting says that tokens are encrypted, a file is where they would be, and an `az`
//! on the PATH that overrules the setting stands for the one that has the key.

use super::scene::{Scene, finish, json, path_beginning_with, same_token};
use super::{AZ, AZML};

pub(super) fn run(scene: &Scene<'_>) -> Result<(), String> {
    scene.row("az login, browser", AZ, || {
        scene.az(&["login", "-o", "none"])?;
        scene.az(&["config", "set", "core.encrypt_token_cache=true", "--only-show-errors"])
    })?;
    scene.write(".azure/msal_token_cache.bin", "")?;
    let program = scene.clients.azure_cli.display();
    let asked = scene.path("asked");
    let script = format!(
        "#!/bin/sh\necho >> '{}'\nAZURE_CORE_ENCRYPT_TOKEN_CACHE=false exec '{program}' \"$@\"\n",
        asked.display()
    );
    let az = scene.write_program("with-the-key/az", &script)?;
    let with_the_key = az.parent().ok_or("a file has a folder")?.to_owned();
    let shim = scene.path("shim");
    finish(scene.command(&scene.clients.azml)?.args(["az-shim", "install", "--dir"]).arg(&shim), |_| ())?;

    let token = ["account", "get-access-token", "-o", "json"];
    let theirs = scene.row("az account get-access-token", AZ, || json(scene.command(&az)?.args(token)))?;
    let first = path_beginning_with(&with_the_key)?;
    scene.row("az is asked once", AZML, || {
        for _process in 0..2 {
            let ours = json(scene.command(&scene.clients.azml)?.args(token).env("PATH", &first))?;
            same_token(&ours, &theirs)?;
        }
        let asked = std::fs::read_to_string(&asked).unwrap_or_default();
        match asked.lines().count() {
            2 => Ok(()), // The first time it was asked for the comparison.
            other => Err(format!("az was started {other} times instead of 2")),
        }
    })?;
    let folders = std::iter::once(shim.clone()).chain(std::env::split_paths(&first));
    let both = std::env::join_paths(folders).map_err(|error| format!("PATH: {error}"))?;
    scene.row("az is asked, with azml in its place as well", AZML, || {
        let ml = [&token[..], &["--resource", "https://ml.azure.com"]].concat();
        let theirs = json(scene.command(&az)?.args(&ml))?;
        let ours = json(scene.command(&shim.join("az"))?.args(&ml).env("PATH", &both))?;
        same_token(&ours, &theirs)
    })
}
