//! The Azure CLI as a program, for the tokens that it alone can read.

mod process;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use auth_core::claims::Claims;
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Cloud, Env, Error, ErrorKind, Scopes, Secret, Tenant};
use serde::Deserialize;

use self::process::Output;
use crate::lenient::{seconds, secret, text};
use crate::{Clouds, ConfigDir};

/// A start with a cold disk and one redemption on a slow network.
const PATIENCE: Duration = Duration::from_secs(30);
/// Keeps an azml in the place of az from asking us in turn.
const SHIM: (&str, &str) = ("AZML_AZ_SHIM", "off");
/// What a shell answers for a program that is not there, and so does azml in the place of an az that is not installed.
const NOT_FOUND: i32 = 127;
/// How much of what the CLI tells is shown.
const LONGEST: usize = 300;
/// A word that is longer may be a token.
const LONGEST_WORD: usize = 100;
const UNENCRYPTED: &str =
    "let it keep its tokens unencrypted: az config set core.encrypt_token_cache=false, then az login";

/// The Azure CLI of this machine, and what is said to it each time.
#[derive(Debug)]
pub(crate) struct ChildAz<'a> {
    pub(crate) env: &'a Env,
    pub(crate) directory: &'a ConfigDir,
    pub(crate) cloud: &'a Cloud,
}

/// Whose token is wanted. The CLI takes either, and answers for a tenant as the user of its default subscription.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Of<'a> {
    Subscription(&'a str),
    Tenant(&'a Tenant),
}

impl ChildAz<'_> {
    /// Runs `az account get-access-token`. It ends in time, and with it everything that it started.
    pub(crate) async fn token(&self, of: Of<'_>, scopes: &Scopes) -> Result<AccessToken, Error> {
        let program = program(self.env).ok_or_else(|| self.missing())?;
        let started = process::run(self.command(&program, of, scopes)?, PATIENCE).await;
        let output = started.map_err(|error| {
            let message = format!("the Azure CLI at {} cannot be run: {error}", program.display());
            Error::new(ErrorKind::Unavailable, message).with_help(format!("repair it, or {UNENCRYPTED}"))
        })?;
        let Some(Output { status, printed, told }) = output else {
            let message = format!("{} did not answer within {} s", program.display(), PATIENCE.as_secs());
            return Err(Error::new(ErrorKind::Unavailable, message).with_transient(true).with_help(LOOK));
        };
        tracing::debug!(program = %program.display(), %status, "asked the Azure CLI for a token");
        match status.code() {
            Some(0) => answer(&printed).ok_or_else(|| {
                let message = format!("{} did not print a token of the Azure CLI", program.display());
                Error::new(ErrorKind::Unavailable, message).with_help(LOOK)
            }),
            Some(NOT_FOUND) => Err(self.missing()),
            _ => Err(refusal(&told)),
        }
    }

    fn command(&self, program: &Path, of: Of<'_>, scopes: &Scopes) -> Result<Command, Error> {
        let mut command = Command::new(program);
        self.env.apply_to(&mut command);
        command.env(SHIM.0, SHIM.1).env("AZURE_CORE_NO_COLOR", "true").env("AZURE_CLOUD_NAME", self.known_cloud()?);
        if let Some(folder) = self.directory.accounts() {
            command.env("AZURE_CONFIG_DIR", folder);
        }
        command.args(["account", "get-access-token", "--output=json", "--only-show-errors"]);
        command.arg(match of {
            Of::Subscription(id) => format!("--subscription={id}"),
            Of::Tenant(tenant) => format!("--tenant={tenant}"),
        });
        command.arg("--scope").args(scopes.iter());
        Ok(command)
    }

    /// The cloud's name, if the CLI means the same by it: it would sign in elsewhere, or forget its setting (observed: az 2.91).
    fn known_cloud(&self) -> Result<&str, Error> {
        let name = self.cloud.name();
        let own = Clouds::load(self.directory)?.named(name);
        if own.is_ok_and(|own| own.name() == name && own.authority() == self.cloud.authority()) {
            return Ok(name);
        }
        Err(Error::new(ErrorKind::Unavailable, format!("the Azure CLI knows another cloud as {name}"))
            .with_help("compare its endpoints: az cloud show"))
    }

    fn missing(&self) -> Error {
        let cache = self.directory.token_cache_path().with_extension("bin");
        let message = format!("{} is encrypted, and there is no az on the PATH to read it", cache.display());
        Error::new(ErrorKind::Unavailable, message).with_help(format!("install the Azure CLI, or {UNENCRYPTED}"))
    }
}

/// Shows what is wrong, and no token.
const LOOK: &str = "see what it says: az account get-access-token --output none";

/// The first `az` of the PATH. A relative folder would lead to whatever lies in the current one.
fn program(env: &Env) -> Option<PathBuf> {
    let names: &[&str] = if cfg!(windows) { &["az.exe", "az.cmd"] } else { &["az"] };
    let folders = env.path("PATH")?;
    std::env::split_paths(&folders)
        .filter(|folder| folder.is_absolute())
        .flat_map(|folder| names.iter().map(move |name| folder.join(name)))
        .find(|program| is_program(program))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    path.metadata().is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file()
}

/// The token that was printed. Older versions tell its end in local time alone, but the token knows, too.
fn answer(printed: &Secret) -> Option<AccessToken> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        #[serde(rename = "accessToken", deserialize_with = "secret")]
        access_token: Option<Secret>,
        #[serde(deserialize_with = "seconds")]
        expires_on: Option<u64>,
        #[serde(deserialize_with = "text")]
        tenant: Option<String>,
    }
    let answer: Answer = serde_json::from_str(printed.expose()).ok()?;
    let token = answer.access_token?;
    let expires_on = answer.expires_on.or_else(|| Claims::peek(token.expose()).ok()?.exp)?;
    let tenant = answer.tenant.and_then(|tenant| Tenant::parse(&tenant).ok());
    Some(AccessToken::new(token, from_unix(expires_on)).with_tenant(tenant))
}

/// What the CLI told instead of printing a token, as one sentence.
fn refusal(told: &str) -> Error {
    let lines = || told.lines().map(str::trim).filter(|line| !line.is_empty());
    // Of a failure that it did not expect, the second line of this kind tells the reason (observed: az 2.91).
    let reason = lines().filter_map(|line| line.strip_prefix("ERROR:")).next_back().or_else(|| lines().next_back());
    let reason = excerpt(reason.unwrap_or("it does not say why"));
    let message = format!("the Azure CLI has no token: {}", reason.trim_end_matches('.'));
    let login = lines().find(|line| line.starts_with("az login"));
    let (kind, help) = match login {
        Some(login) => (ErrorKind::Interaction, format!("sign in again: {}", excerpt(login))),
        None if told.contains("'az login'") => (ErrorKind::Unavailable, "sign in: az login".to_owned()),
        None => (ErrorKind::Unavailable, LOOK.to_owned()),
    };
    Error::new(kind, message).with_help(help)
}

fn excerpt(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    let words = words.map(|word| if word.chars().count() > LONGEST_WORD { "[...]" } else { word });
    let line = words.collect::<Vec<_>>().join(" ");
    if line.chars().count() > LONGEST { line.chars().take(LONGEST).chain("...".chars()).collect() } else { line }
}
