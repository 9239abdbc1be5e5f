//! Where a cloud may be.

use url::{Host, Url};

use crate::{Error, ErrorKind};

/// Reads an endpoint of a cloud: https, or on this machine, and nothing but a place.
pub(super) fn endpoint(cloud: &str, what: &str, text: &str) -> Result<Url, Error> {
    let refuse = |why: &str| {
        Error::new(ErrorKind::Configuration, format!("the {what} of cloud {cloud:?} is {:?}, {why}", shown(text))).with_help(
            "an endpoint is an https URL with a host, or an http URL on this machine (localhost, 127.0.0.1 or [::1])",
        )
    };
    let url = Url::parse(text.trim()).map_err(|error| refuse(&format!("which is not a URL: {error}")))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("which carries a user name"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("which carries a query or a fragment"));
    }
    if !is_trustworthy(&url) {
        return Err(refuse("which is neither https nor on this machine"));
    }
    if url.host_str().is_some_and(|host| host.ends_with('.')) {
        return Err(refuse("whose host ends in a dot"));
    }
    Ok(url)
}

/// As much of it as a person needs to know it again, without what might be a password.
fn shown(text: &str) -> String {
    let without = match (text.split_once("://"), text.rsplit_once('@')) {
        (Some((scheme, _)), Some((_, place))) => format!("{scheme}://...@{place}"),
        _ => text.to_owned(),
    };
    without.chars().take(100).collect()
}

/// Reads the suffix that is put behind a name to make a host: nothing that could end the host early.
pub(super) fn suffix(cloud: &str, what: &str, text: &str) -> Result<String, Error> {
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
    if text.is_empty() || text.len() > 253 || !text.chars().all(is_of_host) {
        let shown = shown(text);
        let message = format!("the {what} suffix of cloud {cloud:?} is {shown:?}, which cannot end the name of a host");
        return Err(Error::new(ErrorKind::Configuration, message)
            .with_help("a suffix is what the hosts of a service have in common, such as core.windows.net"));
    }
    Ok(text.to_owned())
}

/// Whether `url` may carry a bearer token: https, or http on the loopback interface.
pub(crate) fn is_trustworthy(url: &Url) -> bool {
    url.scheme() == "https" && url.host().is_some() || url.scheme() == "http" && is_loopback(url)
}

/// Whether `url` names this machine's loopback interface.
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}
