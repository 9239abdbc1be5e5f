//! `azml rest`.

use std::path::PathBuf;

use auth_core::Secret;
use clap::Args;
use workspace_client::arm::Method;

#[derive(Debug, Args)]
pub(crate) struct RestArgs {
    /// The method and the URL, or the URL alone, such as GET '/subscriptions?api-version=2022-12-01'
    #[arg(value_name = "WORDS", num_args = 0..=2, conflicts_with_all = ["method", "url"])]
    pub(crate) words: Vec<String>,

    /// The method [default: get]
    #[arg(short, long, value_parser = method)]
    pub(crate) method: Option<Method>,

    /// The URL, or a path at Azure Resource Manager; {subscriptionId} stands for the subscription
    #[arg(short, long, alias = "uri", required_unless_present = "words")]
    pub(crate) url: Option<String>,

    /// The body, or @ and the name of a file that holds it; @- reads it from stdin
    #[arg(short, long)]
    pub(crate) body: Option<Secret>,

    /// Headers, as NAME=VALUE or a JSON object, or @ and the name of a file that holds one
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) headers: Vec<Secret>,

    /// Parameters of the query, as NAME=VALUE or a JSON object, or @ and the name of a file that holds one
    #[arg(long, alias = "url-parameters", value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) uri_parameters: Vec<Secret>,

    /// Send a token for this resource, to whatever host the URL names
    #[arg(long, value_name = "RESOURCE", conflicts_with = "skip_authorization_header")]
    pub(crate) resource: Option<String>,

    /// Send no token
    #[arg(long)]
    pub(crate) skip_authorization_header: bool,

    /// Write the answer to this file
    #[arg(long, value_name = "FILE")]
    pub(crate) output_file: Option<PathBuf>,

    /// The subscription, by name or id [default: that of the URL, or the default one]
    #[arg(short, long)]
    pub(crate) subscription: Option<String>,
}

/// A method, however it is spelled.
pub(crate) fn method(text: &str) -> Result<Method, String> {
    let known = [Method::DELETE, Method::GET, Method::HEAD, Method::OPTIONS, Method::PATCH, Method::POST, Method::PUT];
    let found = known.into_iter().find(|method| method.as_str().eq_ignore_ascii_case(text));
    found.ok_or_else(|| "it is none of delete, get, head, options, patch, post and put".to_owned())
}
