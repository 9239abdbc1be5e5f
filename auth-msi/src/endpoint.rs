//! Where an identity endpoint may be, and how it is reached.

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use reqwest::redirect;
use url::{Host, Url};

/// An endpoint that answers at all does so at once (observed: azure-identity, 2 s).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// Checks the endpoint that a variable names: https, or http on this machine or a link-local address, so that a secret or a
/// token never crosses a network in the clear.
pub(crate) fn parse(variable: &str, text: &str) -> Result<Url, Error> {
    let refuse = |why: &str| {
        Error::new(ErrorKind::Configuration, format!("{variable} does not name an identity endpoint: {why}"))
            .with_help(format!("{variable} is set by Azure; unset it if this is not such a machine"))
    };
    if text.chars().any(char::is_control) {
        return Err(refuse("it holds a control character"));
    }
    let url = Url::parse(text.trim()).map_err(|error| refuse(&format!("it is not a URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refuse("it carries a user name or a fragment"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if is_near(&url) => Ok(url),
        "http" => Err(refuse("it is on another machine, and not https")),
        _ => Err(refuse("it is neither http nor https")),
    }
}

/// A client that asks directly: identity endpoints cannot be reached through a proxy, and do not redirect.
pub(crate) fn client() -> Result<reqwest::Client, Error> {
    let builder = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none());
    builder
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .build()
        .map_err(|error| Error::new(ErrorKind::Configuration, "the HTTP client cannot be built").with_source(error))
}

fn is_near(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local(),
        Some(Host::Ipv6(address)) => address.is_loopback() || address.is_unicast_link_local(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_endpoint_is_https_or_near() {
        for good in [
            "https://identity.example/token",
            "http://localhost:50342/oauth2/token",
            "http://127.0.0.1:46808/MSI/auth?x=1",
            "http://[::1]:1/",
            "http://169.254.129.2:8081/msi/token",
        ] {
            assert!(parse("V", good).is_ok(), "{good}");
        }
        for bad in [
            "http://identity.example/token",
            "http://10.0.0.1/token",
            "http://localhost.example/",
            "ftp://localhost/",
            "file:///etc/passwd",
            "http://a@localhost/",
            "http://localhost/#x",
            "http://local\nhost/",
            "nonsense",
        ] {
            let error = parse("V", bad).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{bad}");
            assert!(error.to_string().starts_with("V does not name an identity endpoint: it "), "{error}");
        }
    }
}
