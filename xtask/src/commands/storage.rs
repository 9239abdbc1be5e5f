//! `cargo xtask storage`: the Azure SDK's storage client with our sign-in, and our own transfers, against a real Azurite.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use reqwest::{Certificate, Client, Method};
use tempfile::TempDir;
use xtask::emulator::{Emulator, defaults};

use super::repository::{cargo, find_program, output_of, root, shown, this_program};
use super::test::{EVERYTHING, Place, scrub};
use super::{block_on, packages};

/// The last version that runs on Node 20.
const AZURITE: &str = "azurite@3.35.0";
const MANIFEST: &str = "workspace-client/examples/list-blobs/Cargo.toml";
/// The one account that Azurite has.
const ACCOUNT: &str = "devstoreaccount1";
/// Its key, which is no secret (Microsoft, "Use the Azurite emulator").
const KEY: &str = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw==";
const STORAGE: &str = "https://storage.azure.com";
/// What is there when the tests of transfers have run, one blob of each.
const WRITTEN: [&str; 3] =
    ["transfers/many/0/0.txt", "transfers/with-identity/src/main.py", "transfers/with-sas/src/main.py"];
/// Where the tests of transfers put their blobs.
const TRANSFERS: &str = "transfers";
const PATIENCE: Duration = Duration::from_secs(60);

/// Uploads a blob, lets the example list it, sees that a token of another audience is refused, and lets the tests of transfers run.
pub(super) fn run() -> Result<(), String> {
    let example = build()?;
    let folder = TempDir::with_prefix("azurite-").map_err(|error| format!("no temporary folder: {error}"))?;
    let azure = Emulator::start();
    let storage = Azurite::start(&azure, folder.path())?;
    block_on(async { fill(&storage.url, &azure).await })??;

    let listed = output_of(&mut list(&example, &storage.url, &azure, folder.path())?)?;
    print!("{listed}");
    if listed != "models/first/model.pkl\n" {
        return Err(format!("the example lists {listed:?}"));
    }
    println!("the Azure SDK's client listed that with our sign-in; tokens of other audiences were refused");
    transfer(&storage.url, &azure)?;
    // Without their variables the tests pass without having done anything.
    block_on(async { expect(&storage.url, &azure, &WRITTEN.map(|place| (Method::HEAD, place, "", 200))).await })??;
    println!("folders went up and came back, with an identity and with a SAS");
    Ok(())
}

/// Runs the tests that need an Azurite.
fn transfer(account: &str, azure: &Emulator) -> Result<(), String> {
    let mut tests = cargo(&["test", "--quiet"]);
    scrub(&mut tests, Place::Here);
    tests.args(EVERYTHING).args(["--test", "it", "transfer::azurite"]).env("SSL_CERT_FILE", azure.ca_file());
    tests.env("AZML_TEST_AZURITE", format!("{account}/{TRANSFERS}")).env("AZML_TEST_AZURITE_SAS", sas(TRANSFERS)?);
    tests.env("AZML_TEST_AZURITE_TOKEN", token(azure, STORAGE));
    output_of(&mut tests).map(drop)
}

/// What lets into a container for a while (Microsoft, "Create a service SAS", version 2020-12-06).
pub(super) fn sas(container: &str) -> Result<String, String> {
    let (permissions, expiry, version) = ("rcwl", "2099-01-01T00:00:00Z", "2020-12-06");
    let resource = format!("/blob/{ACCOUNT}/{container}");
    // Permissions, start, expiry, resource, identifier, addresses, protocol, version, kind, snapshot, encryption scope, five headers.
    let fields = [permissions, "", expiry, &resource, "", "", "", version, "c", "", "", "", "", "", "", ""];
    let key = EncodingKey::from_base64_secret(KEY).map_err(|error| error.to_string())?;
    let signature = jsonwebtoken::crypto::sign(fields.join("\n").as_bytes(), &key, Algorithm::HS256);
    let signature = URL_SAFE_NO_PAD.decode(signature.map_err(|error| error.to_string())?);
    let signature = STANDARD.encode(signature.map_err(|error| error.to_string())?);
    let fields = [("sp", permissions), ("se", expiry), ("sv", version), ("sr", "c"), ("sig", &signature)];
    let url = reqwest::Url::parse_with_params("https://sas.example", fields).map_err(|error| error.to_string())?;
    Ok(url.query().unwrap_or_default().to_owned())
}

fn token(azure: &Emulator, audience: &str) -> String {
    azure.issue_access_token(defaults::ADA, defaults::CONTOSO, audience, Duration::from_secs(3600))
}

fn build() -> Result<PathBuf, String> {
    let target = root().join("target/list-blobs");
    let build = ["build", "--quiet", "--locked", "--manifest-path", MANIFEST, "--target-dir"];
    output_of(cargo(&build).arg(&target))?;
    Ok(target.join("debug").join(format!("list-blobs{}", std::env::consts::EXE_SUFFIX)))
}

/// The running Azurite; dropping it stops it.
#[derive(Debug)]
pub(super) struct Azurite {
    process: Child,
    /// The URL of its account.
    pub(super) url: String,
}

impl Azurite {
    /// On a port of its own, over https, taking tokens of Entra ID alone. It looks at issuer, audience and times, not at signatures.
    pub(super) fn start(azure: &Emulator, folder: &Path) -> Result<Self, String> {
        let script = packages::npm("azurite", &[AZURITE])?.join("node_modules/azurite/dist/src/blob/main.js");
        let node = find_program(&format!("node{}", std::env::consts::EXE_SUFFIX)).ok_or("node is missing")?;
        let (certificate, key) = azure.certificate_files();
        let mut command = Command::new(node);
        command.arg(script).args(["--blobHost", "127.0.0.1", "--blobPort", "0", "--oauth", "basic"]);
        command.arg("--cert").arg(certificate).arg("--key").arg(key).arg("--location").arg(folder.join("data"));
        command.args(["--silent", "--disableTelemetry", "--skipApiVersionCheck"]).current_dir(folder);
        let process = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn();
        let process = process.map_err(|error| format!("`{}` does not start: {error}", shown(&command)))?;
        let mut azurite = Self { process, url: String::new() };
        let printed = BufReader::new(azurite.process.stdout.take().expect("its output is piped"));
        let (send, receive) = mpsc::channel();
        // It ends with the process.
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                // Whoever knows the place no longer listens.
                let _ = send.send(line);
            }
        });
        while let Ok(line) = receive.recv_timeout(PATIENCE) {
            if let Some((_, place)) = line.split_once("successfully listens on ") {
                azurite.url = format!("{}/{ACCOUNT}", place.trim());
                return Ok(azurite);
            }
        }
        Err("Azurite did not start".to_owned())
    }
}

impl Drop for Azurite {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a container with a blob, and one for transfers, and sees on the way who is let in.
async fn fill(account: &str, azure: &Emulator) -> Result<(), String> {
    let foreign = token(azure, "https://management.core.windows.net/");
    let requests = [
        (Method::PUT, "models?restype=container", foreign.as_str(), 403),
        (Method::PUT, "models?restype=container", "no token", 403),
        (Method::PUT, "models?restype=container", "", 201),
        (Method::PUT, "models/first/model.pkl", "", 201),
        (Method::GET, "models/first/model.pkl", &foreign, 403),
        (Method::GET, "models/first/model.pkl", "", 200),
        (Method::PUT, "transfers?restype=container", "", 201),
    ];
    expect(account, azure, &requests).await
}

/// Sends these requests, with the token that is named or else the right one, and sees that they are answered so.
pub(super) async fn expect(
    account: &str,
    azure: &Emulator,
    requests: &[(Method, &str, &str, u16)],
) -> Result<(), String> {
    let ca = std::fs::read(azure.ca_file()).map_err(|error| format!("{}: {error}", azure.ca_file().display()))?;
    let ca = Certificate::from_pem(&ca).map_err(|error| error.to_string())?;
    let client = Client::builder().no_proxy().tls_certs_only([ca]).timeout(PATIENCE).build();
    let client = client.map_err(|error| error.to_string())?;
    let right = token(azure, STORAGE);
    for (method, place, token, expected) in requests {
        let token = if token.is_empty() { right.as_str() } else { token };
        let request = client.request(method.clone(), format!("{account}/{place}")).bearer_auth(token);
        let request = request.header("x-ms-version", "2024-11-04").header("x-ms-blob-type", "BlockBlob");
        let answer = request.body("weights").send().await.map_err(|error| error.to_string())?;
        if answer.status() != *expected {
            let status = answer.status();
            return Err(format!("{method} {place} was answered with {status}, not with {expected}"));
        }
    }
    Ok(())
}

/// The example in a home of its own, whose Azure is the emulator and whose browser approves.
fn list(example: &Path, account: &str, azure: &Emulator, folder: &Path) -> Result<Command, String> {
    let this = this_program()?;
    let mut command = Command::new(example);
    command.arg(account).env_clear().envs(azure.env()).current_dir(folder);
    command.envs(["PATH", "SYSTEMROOT"].into_iter().filter_map(|name| Some((name, std::env::var_os(name)?))));
    for (name, own) in [("HOME", "home"), ("AZML_CONFIG_DIR", "home/azml"), ("AZURE_CONFIG_DIR", "home/azure")] {
        command.env(name, folder.join(own));
    }
    command.env("AZML_PROTECTION", "key-file").env("BROWSER", format!("{} approve", this.display()));
    Ok(command)
}
