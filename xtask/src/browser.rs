//! A real headless Chromium, driven over the `WebDriver` protocol.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Client, Method};
use serde_json::{Value, json};
use tempfile::TempDir;

const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";
const MISSING: &str = "run `cargo xtask test`, which installs the Debian packages chromium and chromium-driver";
const ARGUMENTS: &[&str] = &[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
];

/// One browser window with a profile of its own. Dropping it quits the browser.
///
/// It takes any certificate, so the emulator's https pages open in it.
#[derive(Debug)]
pub struct Chromium {
    client: Client,
    port: u16,
    session: String,
    // Ended after the browser, before the profile is removed.
    _driver: Driver,
    _profile: TempDir,
}

/// The `chromedriver` process.
#[derive(Debug)]
struct Driver {
    process: Child,
    // Closed only with the process, which would die of a write to a closed pipe.
    output: BufReader<ChildStdout>,
}

impl Chromium {
    /// Starts a browser whose https requests go through `proxy`, such as [`Emulator::proxy_url`](crate::emulator::Emulator::proxy_url).
    pub async fn start(proxy: Option<&str>) -> Result<Self, String> {
        let mut driver = Driver::start()?;
        let port = driver.port()?;
        let profile =
            TempDir::with_prefix("chromium-").map_err(|error| format!("no folder for the profile: {error}"))?;
        let client = Client::builder().no_proxy().build().map_err(|error| format!("no HTTP client: {error}"))?;

        let mut arguments: Vec<String> = ARGUMENTS.iter().map(ToString::to_string).collect();
        arguments.push(format!("--user-data-dir={}", profile.path().display()));
        if let Some(proxy) = proxy {
            arguments
                .push(format!("--proxy-server=https={}", proxy.trim_start_matches("http://").trim_end_matches('/')));
        }
        let capabilities = json!({
            "browserName": "chrome",
            "acceptInsecureCerts": true,
            "pageLoadStrategy": "normal",
            "timeouts": {"pageLoad": 30_000, "script": 10_000, "implicit": 0},
            "goog:chromeOptions": {"args": arguments},
        });
        let body = json!({"capabilities": {"alwaysMatch": capabilities}});
        let mut browser = Self { client, port, session: String::new(), _driver: driver, _profile: profile };
        let answer =
            browser.call(Method::POST, "/session", Some(body)).await.map_err(|error| format!("{error}; {MISSING}"))?;
        answer["sessionId"].as_str().ok_or("the driver's answer has no session")?.clone_into(&mut browser.session);
        Ok(browser)
    }

    /// Opens a URL and waits until the page is loaded.
    pub async fn goto(&self, url: &str) -> Result<(), String> {
        self.post("/url", json!({"url": url})).await.map(drop)
    }

    /// The URL of the page.
    pub async fn url(&self) -> Result<String, String> {
        self.get("/url").await.map(into_text)
    }

    /// Clicks the first element that the CSS selector finds.
    pub async fn click(&self, css: &str) -> Result<(), String> {
        let element = self.find(css).await?;
        self.post(&format!("/element/{element}/click"), json!({})).await.map(drop)
    }

    /// The visible text of the first element that the CSS selector finds.
    pub async fn text(&self, css: &str) -> Result<String, String> {
        let element = self.find(css).await?;
        self.get(&format!("/element/{element}/text")).await.map(into_text)
    }

    /// Waits until the CSS selector finds something.
    pub async fn wait_for(&self, css: &str, timeout: Duration) -> Result<(), String> {
        let wait = |milliseconds: u128| self.post("/timeouts", json!({"implicit": milliseconds}));
        wait(timeout.as_millis()).await?;
        let found = self.find(css).await;
        wait(0).await?;
        found.map(drop)
    }

    /// Runs a script, such as `return document.title`, and gives what it returns.
    pub async fn script(&self, script: &str) -> Result<Value, String> {
        self.post("/execute/sync", json!({"script": script, "args": []})).await
    }

    /// How many pages the "back" button knows, this one included.
    pub async fn history_length(&self) -> Result<u64, String> {
        let length = self.script("return history.length").await?;
        length.as_u64().ok_or_else(|| format!("history.length is {length}"))
    }

    /// Writes a PNG of the window.
    pub async fn screenshot(&self, path: &Path) -> Result<(), String> {
        let image = self.get("/screenshot").await.map(into_text)?;
        let image = STANDARD.decode(image).map_err(|error| format!("the screenshot is not base64: {error}"))?;
        std::fs::write(path, image).map_err(|error| format!("{}: {error}", path.display()))
    }

    async fn find(&self, css: &str) -> Result<String, String> {
        let element = self.post("/element", json!({"using": "css selector", "value": css})).await?;
        element[ELEMENT].as_str().map(ToOwned::to_owned).ok_or_else(|| format!("no element in {element}"))
    }

    async fn get(&self, path: &str) -> Result<Value, String> {
        self.call(Method::GET, &format!("/session/{}{path}", self.session), None).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, String> {
        self.call(Method::POST, &format!("/session/{}{path}", self.session), Some(body)).await
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Result<Value, String> {
        let mut request = self.client.request(method, format!("http://127.0.0.1:{}{path}", self.port));
        if let Some(body) = body {
            request = request.json(&body);
        }
        let response = request.send().await.map_err(|error| format!("chromedriver does not answer: {error}"))?;
        let is_success = response.status().is_success();
        let mut answer: Value =
            response.json().await.map_err(|error| format!("chromedriver answers nonsense: {error}"))?;
        let value = answer["value"].take();
        if is_success {
            return Ok(value);
        }
        let message = value["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default();
        Err(format!("{}: {message}", value["error"].as_str().unwrap_or("WebDriver error")))
    }

    /// Ends the session, which quits the browser. Blocking, for `drop`.
    fn quit(&self) -> std::io::Result<()> {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(10)))?;
        let head = format!(
            "DELETE /session/{} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.session, self.port
        );
        stream.write_all(head.as_bytes())?;
        // The driver answers when the browser is gone, and keeps the connection open.
        stream.read(&mut [0; 512]).map(drop)
    }
}

impl Drop for Chromium {
    fn drop(&mut self) {
        if !self.session.is_empty() {
            // A browser that is gone already has quit as well.
            let _ = self.quit();
        }
    }
}

impl Driver {
    fn start() -> Result<Self, String> {
        let mut command = Command::new("chromedriver");
        command
            .args(["--port=0", "--log-level=SEVERE"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"] {
            command.env_remove(name).env_remove(name.to_ascii_lowercase());
        }
        let mut process =
            command.spawn().map_err(|error| format!("chromedriver does not start ({error}); {MISSING}"))?;
        let output = process.stdout.take().ok_or("chromedriver has no output")?;
        Ok(Self { process, output: BufReader::new(output) })
    }

    /// The port, which it says on its output.
    fn port(&mut self) -> Result<u16, String> {
        let mut line = String::new();
        while self.output.read_line(&mut line).map_err(|error| format!("chromedriver's output: {error}"))? > 0 {
            if let Some((_, port)) = line.rsplit_once("on port ")
                && let Ok(port) = port.trim().trim_end_matches('.').parse()
                && port != 0
            {
                return Ok(port);
            }
            line.clear();
        }
        Err(format!("chromedriver ended before it listened; {MISSING}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn into_text(value: Value) -> String {
    match value {
        Value::String(text) => text,
        other => other.to_string(),
    }
}
