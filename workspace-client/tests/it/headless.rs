//! Signing in where there is no browser: pasting where it ended, and device codes.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use auth_core::interactive::{Browser, Prompt, SignIn};
use auth_core::oauth::DeviceCode;
use auth_core::{Env, ErrorKind, Secret};
use tempfile::TempDir;
use url::Url;
use workspace_client::auth::InteractiveLoginAuthentication;
use xtask::emulator::{Effect, Emulator, Fault, Visitor};

use crate::support::{Person, assert_no_secret, azml, environment};

const PATIENCE: Duration = Duration::from_secs(30);

/// azml on a terminal of its own, or with pipes.
struct Session {
    child: Child,
    lines: Receiver<String>,
    seen: String,
}

impl Session {
    /// On a terminal, so that a person can paste.
    fn on_terminal(home: &Path, azure: &Emulator, args: &str, variables: &[(&str, &str)]) -> Self {
        let program = format!("exec {} {args}", env!("CARGO_BIN_EXE_azml"));
        let mut command = Command::new("script");
        command.args(["-qefc", &program, "/dev/null"]).env_clear().envs(environment(home, azure));
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("SHELL", "/bin/sh").env("TERM", "xterm");
        Self::start(command.envs(variables.iter().copied()), true)
    }

    fn piped(home: &Path, azure: &Emulator, args: &[&str]) -> Self {
        Self::start(azml(home, azure).args(args), false)
    }

    fn start(command: &mut Command, is_terminal: bool) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (sender, lines) = channel();
        // The pseudo terminal mixes both streams.
        let stream: Box<dyn std::io::Read + Send> =
            if is_terminal { Box::new(child.stdout.take().unwrap()) } else { Box::new(child.stderr.take().unwrap()) };
        std::thread::spawn(move || {
            for line in BufReader::new(stream).lines() {
                if sender.send(line.unwrap().replace('\r', "")).is_err() {
                    return;
                }
            }
        });
        Self { child, lines, seen: String::new() }
    }

    /// Waits for a line that contains this text.
    #[track_caller]
    fn line_with(&mut self, text: &str) -> String {
        loop {
            let line = self.lines.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no {text} in {}", self.seen));
            self.seen.extend([line.as_str(), "\n"]);
            if line.contains(text) {
                return line;
            }
        }
    }

    fn url(&mut self) -> String {
        self.line_with("https://login.").trim().to_owned()
    }

    fn type_line(&mut self, text: &str) {
        writeln!(self.child.stdin.as_mut().unwrap(), "{text}").unwrap();
    }

    /// The exit code, and everything that was shown.
    fn end(mut self) -> (i32, String) {
        let code = self.child.wait().unwrap().code().unwrap();
        while let Ok(line) = self.lines.recv_timeout(PATIENCE) {
            self.seen.extend([line.as_str(), "\n"]);
        }
        (code, self.seen)
    }
}

/// What a person reads, without what differs from run to run.
fn assert_reads(name: &str, text: &str) {
    let filters = [
        (r"(?m)^    https://login\S+authorize\S+$", "    [url]"),
        (r"https://\S+/devicelogin", "[page]"),
        (r"(?m)^    [0-9A-F]{9}$", "    [code]"),
        (r"\((this [^)]*|no browser is wanted)\)", "([where this runs])"),
        (r"correlation id \S+", "correlation id [id]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_address_of_a_browser_on_another_machine_is_pasted_after_every_mistake() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let mut session = Session::on_terminal(home.path(), &azure, "login --debug -o none", &[("SSH_TTY", "/dev/pts/7")]);
    let url = session.url();
    assert!(url.contains("response_mode=query"), "the code must be in the address: {url}");
    session.line_with("paste it here, and press Enter");
    let address = azure.visitor().address(&url).await.unwrap();
    let mut other_port = Url::parse(&address).unwrap();
    other_port.set_port(Some(9)).unwrap();
    let state = Url::parse(&url).unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    for (text, told) in [
        (url.clone(), "that is the URL to sign in at"),
        (address.replace(&state, "another"), "that address is of another sign-in"),
        (other_port.to_string(), "that address has the port of another sign-in"),
        (format!("{address}&code=again"), "that address has a parameter twice"),
        ("hello".to_owned(), "that is no address"),
    ] {
        session.type_line(&text);
        session.line_with(told);
    }
    session.type_line(&format!(" <{address}>"));
    let (code, seen) = session.end();
    assert_eq!(code, 0, "{seen}");
    // What was typed is echoed by the terminal; nothing else may show it.
    let told: String = seen.lines().filter(|line| !line.contains("http://localhost")).collect();
    assert_no_secret(&azure, "the terminal", told.as_bytes());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_browser_that_does_reach_localhost_needs_no_paste() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let mut session = Session::on_terminal(home.path(), &azure, "login --no-browser -o none", &[]);
    let url = session.url();
    let landing = azure.approve(&url).await;
    assert!(landing.body.contains("You are signed in"), "{}", landing.body);
    let (code, seen) = session.end();
    assert_eq!(code, 0, "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_says_no_can_be_pasted_too() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let mut session = Session::on_terminal(home.path(), &azure, "login --no-browser", &[]);
    let url = Url::parse(&session.url()).unwrap();
    let one = |wanted: &str| url.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
    session.type_line(&format!("{}/?error=access_denied&state={}", one("redirect_uri"), one("state")));
    let (code, seen) = session.end();
    assert_eq!(code, 1);
    assert!(seen.contains("error: the sign-in was declined: access_denied"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_terminal_nothing_is_read_and_the_text_says_what_else_can_be_done() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let mut session = Session::piped(home.path(), &azure, &["login", "--no-browser", "--timeout", "1"]);
    session.type_line("http://localhost:1/?code=canary");
    let (code, seen) = session.end();
    assert_eq!(code, 1);
    assert_reads("nobody_signs_in", &seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opener_that_does_not_exist_is_told_and_the_url_is_there() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let mut command = azml(home.path(), &azure);
    command.args(["login", "-o", "none"]).env("BROWSER", "/nowhere/browser");
    let mut session = Session::start(&mut command, false);
    let url = session.url();
    session.line_with("warning: no browser could be opened");
    azure.approve(&url).await;
    assert_eq!(session.end().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opener_that_hangs_is_ended_and_neither_the_url_nor_the_sign_in_waits_for_it() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let (opener, pid) = (home.path().join("xdg-open"), home.path().join("pid"));
    std::fs::write(&opener, format!("#!/bin/sh\necho $$ > '{}'\nexec sleep 600\n", pid.display())).unwrap();
    std::fs::set_permissions(&opener, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let path = format!("{}:/usr/bin:/bin", home.path().display());
    let mut command = azml(home.path(), &azure);
    command.args(["login", "-o", "none"]).envs([("DISPLAY", ":9"), ("PATH", &path)]);
    let mut session = Session::start(&mut command, false);
    let url = session.url();
    session.line_with("warning: no browser could be opened");
    let pid = std::fs::read_to_string(&pid).unwrap();
    assert!(!Path::new("/proc").join(pid.trim()).exists(), "it is gone, and reaped");
    azure.approve(&url).await;
    assert_eq!(session.end().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_opener_helps_on_a_desktop_the_address_can_be_pasted_too() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let variables = [("DISPLAY", ":9"), ("BROWSER", "/nowhere/browser")];
    let mut session = Session::on_terminal(home.path(), &azure, "login -o none", &variables);
    assert!(session.url().contains("response_mode=form_post"));
    session.line_with("warning: no browser could be opened");
    let url = session.url();
    assert!(url.contains("response_mode=query"), "{url}");
    let address = azure.visitor().address(&url).await.unwrap();
    session.type_line(&address);
    assert_eq!(session.end().0, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_signs_in_and_is_shown_in_clear_text() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.set_device_code_interval(Duration::from_secs(1));
    let args = ["login", "--use-device-code", "--debug", "-o", "none"];
    let (code, seen) = device_login(&azure, home.path(), &args, async |page| {
        assert!(azure.approve(&page).await.body.contains("All done"));
    })
    .await;
    assert_eq!(code, 0, "{seen}");
    assert_no_secret(&azure, "the terminal", seen.as_bytes());
    let saved = azml(home.path(), &azure).args(["account", "get-access-token", "-o", "none"]).output().unwrap();
    assert!(saved.status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_text_of_a_device_code_reads_well() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.set_device_code_interval(Duration::from_secs(1));
    let (code, seen) = device_login(&azure, home.path(), &["login", "--use-device-code"], async |page| {
        assert!(azure.visitor().cancel(&page).await.unwrap().body.contains("All done"));
    })
    .await;
    assert_eq!(code, 1);
    assert_reads("device_code_declined", &seen);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_code_that_expires_leads_to_a_new_one() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.set_device_code_interval(Duration::from_secs(1));
    let (code, seen) = device_login(&azure, home.path(), &["login", "--use-device-code"], async |_| {
        azure.advance_clock(Duration::from_secs(901));
    })
    .await;
    assert_eq!(code, 1);
    assert!(seen.contains("error: the code expired before anybody entered it"), "{seen}");
    assert!(seen.contains("azml login --use-device-code"), "{seen}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_network_and_a_gateway_s_page_do_not_end_a_device_code() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    azure.set_device_code_interval(Duration::from_secs(1));
    azure.add_fault(Fault::once("/oauth2/v2.0/token", Effect::CloseConnection));
    azure.add_fault(Fault::once("/oauth2/v2.0/token", Effect::Html));
    let person = Person::new(&azure);
    let env = Env::fake(environment(home.path(), &azure));
    let builder = InteractiveLoginAuthentication::builder().env(env).browser(Browser::None).use_device_code(true);
    let auth = builder.prompt(person.clone()).login().await.unwrap();
    assert_eq!(person.visits(), 1);
    assert!(auth.account().await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_browser_can_come_back_and_nothing_be_pasted_a_code_is_shown_unasked() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let mut session =
        Session::start(azml(home.path(), &azure).args(["login", "-o", "none"]).env("SSH_TTY", "x"), false);
    let page = session.line_with("/devicelogin").trim().to_owned();
    session.line_with("enter this code");
    session.line_with("");
    let code = session.line_with("    ").trim().to_owned();
    azure.approve(&format!("{page}?otc={code}")).await;
    assert_eq!(session.end().0, 0);
}

#[test]
fn a_tenant_that_forbids_device_codes_is_told_with_the_way_through_a_browser() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let refusal = serde_json::json!({
        "error": "invalid_grant",
        "error_description": "AADSTS53003: Access has been blocked by Conditional Access policies.",
        "error_codes": [53003],
    });
    azure.add_fault(Fault::new("/devicecode", Effect::json(400, &refusal)));
    let (code, seen) = Session::piped(home.path(), &azure, &["login", "--use-device-code"]).end();
    assert_eq!(code, 3, "{seen}");
    assert_reads("device_code_forbidden", &seen);
}

/// A program with a field to paste into, and somebody whose browser is on another machine.
#[derive(Debug)]
struct Window {
    visitor: Visitor,
    url: Mutex<Option<String>>,
    refused: Mutex<Vec<String>>,
}

#[async_trait::async_trait]
impl Prompt for Window {
    fn sign_in_at(&self, sign_in: &SignIn<'_>) {
        assert!(sign_in.takes_paste() && !sign_in.opens_browser());
        *self.url.lock().unwrap() = Some(sign_in.url().to_string());
    }

    fn takes_paste(&self) -> bool {
        true
    }

    async fn paste(&self) -> Option<Secret> {
        if self.refused.lock().unwrap().is_empty() {
            return Some("http://localhost:1/?code=canary&state=x".into());
        }
        let url = self.url.lock().unwrap().clone().unwrap();
        Some(self.visitor.address(&url).await.unwrap().into())
    }

    fn paste_refused(&self, why: &str) {
        self.refused.lock().unwrap().push(why.to_owned());
    }

    fn device_code(&self, _code: &DeviceCode) {
        panic!("nobody asked for a code");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_of_its_own_takes_the_paste_through_the_same_trait() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let variables = environment(home.path(), &azure).into_iter().chain([("SSH_TTY".to_owned(), "x".to_owned())]);
    let (url, refused) = (Mutex::default(), Mutex::default());
    let window = Arc::new(Window { visitor: azure.visitor().clone(), url, refused });
    let builder = InteractiveLoginAuthentication::builder().env(Env::fake(variables)).prompt(window.clone());
    let auth = builder.login().await.unwrap();
    assert!(auth.account().await.unwrap().is_some());
    let refused = window.refused.lock().unwrap();
    assert!(refused.len() == 1 && refused[0].contains("port") && !refused[0].contains("canary"), "{refused:?}");
}

#[tokio::test]
async fn without_a_prompt_no_device_code_is_asked_for() {
    let (azure, home) = (Emulator::start(), TempDir::new().unwrap());
    let env = Env::fake(environment(home.path(), &azure));
    let error = InteractiveLoginAuthentication::builder().env(env).use_device_code(true).login().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Interaction);
    assert!(azure.requests().iter().all(|request| !request.path.contains("devicecode")));
}

/// Runs azml until it shows a code, lets the person act on the page, and waits for the end.
async fn device_login(azure: &Emulator, home: &Path, args: &[&str], person: impl AsyncFnOnce(String)) -> (i32, String) {
    let mut session = Session::piped(home, azure, args);
    let page = session.line_with("/devicelogin").trim().to_owned();
    session.line_with("enter this code");
    session.line_with("");
    let code = session.line_with("    ").trim().to_owned();
    person(format!("{page}?otc={code}")).await;
    session.end()
}
