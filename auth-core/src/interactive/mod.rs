//! Sign-in by a person: a browser, a loopback redirect, and a page that says how it went; or a code for another device.
//!
//! The authority posts its answer to the loopback listener (`response_mode=form_post`), so that the code is in no address bar
//! and no history. Where the browser may be on another machine (over SSH, in a container, or where none is opened), it is asked
//! to put the answer into the address instead (`query`): `localhost` cannot be reached from there, and the person copies the
//! address into the program. The code alone is worth nothing: only this process has the PKCE verifier.

mod browser;
mod login;
mod loopback;
mod page;
mod paste;
mod prompt;
mod redirect;
mod surroundings;

pub use browser::Browser;
pub use login::InteractiveLogin;
pub use prompt::{Prompt, SignIn};
pub use surroundings::Surroundings;
