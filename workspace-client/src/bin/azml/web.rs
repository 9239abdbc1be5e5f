//! Pages of Azure ML's studio.

use auth_core::interactive::Browser;
use url::Url;

use crate::context::Context;
use crate::terminal::say;

/// Opens a page, or says where it is.
pub(crate) async fn open(page: &str, url: &str, context: &Context) {
    let is_open = match Url::parse(url) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => Browser::System.open(&context.env, &url).await,
        _ => false,
    };
    if !is_open {
        say(&format!("no browser opened; {page} is {url}"));
    }
}
