//! What a person does in a browser, without the browser.

use std::path::Path;
use std::time::Duration;

use reqwest::redirect::Policy;
use reqwest::{Certificate, Client, Proxy, Response, header};
use url::Url;

use super::log::REQUEST_ID;

/// Somebody who visits the emulator's sign-in pages and clicks.
#[derive(Clone, Debug)]
pub struct Visitor(Client);

/// Where the visit ended: the answer of the loopback listener, or of whoever else the last page led to.
#[derive(Clone, Debug)]
pub struct Landing {
    /// The URL that answered last.
    pub url: Url,
    /// Its status.
    pub status: u16,
    /// Its body.
    pub body: String,
}

enum Choice<'a> {
    Cancel,
    FirstUser,
    User(&'a str),
}

impl Visitor {
    /// A visitor who goes through this proxy and trusts this authority.
    pub(super) fn through(proxy_url: &str, ca_pem: &str) -> Self {
        let proxy = Proxy::https(proxy_url)
            .expect("the proxy has a URL")
            .no_proxy(reqwest::NoProxy::from_string("localhost,127.0.0.1"));
        let ca = Certificate::from_pem(ca_pem.as_bytes()).expect("the authority is PEM");
        let client = Client::builder()
            .no_proxy()
            .proxy(proxy)
            .tls_certs_only([ca])
            .redirect(Policy::none())
            .timeout(Duration::from_secs(30))
            .build()
            .expect("a client can be made");
        Self(client)
    }

    /// A visitor who uses the emulator that `HTTPS_PROXY` and `SSL_CERT_FILE` name.
    pub fn from_env() -> Result<Self, String> {
        let variable = |name: &str| {
            std::env::var(name).map_err(|_| format!("{name} is not set: run this with the emulator's environment"))
        };
        let ca_file = variable("SSL_CERT_FILE")?;
        let ca_pem = std::fs::read_to_string(Path::new(&ca_file)).map_err(|error| format!("{ca_file}: {error}"))?;
        Ok(Self::through(&variable("HTTPS_PROXY")?, &ca_pem))
    }

    /// Signs in as the first user whom the page offers.
    pub async fn approve(&self, url: &str) -> Result<Landing, String> {
        self.visit(url, &Choice::FirstUser, false).await
    }

    /// Signs in as this user.
    pub async fn approve_as(&self, url: &str, username: &str) -> Result<Landing, String> {
        self.visit(url, &Choice::User(username), false).await
    }

    /// Presses "Cancel".
    pub async fn cancel(&self, url: &str) -> Result<Landing, String> {
        self.visit(url, &Choice::Cancel, false).await
    }

    /// Signs in from another machine, where nobody listens on `localhost`: what the address bar then shows.
    pub async fn address(&self, url: &str) -> Result<String, String> {
        Ok(self.visit(url, &Choice::FirstUser, true).await?.url.into())
    }

    async fn visit(&self, url: &str, choice: &Choice<'_>, is_elsewhere: bool) -> Result<Landing, String> {
        let mut url = Url::parse(url).map_err(|error| format!("{url:?} is no URL: {error}"))?;
        let mut response = self.get(&url).await?;
        // Sign-in page, consent, form, redirect: a visit is short, and a loop is a mistake.
        for _ in 0..8 {
            let is_ours = response.headers().contains_key(REQUEST_ID);
            let location =
                response.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).map(ToOwned::to_owned);
            let status = response.status().as_u16();
            if let Some(location) = location {
                url =
                    url.join(&location).map_err(|error| format!("the redirect to {location:?} is no URL: {error}"))?;
                if is_elsewhere && url.host_str() == Some("localhost") {
                    return Ok(Landing { url, status, body: String::new() });
                }
                response = self.get(&url).await?;
                continue;
            }
            let body = response.text().await.map_err(|error| problem(&url, &error))?;
            let Some(form) = Form::find(&body).filter(|_| is_ours) else {
                return Ok(Landing { url, status, body });
            };
            let fields = form.filled_in(choice)?;
            url = url
                .join(&form.action)
                .map_err(|error| format!("the form's action {:?} is no URL: {error}", form.action))?;
            response = self.0.post(url.clone()).form(&fields).send().await.map_err(|error| problem(&url, &error))?;
        }
        Err(format!("the pages never came to an end; the last one was {}", shown(&url)))
    }

    async fn get(&self, url: &Url) -> Result<Response, String> {
        self.0.get(url.clone()).send().await.map_err(|error| problem(url, &error))
    }
}

/// The one form of one of the emulator's pages.
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    buttons: Vec<(String, String)>,
}

impl Form {
    /// Reads the emulator's own HTML: double quotes around every attribute, one form a page.
    fn find(page: &str) -> Option<Self> {
        let form = &page[page.find("<form ")?..];
        let named = |tag: &str| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default()));
        let tags = |start: &str| form.split(start).skip(1).filter_map(|tag| named(tag.split('>').next()?)).collect();
        Some(Self {
            action: attribute(form.split('>').next()?, "action")?,
            fields: tags("<input "),
            buttons: tags("<button "),
        })
    }

    fn filled_in(&self, choice: &Choice<'_>) -> Result<Vec<(String, String)>, String> {
        let mut fields = self.fields.clone();
        if self.buttons.is_empty() {
            return Ok(fields);
        }
        let button = self.buttons.iter().find(|(name, value)| match choice {
            Choice::Cancel => name == "cancel",
            Choice::FirstUser => name == "user",
            Choice::User(username) => name == "user" && value.eq_ignore_ascii_case(username),
        });
        fields.push(button.ok_or_else(|| format!("the page offers only {:?}", self.buttons))?.clone());
        Ok(fields)
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let start = tag.find(&format!("{name}=\""))? + name.len() + 2;
    let value = tag[start..].split('"').next()?;
    Some(
        value
            .replace("&quot;", "\"")
            .replace("&#39;", "'")
            .replace("&lt;", "<")
            .replace("&gt;", ">")
            .replace("&amp;", "&"),
    )
}

fn problem(url: &Url, error: &reqwest::Error) -> String {
    let mut text = format!("the visit to {} failed: {error}", shown(url));
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}

/// Without the query, which may hold a code.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.to_string()
}
