//! A home of its own, and an Azure for it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;
use xtask::emulator::{Emulator, World};

use super::super::demo::Azml;
use super::super::identity_server::claims;
use super::super::process::{Ran, run};
use super::super::repository::{shown, this_program};
use super::Clients;
use super::table::Row;

/// A cold start of a large Python program, and a sign-in.
const PATIENCE: Duration = Duration::from_secs(60);
/// A word that is longer may be a token.
const LONGEST_WORD: usize = 120;

pub(super) struct Scene<'a> {
    pub(super) clients: &'a Clients,
    pub(super) azure: Emulator,
    home: TempDir,
    story: String,
    rows: Mutex<Vec<Row>>,
}

impl<'a> Scene<'a> {
    pub(super) fn new(story: &str, clients: &'a Clients) -> Result<Self, String> {
        let home = TempDir::with_prefix("interop-").map_err(|error| format!("no temporary folder: {error}"))?;
        let azure = Emulator::start_with(World { jobs: 3, ..World::default() });
        Ok(Self { clients, azure, home, story: story.to_owned(), rows: Mutex::default() })
    }

    pub(super) fn into_rows(self) -> Vec<Row> {
        self.rows.into_inner().unwrap_or_default()
    }

    /// Does something that the table has a row for.
    pub(super) fn row<T>(
        &self,
        what: &str,
        client: &'static str,
        act: impl FnOnce() -> Result<T, String>,
    ) -> Result<T, String> {
        let started = Instant::now();
        let outcome = act();
        let (succeeded, took) = (outcome.is_ok(), started.elapsed());
        self.rows.lock().expect("no thread panics").push(Row {
            story: self.story.clone(),
            what: what.to_owned(),
            client,
            succeeded,
            took,
        });
        outcome.map_err(|problem| format!("{}: {what}: {}", self.story, self.without_secrets(&problem)))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(super) fn write(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.path(name);
        let folder = path.parent().unwrap_or(Path::new(""));
        let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text));
        written.map(|()| path.clone()).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// A program in the home, for the owner to run.
    pub(super) fn write_program(&self, name: &str, text: &str) -> Result<PathBuf, String> {
        let path = self.write(name, text)?;
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::Permissions::from_mode(0o755);
            std::fs::set_permissions(&path, mode).map_err(|error| format!("{}: {error}", path.display()))?;
        }
        Ok(path)
    }

    /// This program in the home; `az` is on its PATH.
    pub(super) fn command(&self, program: &Path) -> Result<Command, String> {
        let azml = Azml { program: program.to_owned(), home: self.home.path(), azure: &self.azure };
        let mut command = azml.command(&[])?;
        let bin = self.clients.azure_cli.parent().unwrap_or(Path::new(""));
        command.env("PATH", path_beginning_with(bin)?).env("NODE_EXTRA_CA_CERTS", self.azure.ca_file());
        command.env("BROWSER", browser(None)?).env("AZURE_CORE_COLLECT_TELEMETRY", "false");
        command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").current_dir(self.home.path());
        Ok(command)
    }

    pub(super) fn az(&self, arguments: &[&str]) -> Result<(), String> {
        finish(self.command(&self.clients.azure_cli)?.args(arguments), |_| ()).map(drop)
    }

    pub(super) fn az_json(&self, arguments: &[&str]) -> Result<Value, String> {
        json(self.command(&self.clients.azure_cli)?.args(arguments).args(["-o", "json"]))
    }

    /// What azml answers, without asking anybody to sign in.
    pub(super) fn azml_json(&self, arguments: &[&str]) -> Result<Value, String> {
        let before = self.azure.requests().len();
        let answer = json(self.command(&self.clients.azml)?.args(arguments).args(["-o", "json"]))?;
        let asked = self.azure.requests().split_off(before);
        match asked.iter().find(|it| it.path.ends_with("/authorize") || it.path.ends_with("/devicecode")) {
            Some(request) => Err(format!("azml asked for a sign-in at {}", request.path)),
            None => Ok(answer),
        }
    }

    /// Whether azml answers as the Azure CLI does: accounts, and tokens for ARM and another resource.
    pub(super) fn azml_agrees(&self, options: &[&str]) -> Result<(), String> {
        let account = |value: &Value| {
            ["id", "name", "tenantId", "user", "isDefault", "environmentName"].map(|member| value[member].clone())
        };
        let show = [&["account", "show"][..], options].concat();
        let (theirs, ours) = (self.az_json(&show)?, self.azml_json(&show)?);
        if account(&theirs) != account(&ours) {
            return Err(format!("az shows {theirs}, and azml {ours}"));
        }
        let list = |value: &Value| value.as_array().into_iter().flatten().map(account).collect::<Vec<_>>();
        let (theirs, ours) = (self.az_json(&["account", "list"])?, self.azml_json(&["account", "list"])?);
        if list(&theirs) != list(&ours) {
            return Err(format!("az lists {theirs}, and azml {ours}"));
        }
        let token = [&["account", "get-access-token"][..], options].concat();
        let ml = [&token[..], &["--resource", "https://ml.azure.com"]].concat();
        for token in [token, ml] {
            // What azml renews itself is another token for the same.
            same_token(&self.azml_json(&token)?, &self.az_json(&token)?)?;
        }
        Ok(())
    }

    fn without_secrets(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.azure.secrets() {
            text = text.replace(&secret, "[secret]");
        }
        let cut = |word: &str| {
            if word.trim_end().chars().count() > LONGEST_WORD { "[...] ".to_owned() } else { word.to_owned() }
        };
        text.split_inclusive([' ', '\n', '"']).map(cut).collect()
    }
}

/// The person's browser, which signs in as `user`, or as the first whom the page offers.
pub(super) fn browser(user: Option<&str>) -> Result<String, String> {
    let user = user.map(|user| format!(" --user {user}")).unwrap_or_default();
    Ok(format!("{} approve{user} %s &", this_program()?.display()))
}

pub(super) fn path_beginning_with(folder: &Path) -> Result<std::ffi::OsString, String> {
    let rest = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths(std::iter::once(folder.to_owned()).chain(std::env::split_paths(&rest)))
        .map_err(|error| format!("PATH: {error}"))
}

/// Runs it to its end, which must be a good one.
pub(super) fn finish(command: &mut Command, hears: impl FnMut(&str)) -> Result<Ran, String> {
    let ran = run(command, PATIENCE, hears)?;
    if ran.succeeded { Ok(ran) } else { Err(format!("`{}` failed:\n{}{}", shown(command), ran.printed, ran.told)) }
}

/// The JSON that a program prints.
pub(super) fn json(command: &mut Command) -> Result<Value, String> {
    let ran = finish(command, |_| ())?;
    let problem = |error| format!("`{}` printed no JSON: {error}: {}{}", shown(command), ran.printed, ran.told);
    // A library may print a line of its own before the answer.
    let start = ran.printed.find(['{', '[']).unwrap_or_default();
    serde_json::from_str(&ran.printed[start..]).map_err(problem)
}

/// Whether two answers of `account get-access-token` are about the same: who, where, and what for.
pub(super) fn same_token(ours: &Value, theirs: &Value) -> Result<(), String> {
    let about = |answer: &Value| {
        let claims = claims(answer["accessToken"].as_str().unwrap_or_default());
        let said = ["tenant", "subscription", "tokenType"].map(|member| answer[member].clone());
        (["aud", "appid", "oid", "sub", "tid"].map(|claim| claims[claim].clone()), said)
    };
    let (ours, theirs) = (about(ours), about(theirs));
    if ours != theirs || ours.0[4].is_null() {
        return Err(format!("azml's token is about {ours:?}, and theirs about {theirs:?}"));
    }
    Ok(())
}

/// Whose token it is, for which audience.
pub(super) fn subject(token: &Value) -> (String, String, String) {
    let claims = claims(token.as_str().unwrap_or_default());
    let [oid, tid, aud] = ["oid", "tid", "aud"].map(|name| claims[name].as_str().unwrap_or_default().to_owned());
    (oid, tid, aud)
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use serde_json::json;

    use super::*;

    #[test]
    fn tokens_about_somebody_else_for_something_else_or_nothing_are_not_the_same() {
        let answer = |oid: &str, aud: &str, tenant: &str| {
            let claims = URL_SAFE_NO_PAD.encode(json!({"oid": oid, "aud": aud, "tid": tenant}).to_string());
            json!({"accessToken": format!("e30.{claims}.x"), "tenant": tenant})
        };
        assert_eq!(same_token(&answer("a", "b", "c"), &answer("a", "b", "c")), Ok(()));
        for other in [answer("x", "b", "c"), answer("a", "x", "c"), answer("a", "b", "x"), json!({"accessToken": "x"})]
        {
            assert!(same_token(&other, &answer("a", "b", "c")).is_err(), "{other}");
        }
        assert!(same_token(&json!({}), &json!({})).is_err());
    }
}
