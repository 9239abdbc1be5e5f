//! The sign-in itself.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use url::Url;

use super::browser::Browser;
use super::loopback::Loopback;
use super::page::Page;
use super::redirect::Redirect;
use crate::oauth::{EntraClient, headline};
use crate::{Env, Error, ErrorKind, Grant, Tenant, TokenRequest};

/// How long a person has by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// How the person is told where to sign in. Libraries never print; a program that wants its user to see the URL implements
/// this.
pub trait Prompt: Debug + Send + Sync {
    /// Called once for each sign-in, before the browser opens, with the URL that a person may also open by hand.
    fn sign_in_at(&self, url: &Url);

    /// Called if no browser could be opened, so that the URL is the only way.
    fn no_browser(&self) {}
}

/// Signs a person in with authorization code, PKCE and a loopback redirect (RFC 8252).
#[derive(Clone, Debug)]
pub struct InteractiveLogin {
    client: EntraClient,
    env: Env,
    browser: Browser,
    prompt: Option<Arc<dyn Prompt>>,
    login_hint: Option<String>,
    timeout: Duration,
}

impl InteractiveLogin {
    /// A sign-in through the system's browser, for which the person has 5 minutes.
    pub fn new(client: EntraClient, env: Env) -> Self {
        Self { client, env, browser: Browser::System, prompt: None, login_hint: None, timeout: DEFAULT_TIMEOUT }
    }

    /// Chooses the browser.
    pub fn browser(mut self, browser: Browser) -> Self {
        self.browser = browser;
        self
    }

    /// Tells the person where to sign in.
    pub fn prompt(mut self, prompt: impl Into<Option<Arc<dyn Prompt>>>) -> Self {
        self.prompt = prompt.into();
        self
    }

    /// Names the user who is to sign in, by user principal name; the person can still choose another one.
    pub fn login_hint(mut self, username: impl Into<Option<String>>) -> Self {
        self.login_hint = username.into();
        self
    }

    /// Sets how long the person has.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Asks the person to sign in to `tenant`. Dropping the future ends the sign-in and frees the port.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] if the person declined, [`ErrorKind::Timeout`] if nothing came back in time,
    /// [`ErrorKind::Interaction`] if there is neither a browser nor a prompt, and whatever Entra ID refuses.
    pub async fn sign_in(&self, tenant: &Tenant, request: &TokenRequest) -> Result<Grant, Error> {
        let loopback = Loopback::bind().await?;
        let hint = self.login_hint.as_deref();
        let authorization = self.client.authorize(tenant, request, &loopback.redirect_uri(), hint)?;
        if let Some(prompt) = &self.prompt {
            prompt.sign_in_at(authorization.url());
        }
        let state = authorization.state().clone();
        let wait = async {
            let mut redirect = std::pin::pin!(loopback.redirect(&state));
            // The redirect may come while the opener is still being waited for.
            tokio::select! {
                biased;
                arrived = &mut redirect => return Ok(arrived),
                opened = self.open(authorization.url()) => opened?,
            }
            Ok(redirect.await)
        };
        let (redirect, answer) = timeout(self.timeout, wait).await.map_err(|_| {
            Error::new(ErrorKind::Timeout, format!("nobody signed in within {} s", self.timeout.as_secs()))
                .with_help("run azml login again and finish in the browser, or give more time with --timeout")
        })??;
        let result = match redirect {
            Redirect::Code(code) => self.client.redeem(authorization, &code).await,
            Redirect::Error(error, description) => Err(refusal(&error, &description)),
        };
        answer.show(if result.is_ok() { Page::Success } else { Page::Failure }).await;
        result
    }

    /// Opens the browser; it is an error only if the person has no other way to learn the URL.
    async fn open(&self, url: &Url) -> Result<(), Error> {
        if self.browser.open(&self.env, url).await {
            return Ok(());
        }
        let Some(prompt) = &self.prompt else {
            return Err(Error::new(ErrorKind::Interaction, "no browser could be opened")
                .with_help("run azml login in a terminal, or set BROWSER to a program that opens a URL"));
        };
        if self.browser != Browser::None {
            prompt.no_browser();
        }
        Ok(())
    }
}

fn refusal(error: &str, description: &str) -> Error {
    let said = match headline(description) {
        "" => error,
        headline => headline,
    };
    if error == "access_denied" {
        return Error::new(ErrorKind::Cancelled, format!("the sign-in was declined: {said}"))
            .with_help("run azml login again to try once more");
    }
    Error::new(ErrorKind::Rejected, format!("the sign-in was refused: {said}"))
}
