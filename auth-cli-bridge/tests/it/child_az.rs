//! Tokens that only the Azure CLI can read, and a program in its place.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use auth_cli_bridge::{AzureCliAuthentication, AzureCliAuthenticationBuilder};
use auth_core::{AccessToken, Authentication, Env, Error, ErrorKind, MemoryStore, Scope, Tenant, TokenRequest};
use serde_json::json;
use tempfile::TempDir;
use xtask::log::Log;

use crate::support::{NOW, builder, copy_of, shown};

const HOME: &str = "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01";
const PARTNER: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02";
const TOKEN: &str = "canary-token";
/// Where the program is that stands in for `az`, and where its tools are.
const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/child-az:/usr/local/bin:/usr/bin:/bin");

/// A sign-in whose tokens are encrypted.
struct Sealed {
    folder: TempDir,
    path: String,
}

impl Sealed {
    fn new() -> Self {
        let folder = copy_of("user-two-tenants");
        fs::remove_file(folder.path().join("msal_token_cache.json")).unwrap();
        fs::write(folder.path().join("msal_token_cache.bin"), "").unwrap();
        Self { folder, path: PATH.to_owned() }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn az(&self, behaviour: &str) -> AzureCliAuthenticationBuilder {
        let folder = self.folder.path().to_str().unwrap();
        builder(self.folder.path()).env(Env::fake([("PATH", &*self.path), ("CHILD_AZ", behaviour), ("FOLDER", folder)]))
    }

    fn that_answers(&self) -> AzureCliAuthenticationBuilder {
        let answer = json!({"accessToken": TOKEN, "expires_on": NOW + 3600, "tenant": HOME, "tokenType": "Bearer"});
        fs::write(self.file("answer"), answer.to_string()).unwrap();
        self.az("answers")
    }

    /// How the program was called, a line each time.
    fn asked(&self) -> String {
        fs::read_to_string(self.file("asked")).unwrap_or_default()
    }

    async fn refused(&self, behaviour: &str, told: &str) -> String {
        fs::write(self.file("answer"), told).unwrap();
        shown(&arm(&self.az(behaviour).build()).await.unwrap_err(), self.folder.path())
    }
}

async fn arm(auth: &AzureCliAuthentication) -> Result<AccessToken, Error> {
    auth.token(&TokenRequest::arm(auth.cloud())).await
}

/// The processes that the program tells of, once it does.
fn pids(file: &Path) -> Vec<String> {
    while !file.exists() {
        std::thread::yield_now();
    }
    fs::read_to_string(file).unwrap().split_whitespace().map(str::to_owned).collect()
}

/// Comes back when these processes have ended; whether somebody has asked how is not ours to say.
fn wait_for_the_end_of(pids: &[String]) {
    let is_running = |stat: String| !stat.rsplit(')').next().unwrap().starts_with(" Z");
    for pid in pids {
        while fs::read_to_string(Path::new("/proc").join(pid).join("stat")).is_ok_and(is_running) {
            std::thread::yield_now();
        }
    }
}

#[tokio::test]
async fn a_token_that_is_encrypted_is_asked_of_the_cli_once() {
    let sealed = Sealed::new();
    let store = Arc::new(MemoryStore::new());
    let (log, _guard) = Log::of_this_thread();
    for _process in 0..2 {
        let token = arm(&sealed.that_answers().store(store.clone()).build()).await.unwrap();
        assert_eq!((token.secret().expose(), token.tenant()), (TOKEN, Some(&Tenant::parse(HOME).unwrap())));
    }
    insta::assert_snapshot!(sealed.asked(), @"account get-access-token --output=json --only-show-errors --subscription=a0b1c2d3-0001-4000-8000-00000000a001 --scope https://management.core.windows.net//.default");
    let env = fs::read_to_string(sealed.file("env")).unwrap();
    let folder = sealed.folder.path().display();
    for variable in ["AZML_AZ_SHIM=off", "AZURE_CLOUD_NAME=AzureCloud", &format!("AZURE_CONFIG_DIR={folder}")] {
        assert!(env.lines().any(|line| line == variable), "{variable}: {env}");
    }
    assert!(!log.text().contains(TOKEN));
}

#[tokio::test]
async fn the_cli_s_setting_says_which_of_two_caches_counts() {
    for (setting, counts) in [("true", true), ("On", true), ("false", false), ("", cfg!(windows))] {
        let sealed = Sealed::new();
        let plain = copy_of("user-two-tenants");
        fs::copy(plain.path().join("msal_token_cache.json"), sealed.file("msal_token_cache.json")).unwrap();
        fs::write(sealed.file("config"), format!("[core]\nencrypt_token_cache = {setting}\n")).unwrap();
        let answered = arm(&sealed.that_answers().build()).await;
        assert_eq!(answered.is_ok_and(|token| token.secret().expose() == TOKEN), counts, "{setting}");
        assert_eq!(!sealed.asked().is_empty(), counts, "{setting}");
    }
}

#[tokio::test]
async fn another_tenant_is_asked_for_as_the_user_of_the_default_subscription_alone() {
    let sealed = Sealed::new();
    let partner = || {
        let scope = Scope::parse("https://ml.azure.com/.default").unwrap();
        TokenRequest::new(scope).tenant(Tenant::parse(PARTNER).unwrap())
    };
    let auth = sealed.that_answers().build();
    auth.token(&partner()).await.unwrap();
    let call = sealed.asked();
    assert!(call.ends_with(&format!("--tenant={PARTNER} --scope https://ml.azure.com/.default\n")), "{call}");
    let auth = sealed.that_answers().subscription("Research Prod").build();
    let error = auth.token(&partner()).await.unwrap_err();
    insta::assert_snapshot!(shown(&error, sealed.folder.path()), @r"
    Unavailable: the Azure CLI asks in tenant 8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02 for its default subscription's user alone
      help: az account set --subscription a0b1c2d3-0002-4000-8000-00000000a002
    ");
    assert_eq!(sealed.asked(), call);
}

#[tokio::test]
async fn neither_a_refused_token_nor_one_without_the_claims_is_an_answer() {
    let sealed = Sealed::new();
    let auth = sealed.that_answers().build();
    let token = arm(&auth).await.unwrap();
    let request = TokenRequest::arm(auth.cloud());
    let again = auth.token(&request.clone().instead_of(&token)).await.unwrap_err();
    let challenged = auth.token(&request.claims("{}")).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Interaction);
    assert_eq!(shown(&again, sealed.folder.path()), shown(&challenged, sealed.folder.path()));
    insta::assert_snapshot!(shown(&again, sealed.folder.path()), @r"
    Interaction: the Azure CLI has no token but the one that was refused
      help: sign in again: az login --tenant 3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01 --scope https://management.core.windows.net//.default
    ");
}

#[tokio::test(start_paused = true)]
async fn an_az_that_hangs_is_killed_in_time_with_all_that_it_started() {
    let sealed = Sealed::new();
    let auth = sealed.az("hangs").build();
    let pids_file = sealed.file("pids");
    // Time stands still until the program has started its own.
    let (answered, pids) = tokio::join!(arm(&auth), async { pids(&pids_file) });
    let error = answered.unwrap_err();
    assert!(error.is_transient());
    assert_eq!(pids.len(), 3);
    wait_for_the_end_of(&pids);
    let error = shown(&error, sealed.folder.path()).replace(env!("CARGO_MANIFEST_DIR"), "[crate]");
    insta::assert_snapshot!(error, @r"
    Unavailable: [crate]/tests/child-az/az did not answer within 30 s
      help: see what it says: az account get-access-token --output none
    ");
}

#[tokio::test(start_paused = true)]
async fn an_az_whose_caller_has_gone_is_killed_with_all_that_it_started() {
    let sealed = Sealed::new();
    let auth = sealed.az("hangs").build();
    let request = TokenRequest::arm(auth.cloud()).timeout(Duration::from_secs(1));
    let pids_file = sealed.file("pids");
    let (answered, pids) = tokio::join!(auth.token(&request), async { pids(&pids_file) });
    assert_eq!(answered.unwrap_err().kind(), ErrorKind::Timeout);
    wait_for_the_end_of(&pids);
}

#[tokio::test]
async fn what_the_cli_leaves_running_keeps_nobody_waiting() {
    let sealed = Sealed::new();
    drop(sealed.that_answers());
    assert_eq!(arm(&sealed.az("answers-and-leaves-somebody").build()).await.unwrap().secret().expose(), TOKEN);
    let left = pids(&sealed.file("pids"));
    assert!(std::process::Command::new("kill").args(&left).status().unwrap().success(), "it is the CLI's own affair");
}

#[tokio::test]
async fn what_the_cli_tells_instead_of_a_token_is_told() {
    let mut sealed = Sealed::new();
    let token = format!("eyJ{}", "canary".repeat(30));
    let expired = "ERROR: AADSTS700082: The refresh token has expired due to inactivity. Trace ID: t\r\n\
        Interactive authentication is needed. Please run:\r\naz logout\r\n\
        az login --tenant \"3c1f\" --scope \"https://management.core.windows.net//.default\"\n";
    let crashed = format!(
        "ERROR: The command failed with an unexpected error. Here is the traceback:\n\
         ERROR: Unable to import \x1b[31mmodule 'gi' {token}\nTraceback (most recent call last):\n  File \"x\"\nImportError\n\n\
         To check existing issues, please visit: https://github.com/Azure/azure-cli/issues\n"
    );
    let (log, _guard) = Log::of_this_thread();
    let mut errors = vec![
        sealed.refused("fails", "ERROR: Please run 'az login' to setup account.\n").await,
        sealed.refused("fails", expired).await,
        sealed.refused("fails", &crashed).await,
        sealed.refused("fails", "").await,
        sealed.refused("answers", "").await,
        sealed.refused("answers", "[]").await,
        sealed.refused("answers", &format!(r#"{{"accessToken": "{token}"}}"#)).await,
        sealed.refused("floods", "").await,
        sealed.refused("127", "").await,
    ];
    sealed.path = "child-az:/nowhere".to_owned();
    errors.push(sealed.refused("answers", "").await);
    let errors = errors.join("\n").replace(env!("CARGO_MANIFEST_DIR"), "[crate]");
    assert!(!errors.contains("canary") && !log.text().contains("canary"));
    insta::assert_snapshot!(errors, @r#"
    Unavailable: the Azure CLI has no token: Please run 'az login' to setup account
      help: sign in: az login
    Interaction: the Azure CLI has no token: AADSTS700082: The refresh token has expired due to inactivity. Trace ID: t
      help: sign in again: az login --tenant "3c1f" --scope "https://management.core.windows.net//.default"
    Unavailable: the Azure CLI has no token: Unable to import [31mmodule 'gi' [...]
      help: see what it says: az account get-access-token --output none
    Unavailable: the Azure CLI has no token: it does not say why
      help: see what it says: az account get-access-token --output none
    Unavailable: [crate]/tests/child-az/az did not print a token of the Azure CLI
      help: see what it says: az account get-access-token --output none
    Unavailable: [crate]/tests/child-az/az did not print a token of the Azure CLI
      help: see what it says: az account get-access-token --output none
    Unavailable: [crate]/tests/child-az/az did not print a token of the Azure CLI
      help: see what it says: az account get-access-token --output none
    Unavailable: [crate]/tests/child-az/az did not print a token of the Azure CLI
      help: see what it says: az account get-access-token --output none
    Unavailable: [dir]/msal_token_cache.bin is encrypted, and there is no az on the PATH to read it
      help: install the Azure CLI, or let it keep its tokens unencrypted: az config set core.encrypt_token_cache=false, then az login
    Unavailable: [dir]/msal_token_cache.bin is encrypted, and there is no az on the PATH to read it
      help: install the Azure CLI, or let it keep its tokens unencrypted: az config set core.encrypt_token_cache=false, then az login
    "#);
}
