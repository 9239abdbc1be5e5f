//! The identity endpoint as a process, asked by clients.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::JoinHandle;
use std::time::Duration;

use auth_core::claims::Claims;
use reqwest::{Client, Method, RequestBuilder, Response};
use serde_json::Value;
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::azml::Home;
use crate::emulator::{azml, json, login};
use crate::support::assert_no_secret;

const ARM: &str = "https://management.azure.com";
const ML: &str = "https://ml.azure.com";
const GRAPH: &str = "https://graph.microsoft.com";

/// azml with a person's login, about to serve it.
fn serve(home: &Home, azure: &Emulator, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_azml"));
    command.env_clear().envs(home.variables()).envs(azure.env()).current_dir(home.path());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(["identity", "serve"]).args(args);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn signed_in() -> (Home, Emulator) {
    let (home, azure) = (Home::new(), Emulator::start());
    login(&home, &azure, &["--no-browser"], None).success();
    azure.clear_requests();
    (home, azure)
}

/// The endpoint while it runs, as its clients know it.
struct Endpoint {
    child: Child,
    url: String,
    header: String,
    client: Client,
    log: Option<JoinHandle<Vec<u8>>>,
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Endpoint {
    fn start(home: &Home, azure: &Emulator, args: &[&str]) -> Self {
        Self::of(&mut serve(home, azure, args))
    }

    /// Starts it, and reads what a person would paste.
    fn of(command: &mut Command) -> Self {
        let mut child = command.spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut export = |name: &str| {
            let line = printed.next().unwrap_or_default();
            line.strip_prefix(&format!("export {name}=")).unwrap_or_else(|| panic!("no {name} in {line:?}")).to_owned()
        };
        let is_socket = command.get_args().any(|arg| arg.to_string_lossy().starts_with("unix:"));
        let url = if is_socket { String::new() } else { export("IDENTITY_ENDPOINT") };
        let header = export("IDENTITY_HEADER");
        let stderr = child.stderr.take();
        let log = std::thread::spawn(move || {
            let mut log = Vec::new();
            stderr.map(|mut stderr| stderr.read_to_end(&mut log).unwrap());
            log
        });
        Self { child, url, header, client: Client::builder().no_proxy().build().unwrap(), log: Some(log) }
    }

    fn request(&self, method: Method, query: &[(&str, &str)]) -> RequestBuilder {
        self.client.request(method, &self.url).query(query)
    }

    /// Asks as the Azure SDKs do.
    fn ask(&self, resource: &str) -> RequestBuilder {
        let query = [("api-version", "2019-08-01"), ("resource", resource)];
        self.request(Method::GET, &query).header("X-IDENTITY-HEADER", &self.header).header("Metadata", "true")
    }

    async fn token(&self, resource: &str) -> Value {
        let (status, body) = answer(self.ask(resource).send().await.unwrap()).await;
        assert_eq!(status, 200, "{body}");
        body
    }

    fn place(&self) -> &str {
        self.url.strip_prefix("http://").unwrap().strip_suffix("/msi/token").unwrap()
    }

    /// Ends it, and says what it has told.
    fn end(mut self, signal: &str) -> String {
        send(signal, self.child.id());
        assert_eq!(self.child.wait().unwrap().code(), Some(0));
        text(self.log.take().unwrap().join().unwrap())
    }
}

fn send(signal: &str, process: u32) {
    assert!(Command::new("kill").args([&format!("-{signal}"), &process.to_string()]).status().unwrap().success());
}

async fn answer(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

fn message(body: &Value) -> &str {
    body["message"].as_str().unwrap()
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

/// What a person reads, without what differs from run to run.
fn assert_reads(name: &str, text: &str) {
    let filters = [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "[time]"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:[port]"),
        (r"process \d+", "process [id]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

#[tokio::test]
async fn a_client_gets_the_persons_token_in_the_words_of_app_service() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &[]);
    let response = endpoint.ask(ARM).header("User-Agent", "azsdk-python-identity/1.27.0").send().await.unwrap();
    assert_eq!(response.headers()["cache-control"], "no-store");
    assert_eq!(response.headers()["content-type"], "application/json; charset=utf-8");
    let body: Value = response.json().await.unwrap();
    let claims = Claims::peek(body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(claims.username(), Some(defaults::ADA));
    assert!(claims.aud.unwrap().contains(ARM));
    let saved = json(azml(&home, &azure, &["account", "get-access-token", "--resource", ARM]));
    assert_eq!(body["access_token"], saved["accessToken"]);
    assert_eq!(body["expires_on"], saved["expires_on"].to_string());
    assert_eq!((&body["resource"], &body["token_type"]), (&ARM.into(), &"Bearer".into()));
    assert_eq!(body["client_id"], claims.appid.unwrap());

    let refused = answer(endpoint.ask(GRAPH).header("User-Agent", "curl").send().await.unwrap()).await;
    assert_eq!(refused.0, 403);
    assert_reads("audit", &endpoint.end("TERM"));
}

#[tokio::test]
async fn a_thousand_requests_are_one_refresh() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &["--rate", "1000"]);
    azure.clear_requests();
    let first = endpoint.token(ML).await["access_token"].clone();
    for _ in 0..99 {
        let ten = futures_util::future::join_all((0..10).map(|_| endpoint.token(ML))).await;
        assert!(ten.iter().all(|body| body["access_token"] == first));
    }
    for _ in 0..9 {
        assert_eq!(endpoint.token(ML).await["access_token"], first);
    }
    let asked: Vec<_> = azure.requests().into_iter().map(|request| request.path).collect();
    assert!(asked.len() == 1 && asked[0].ends_with("/oauth2/v2.0/token"), "{asked:?}");
    assert_eq!(endpoint.end("TERM").matches(" https://ml.azure.com until ").count(), 1000);
}

#[tokio::test]
async fn whoever_asks_otherwise_gets_no_token_and_a_reason() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &[]);
    let version = ("api-version", "2019-08-01");
    let with_header = |request: RequestBuilder| request.header("X-IDENTITY-HEADER", &endpoint.header);
    let get = |query: &[(&str, &str)]| with_header(endpoint.request(Method::GET, query));
    let right = [version, ("resource", ARM)];
    let elsewhere = endpoint.url.replace("/msi/token", "/metadata/identity/oauth2/token");
    let cases = [
        ("no header", endpoint.request(Method::GET, &right), 401),
        ("another header", endpoint.request(Method::GET, &right).header("X-IDENTITY-HEADER", "x".repeat(64)), 401),
        ("no version", get(&[("resource", ARM)]), 400),
        ("an old version", get(&[("api-version", "2017-09-01"), ("resource", ARM)]), 400),
        ("no resource", get(&[version]), 400),
        ("a client id", get(&[version, ("resource", ARM), ("client_id", defaults::AZURE_CLI_CLIENT_ID)]), 400),
        ("an object id", get(&[version, ("resource", ARM), ("object_id", defaults::ADA_OBJECT_ID)]), 400),
        ("a resource id", get(&[version, ("resource", ARM), ("mi_res_id", "/subscriptions/s")]), 400),
        ("another resource", endpoint.ask(GRAPH), 403),
        ("another path", with_header(endpoint.client.get(elsewhere)), 404),
        ("another method", with_header(endpoint.request(Method::POST, &right)), 405),
        ("a page that was bound to this address", endpoint.ask(ARM).header("Host", "evil.example"), 403),
        ("a page", endpoint.ask(ARM).header("Origin", "http://127.0.0.1"), 403),
        ("a browser", endpoint.ask(ARM).header("Sec-Fetch-Site", "none"), 403),
    ];
    let mut told = String::new();
    for (name, request, expected) in cases {
        let (status, body) = answer(request.send().await.unwrap()).await;
        assert_eq!((status, &body["statusCode"]), (expected, &expected.into()), "{name}: {body}");
        assert_eq!(body.as_object().unwrap().len(), 2, "{body}");
        told.extend([name, ": ", message(&body), "\n"]);
    }
    assert_reads("refusals", &told);
    let post = with_header(endpoint.request(Method::POST, &right)).send().await.unwrap();
    assert_eq!(post.headers()["allow"], "GET");
    assert!(azure.requests().is_empty(), "nobody was asked for a token");
    endpoint.token(ARM).await;
}

#[tokio::test]
async fn neither_a_token_nor_the_header_shows_in_the_log_or_in_the_list_of_processes() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &["--allow", GRAPH, "--debug"]);
    for resource in [ARM, ML, GRAPH] {
        endpoint.token(resource).await;
    }
    let close = format!("{}x", endpoint.header);
    endpoint.ask(ARM).header("X-IDENTITY-HEADER", &close).header("User-Agent", "x\u{9b}2J").send().await.unwrap();
    let header = endpoint.header.clone();
    let arguments = std::fs::read(format!("/proc/{}/cmdline", endpoint.child.id())).unwrap();
    let log = endpoint.end("TERM");
    for (place, text) in [("the list of processes", text(arguments)), ("the log", log.clone())] {
        assert_no_secret(&azure, place, text.as_bytes());
        assert!(!text.contains(&header), "{place} holds the header");
    }
    assert!(!log.contains(|c: char| c.is_control() && c != '\n'));
}

#[tokio::test]
async fn more_resources_are_served_only_where_they_are_allowed() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &["--allow", "https://graph.microsoft.com/"]);
    endpoint.token(GRAPH).await;
    endpoint.token("https://management.core.windows.net/").await;
    endpoint.end("TERM");
    let endpoint = Endpoint::start(&home, &azure, &["--allow", "*", "--tenant", defaults::FABRIKAM]);
    let body = endpoint.token(GRAPH).await;
    let claims = Claims::peek(body["access_token"].as_str().unwrap()).unwrap();
    assert_eq!(claims.tid.as_deref(), Some(defaults::FABRIKAM));
    assert_reads("every_resource", &endpoint.end("TERM"));
}

#[tokio::test]
async fn more_tokens_than_the_limit_are_refused_for_a_while() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &["--rate", "2"]);
    for _ in 0..3 {
        endpoint.request(Method::GET, &[]).send().await.unwrap();
    }
    endpoint.token(ARM).await;
    endpoint.token(ML).await;
    let refused = endpoint.ask(ARM).send().await.unwrap();
    let wait: u64 = refused.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    let (status, body) = answer(refused).await;
    assert_eq!(
        (status, message(&body)),
        (429, "this endpoint was asked for too many tokens; azml identity serve --rate allows more")
    );
}

#[tokio::test]
async fn a_login_that_has_ended_is_told_with_the_next_command_and_a_dead_network_as_passing() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &[]);
    azure.add_fault(Fault::new("/oauth2/v2.0/token", Effect::status(503)));
    let (status, body) = answer(endpoint.ask(ML).send().await.unwrap()).await;
    assert_eq!(status, 503, "{body}");
    azure.clear_faults();
    azure.revoke(defaults::ADA);
    let (status, body) = answer(endpoint.ask(ML).send().await.unwrap()).await;
    assert_eq!(status, 403, "{body}");
    assert_reads("login_ended", message(&body));
}

#[tokio::test]
async fn after_a_logout_elsewhere_no_token_is_renewed() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &[]);
    crate::emulator::azml(&home, &azure, &["logout"]).success();
    let (status, body) = answer(endpoint.ask(ML).send().await.unwrap()).await;
    assert_eq!(
        (status, message(&body)),
        (403, "ada@contoso.example is not signed in; next: azml login --username ada@contoso.example")
    );
}

#[test]
fn where_nobody_is_signed_in_nothing_is_served() {
    let (home, azure) = (Home::new(), Emulator::start());
    let output = serve(&home, &azure, &["--", "true"]).output().unwrap();
    assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(3), &b""[..]));
    assert!(text(output.stderr).ends_with("next: azml login\n"));
}

#[test]
fn a_command_is_served_until_it_ends_and_its_exit_code_is_the_end() {
    let (home, azure) = signed_in();
    // azml itself is a client of App Service's protocol.
    let script =
        "env; \"$0\" account get-access-token --resource https://ml.azure.com --query accessToken -o tsv; exit 7";
    let mut command = serve(&home, &azure, &["--", "sh", "-c", script, env!("CARGO_BIN_EXE_azml")]);
    for name in ["IDENTITY_SERVER_THUMBPRINT", "IMDS_ENDPOINT", "MSI_ENDPOINT", "MSI_SECRET"] {
        command.env(name, "");
    }
    // Of an endpoint around this one nothing may be left either.
    command.env("IDENTITY_HEADER", "");
    let output = command.output().unwrap();
    let (seen, told) = (text(output.stdout), text(output.stderr));
    assert_eq!(output.status.code(), Some(7), "{told}");
    assert!(!seen.contains("MSI_") && !seen.contains("IMDS_") && !seen.contains("THUMBPRINT"), "{seen}");
    let variable = |name: &str| seen.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('=')).unwrap();
    let (url, header) = (variable("IDENTITY_ENDPOINT"), variable("IDENTITY_HEADER"));
    assert!(header.len() == 64 && !told.contains(header) && !seen.contains("export "), "{told}");
    let token = seen.lines().last().unwrap();
    assert_eq!(Claims::peek(token).unwrap().username(), Some(defaults::ADA));
    assert!(told.contains(" https://ml.azure.com until "), "{told}");
    let place = url.strip_prefix("http://").unwrap().strip_suffix("/msi/token").unwrap();
    assert!(TcpStream::connect(place).is_err(), "{place} is free again");
}

#[test]
fn a_command_that_does_not_start_is_told() {
    let (home, azure) = signed_in();
    let output = serve(&home, &azure, &["--", "no-such-command"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(text(output.stderr).contains("error: no-such-command cannot be started\n"));
}

#[tokio::test]
async fn the_endpoint_ends_with_its_terminal() {
    let (home, azure) = signed_in();
    for signal in ["HUP", "INT", "TERM"] {
        let endpoint = Endpoint::start(&home, &azure, &[]);
        let asked = endpoint.ask(ARM);
        endpoint.end(signal);
        assert!(asked.send().await.unwrap_err().is_connect(), "{signal}");
    }
}

#[tokio::test]
async fn where_nobody_can_read_what_is_answered_no_token_is_given_and_the_endpoint_ends() {
    let (home, azure) = signed_in();
    let mut command = serve(&home, &azure, &[]);
    // The first line still fits; what reads it is gone afterwards, as a terminal that was closed.
    let (reader, writer) = std::io::pipe().unwrap();
    let mut endpoint = Endpoint::of(command.stderr(writer));
    drop(command);
    drop(reader);
    let (status, body) = answer(endpoint.ask(ARM).send().await.unwrap()).await;
    assert_eq!((status, message(&body)), (503, "nobody can see what this endpoint answers; it has ended"));
    assert_eq!(endpoint.child.wait().unwrap().code(), Some(1));
}

#[test]
fn clients_do_not_send_the_header_to_a_proxy() {
    let (home, azure) = signed_in();
    let shown = ["--", "sh", "-c", "echo $NO_PROXY $no_proxy"];
    let run = |args: &[&str], proxy: Option<&str>| {
        let mut command = serve(&home, &azure, args);
        command.env("NO_PROXY", "localhost").env("no_proxy", "localhost").env_remove("HTTP_PROXY");
        if let Some(proxy) = proxy {
            command.env("http_proxy", proxy);
        }
        text(command.output().unwrap().stdout)
    };
    assert_eq!(run(&shown, None), "localhost localhost\n");
    let args = [&["--host", "box.example"][..], &shown].concat();
    let all = "localhost,127.0.0.1,localhost,box.example";
    assert_eq!(run(&args, Some("http://127.0.0.1:9")), format!("{all} {all}\n"));
}

#[test]
fn a_command_is_told_to_end_and_ctrl_c_is_its_own_affair() {
    let (home, azure) = signed_in();
    let script =
        "trap 'echo int' INT; trap 'exit 9' TERM; trap '' HUP; echo ready; while :; do read line; echo again; done";
    let mut child = serve(&home, &azure, &["--", "sh", "-c", script]).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert_eq!(lines.next().as_deref(), Some("ready"));
    send("INT", child.id());
    writeln!(child.stdin.as_mut().unwrap(), "x").unwrap();
    assert_eq!(lines.next().as_deref(), Some("again"), "it goes on");
    send("TERM", child.id());
    // A shell that waits for a line may look at its signals afterwards only.
    let _ = writeln!(child.stdin.as_mut().unwrap(), "x");
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(9));
}

#[tokio::test]
async fn a_socket_is_this_users_alone_and_is_gone_afterwards() {
    let (home, azure) = signed_in();
    let path = home.path().join("azml.sock");
    let bind = format!("unix:{}", path.display());
    let endpoint = Endpoint::start(&home, &azure, &["--bind", &bind]);
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let body = ask_socket(&path, &endpoint.header);
    assert!(body.contains("\"access_token\""), "{body}");

    let second = serve(&home, &azure, &["--bind", &bind]).output().unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(text(second.stderr).contains("is there already\nnext: name another path, or remove it"));
    assert!(path.exists());

    let log = endpoint.end("TERM");
    assert!(log.lines().last().unwrap().contains(&format!(" 200 process {} {ARM} ", std::process::id())), "{log}");
    assert!(!path.exists());
}

fn ask_socket(path: &Path, header: &str) -> String {
    let mut stream = UnixStream::connect(path).unwrap();
    let query = format!("api-version=2019-08-01&resource={ARM}");
    write!(stream, "GET /msi/token?{query} HTTP/1.1\r\nX-IDENTITY-HEADER: {header}\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

#[tokio::test]
async fn another_address_answers_to_its_own_name_and_to_those_that_are_given() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &["--bind", "127.0.0.2:0", "--host", "host.docker.internal"]);
    assert!(endpoint.url.starts_with("http://127.0.0.2:"), "{}", endpoint.url);
    endpoint.token(ARM).await;
    for (host, expected) in [("host.docker.internal:8081", 200), ("127.0.0.1", 403)] {
        assert_eq!(endpoint.ask(ARM).header("Host", host).send().await.unwrap().status(), expected, "{host}");
    }
}

#[tokio::test]
async fn silent_connections_keep_nobody_from_a_token() {
    let (home, azure) = signed_in();
    let endpoint = Endpoint::start(&home, &azure, &[]);
    let silent: Vec<_> = (0..60).map(|_| TcpStream::connect(endpoint.place()).unwrap()).collect();
    let mut rude = TcpStream::connect(endpoint.place()).unwrap();
    rude.write_all(&vec![b'x'; 20_000]).unwrap();
    endpoint.token(ARM).await;
    let mut answer = Vec::new();
    // The rest of what was sent may have met a closed connection.
    let _ = rude.read_to_end(&mut answer);
    assert!(!String::from_utf8_lossy(&answer).contains(" 200 "));
    drop(silent);
}

#[tokio::test]
async fn a_log_that_nobody_reads_holds_answers_back_and_not_the_end() {
    let (home, azure) = signed_in();
    let (unread, stderr) = std::io::pipe().unwrap();
    let endpoint = Endpoint::of(serve(&home, &azure, &["--rate", "60000"]).stderr(stderr));
    let asked = || endpoint.ask(ARM).header("User-Agent", "x".repeat(400)).timeout(Duration::from_secs(1)).send();
    while asked().await.is_ok() {}
    endpoint.end("TERM");
    drop(unread);
}
