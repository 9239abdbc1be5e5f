//! Sign-in by a person: a browser, a loopback redirect, and a page that says how it went.

mod browser;
mod login;
mod loopback;
mod page;
mod redirect;

pub use browser::Browser;
pub use login::{InteractiveLogin, Prompt};
