//! The sign-in itself.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::browser::Browser;
use super::loopback::Loopback;
use super::page::Page;
use super::paste;
use super::prompt::{Prompt, SignIn};
use super::redirect::Redirect;
use super::surroundings::Surroundings;
use crate::oauth::{EntraClient, ResponseMode};
use crate::{Env, Error, ErrorKind, Grant, Secret, Tenant, TokenRequest};

/// How long a person has by default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(300);

/// Signs a person in with authorization code, PKCE and a loopback redirect (RFC 8252), or with a device code (RFC 8628).
#[derive(Clone, Debug)]
pub struct InteractiveLogin {
    client: EntraClient,
    env: Env,
    browser: Browser,
    prompt: Option<Arc<dyn Prompt>>,
    login_hint: Option<String>,
    timeout: Option<Duration>,
    use_device_code: bool,
}

impl InteractiveLogin {
    /// A sign-in through the system's browser, for which the person has 5 minutes.
    pub fn new(client: EntraClient, env: Env) -> Self {
        let (browser, prompt, login_hint, timeout) = (Browser::System, None, None, None);
        Self { client, env, browser, prompt, login_hint, timeout, use_device_code: false }
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

    /// Sets how long the person has; by default 5 minutes, or as long as the device code is valid.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = Some(timeout);
        self
    }

    /// Signs in with a code that the person enters on any device, instead of a browser that comes back to this machine.
    pub fn use_device_code(mut self, use_device_code: bool) -> Self {
        self.use_device_code = use_device_code;
        self
    }

    /// Asks the person to sign in to `tenant`. Dropping the future ends the sign-in and frees the port.
    ///
    /// # Errors
    /// [`ErrorKind::Cancelled`] if the person declined, [`ErrorKind::Timeout`] if nothing came back in time,
    /// [`ErrorKind::Interaction`] if there is neither a browser nor a prompt, and whatever Entra ID refuses.
    pub async fn sign_in(&self, tenant: &Tenant, request: &TokenRequest) -> Result<Grant, Error> {
        let surroundings = Surroundings::detect(&self.env);
        // Whoever names a browser, such as VS Code on a remote machine, knows how to reach the person.
        let has_browser = surroundings.has_browser() || self.env.var("BROWSER").is_some();
        let opens_browser = self.browser == Browser::System && has_browser;
        if self.use_device_code || self.is_cut_off(opens_browser) {
            self.by_device_code(tenant, request).await
        } else {
            self.by_browser(tenant, request, surroundings, opens_browser).await
        }
    }

    /// Whether a person elsewhere could be told where to sign in, but nothing could come back: a browser on another machine does
    /// not reach this one, and there is no place to paste. Whoever wants no browser at all opens one by hand.
    fn is_cut_off(&self, opens_browser: bool) -> bool {
        let cannot_paste = self.prompt.as_ref().is_some_and(|prompt| !prompt.takes_paste());
        self.browser == Browser::System && !opens_browser && cannot_paste
    }

    async fn by_device_code(&self, tenant: &Tenant, request: &TokenRequest) -> Result<Grant, Error> {
        let Some(prompt) = &self.prompt else {
            return Err(Error::new(ErrorKind::Interaction, "nobody can be shown a device code here")
                .with_help("run azml login --use-device-code in a terminal"));
        };
        let code = self.client.device_code(tenant, request).await.map_err(forbidden)?;
        prompt.device_code(&code);
        let limit = self.timeout.unwrap_or(code.lifetime());
        let wait = async { self.client.redeem_device_code(&code).await.map_err(forbidden) };
        timeout(limit, wait)
            .await
            .unwrap_or_else(|_| Err(nobody(limit, "enter the code, or give more time with --timeout")))
    }

    async fn by_browser(
        &self,
        tenant: &Tenant,
        request: &TokenRequest,
        surroundings: Surroundings,
        opens_browser: bool,
    ) -> Result<Grant, Error> {
        let takes_paste = !opens_browser || surroundings != Surroundings::Desktop;
        if !opens_browser && self.prompt.is_none() {
            return Err(no_browser(&format!("no browser can be opened: {}", surroundings.reason())));
        }
        let loopback = Loopback::bind().await?;
        let (port, redirect_uri) = (loopback.port(), loopback.redirect_uri());
        let mode = if takes_paste { ResponseMode::Query } else { ResponseMode::FormPost };
        let hint = self.login_hint.as_deref();
        let authorization = self.client.authorize(tenant, request, &redirect_uri, mode, hint)?;
        let (url, state) = (authorization.url(), authorization.state().clone());
        if let Some(prompt) = &self.prompt {
            prompt.sign_in_at(&SignIn { url, surroundings, opens_browser, takes_paste });
        }
        let wait = async {
            let mut redirect = std::pin::pin!(loopback.redirect(&state));
            let opened = tokio::select! {
                biased;
                (arrived, answer) = &mut redirect => return Ok((arrived, Some(answer))),
                pasted = self.pasted(takes_paste, port, &state) => return Ok((pasted, None)),
                opened = self.browser.open(&self.env, url), if opens_browser => opened,
            };
            if !opened {
                let prompt = self.prompt.as_ref().ok_or_else(|| no_browser("no browser could be opened"))?;
                prompt.no_browser();
                if !takes_paste {
                    // The browser may be on another machine after all: then the code must be where it can be copied.
                    let url = &authorization.url_with(ResponseMode::Query);
                    prompt.sign_in_at(&SignIn { url, surroundings, opens_browser: false, takes_paste: true });
                }
            }
            tokio::select! {
                (arrived, answer) = redirect => Ok((arrived, Some(answer))),
                pasted = self.pasted(takes_paste || !opened, port, &state) => Ok((pasted, None)),
            }
        };
        let limit = self.timeout.unwrap_or(DEFAULT_TIMEOUT);
        let arrived = timeout(limit, wait).await.map_err(|_| {
            nobody(
                limit,
                "run azml login again and finish in the browser, give more time with --timeout, or use \
                 azml login --use-device-code where no browser can come back to this machine",
            )
        });
        let (redirect, answer) = arrived??;
        let result = match redirect {
            Redirect::Code(code) => self.client.redeem(authorization, &code).await,
            Redirect::Error(error, description) => {
                Err(self.client.refused_redirect(tenant, request, &error, &description))
            }
        };
        if let Some(answer) = answer {
            answer.show(if result.is_ok() { Page::Success } else { Page::Failure }).await;
        }
        result
    }

    /// The redirect that the person pastes. Each mistake is told, and another attempt is waited for.
    async fn pasted(&self, takes_paste: bool, port: u16, state: &Secret) -> Redirect {
        if let Some(prompt) = self.prompt.as_ref().filter(|prompt| takes_paste && prompt.takes_paste()) {
            while let Some(text) = prompt.paste().await {
                match paste::read(&text, port, state) {
                    Ok(redirect) => return redirect,
                    Err(mistake) => prompt.paste_refused(&mistake.to_string()),
                }
            }
        }
        std::future::pending().await
    }
}

/// Some tenants forbid device codes, and let browsers in (Microsoft Entra, Conditional Access, authentication flows).
fn forbidden(error: Error) -> Error {
    let code = error.entra().and_then(|entra| entra.code);
    if !matches!(code, Some(53000..=53003 | 530_032 | 530_034 | 530_035)) {
        return error;
    }
    error.with_help(
        "this tenant may forbid device codes: run azml login --no-browser in a terminal, or azml login where there is a browser",
    )
}

fn no_browser(message: &str) -> Error {
    Error::new(ErrorKind::Interaction, message)
        .with_help("run azml login in a terminal, or set BROWSER to a program that opens a URL")
}

fn nobody(limit: Duration, help: &str) -> Error {
    Error::new(ErrorKind::Timeout, format!("nobody signed in within {} s", limit.as_secs())).with_help(help)
}
