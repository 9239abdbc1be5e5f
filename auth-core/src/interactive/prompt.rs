//! What a sign-in says to a person, and hears.

use std::fmt::Debug;

use async_trait::async_trait;
use url::Url;

use super::surroundings::Surroundings;
use crate::Secret;
use crate::oauth::DeviceCode;

/// How a program talks to the person who signs in. Libraries never print or read; a program that wants its user to see the URL
/// implements this.
///
/// ```
/// use auth_core::interactive::{Prompt, SignIn};
/// use auth_core::oauth::DeviceCode;
///
/// #[derive(Debug)]
/// struct Window;
///
/// impl Prompt for Window {
///     fn sign_in_at(&self, sign_in: &SignIn<'_>) {
///         println!("sign in at {} ({})", sign_in.url(), sign_in.surroundings().reason());
///     }
///
///     fn device_code(&self, code: &DeviceCode) {
///         println!("enter {} at {}", code.user_code(), code.page());
///     }
/// }
/// ```
#[async_trait]
pub trait Prompt: Debug + Send + Sync {
    /// Called once for each sign-in through a browser, before one opens, with the URL that a person may also open by hand.
    fn sign_in_at(&self, sign_in: &SignIn<'_>);

    /// Called if the browser that was announced could not be opened, so that the URL is the only way.
    fn no_browser(&self) {}

    /// Whether something can be pasted here, such as on a terminal.
    fn takes_paste(&self) -> bool {
        false
    }

    /// The redirect URL that the person copied from a browser on another machine, whenever there is one; `None` if there will
    /// be none. It is asked for only where [`SignIn::takes_paste`], and again after [`Prompt::paste_refused`]. The future is
    /// dropped when the sign-in ends another way.
    async fn paste(&self) -> Option<Secret> {
        None
    }

    /// Called with one sentence if what was pasted is not the redirect of this sign-in.
    fn paste_refused(&self, _why: &str) {}

    /// Called once for each sign-in by device code. Only whoever has just asked for it may see the code.
    fn device_code(&self, code: &DeviceCode);
}

/// A sign-in through a browser that has just begun.
#[derive(Clone, Copy, Debug)]
pub struct SignIn<'a> {
    pub(super) url: &'a Url,
    pub(super) surroundings: Surroundings,
    pub(super) opens_browser: bool,
    pub(super) takes_paste: bool,
}

impl SignIn<'_> {
    /// Where to sign in.
    pub fn url(&self) -> &Url {
        self.url
    }

    /// Where this program runs.
    pub fn surroundings(&self) -> Surroundings {
        self.surroundings
    }

    /// Whether a browser is about to be opened.
    pub fn opens_browser(&self) -> bool {
        self.opens_browser
    }

    /// Whether the address in which the browser ends can be pasted: it then holds the code.
    pub fn takes_paste(&self) -> bool {
        self.takes_paste
    }
}
