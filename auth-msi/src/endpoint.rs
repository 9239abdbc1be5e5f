//! Where an identity endpoint may be, and how it is reached.

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use reqwest::{ClientBuilder, redirect};
use url::{Host, Url};

/// An endpoint that answers at all does so at once (observed: azure-identity, 2 s).
const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
/// How long one answer may take.
pub(crate) const TOTAL_TIMEOUT: Duration = Duration::from_secs(30);

/// An endpoint that gets a secret or gives out tokens in the clear: on this machine, link-local, or at a private address, such as
/// a container's host has.
pub(crate) fn near(variable: &str, text: &str) -> Result<Url, Error> {
    let url = url(variable, text)?;
    if is_near(&url) { Ok(url) } else { Err(refusal(variable, "it is on another machine")) }
}

/// An endpoint on this machine and nowhere else.
pub(crate) fn own(variable: &str, text: &str) -> Result<Url, Error> {
    let url = url(variable, text)?;
    let is_own = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if is_own { Ok(url) } else { Err(refusal(variable, "it is not on this machine")) }
}

/// An endpoint that is reached by https alone.
pub(crate) fn https(variable: &str, text: &str) -> Result<Url, Error> {
    let url = url(variable, text)?;
    if url.scheme() == "https" { Ok(url) } else { Err(refusal(variable, "it is not https")) }
}

/// The metadata service, which gets no secret: https, or near.
pub(crate) fn https_or_near(variable: &str, text: &str) -> Result<Url, Error> {
    let url = url(variable, text)?;
    if url.scheme() == "https" || is_near(&url) {
        Ok(url)
    } else {
        Err(refusal(variable, "it is on another machine, and not https"))
    }
}

/// The beginning of a client that asks directly: identity endpoints cannot be reached through a proxy, and do not redirect.
pub(crate) fn client() -> ClientBuilder {
    let builder = reqwest::Client::builder().no_proxy().redirect(redirect::Policy::none());
    builder.connect_timeout(CONNECT_TIMEOUT).timeout(TOTAL_TIMEOUT)
}

/// The finished client.
pub(crate) fn built(builder: ClientBuilder) -> Result<reqwest::Client, Error> {
    builder
        .build()
        .map_err(|error| Error::new(ErrorKind::Configuration, "the HTTP client cannot be built").with_source(error))
}

fn url(variable: &str, text: &str) -> Result<Url, Error> {
    if text.chars().any(char::is_control) {
        return Err(refusal(variable, "it holds a control character"));
    }
    let url = Url::parse(text.trim()).map_err(|error| refusal(variable, &format!("it is not a URL ({error})")))?;
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err(refusal(variable, "it carries a user name or a fragment"));
    }
    if !["http", "https"].contains(&url.scheme()) {
        return Err(refusal(variable, "it is neither http nor https"));
    }
    Ok(url)
}

fn refusal(variable: &str, why: &str) -> Error {
    Error::new(ErrorKind::Configuration, format!("{variable} does not name an identity endpoint: {why}"))
        .with_help(format!("{variable} is set by Azure; unset it if this is not such a machine"))
}

fn is_near(url: &Url) -> bool {
    match url.host() {
        // The second one is how a container calls the machine that it runs on.
        Some(Host::Domain(name)) => ["localhost", "host.docker.internal"].contains(&name),
        Some(Host::Ipv4(address)) => address.is_loopback() || address.is_link_local() || address.is_private(),
        Some(Host::Ipv6(address)) => {
            address.is_loopback() || address.is_unicast_link_local() || address.is_unique_local()
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(accept: fn(&str, &str) -> Result<Url, Error>, texts: &[&str]) {
        for text in texts {
            let error = accept("V", text).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Configuration, "{text}");
            assert!(error.to_string().starts_with("V does not name an identity endpoint: it "), "{error}");
        }
    }

    const NOWHERE: [&str; 7] = [
        "ftp://localhost/",
        "file:///etc/passwd",
        "http://a@localhost/",
        "https://localhost/#x",
        "http://local\nhost/",
        "nonsense",
        "",
    ];

    #[test]
    fn a_secret_goes_only_to_an_endpoint_that_is_near() {
        for good in [
            "http://localhost:50342/oauth2/token",
            "http://127.0.0.1:46808/MSI/auth?x=1",
            "http://[::1]:1/",
            "http://169.254.129.2:8081/msi/token",
            "http://172.17.0.1:8081/msi/token",
            "http://host.docker.internal:8081/msi/token",
            "https://localhost:1/",
        ] {
            assert!(near("V", good).is_ok(), "{good}");
        }
        refused(near, &NOWHERE);
        refused(
            near,
            &["http://identity.example/", "https://identity.example/", "http://8.8.8.8/", "http://localhost.example/"],
        );
    }

    #[test]
    fn arc_s_key_stays_on_this_machine() {
        assert!(own("V", "http://localhost:40342/metadata/identity/oauth2/token").is_ok());
        refused(own, &NOWHERE);
        refused(own, &["http://10.0.0.1:40342/", "https://identity.example/", "http://169.254.169.254/"]);
    }

    #[test]
    fn service_fabric_is_https_and_the_metadata_service_https_or_near() {
        assert!(https("V", "https://10.0.0.4:2377/metadata").is_ok());
        refused(https, &["http://localhost:2377/", "https://a@node:2377/"]);
        assert!(
            https_or_near("V", "https://identity.example").is_ok()
                && https_or_near("V", "http://169.254.169.254").is_ok()
        );
        refused(https_or_near, &["http://identity.example/"]);
    }
}
