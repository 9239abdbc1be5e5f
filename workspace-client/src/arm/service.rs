//! The hosts that are asked, and which token each of them gets.

use std::fmt;

use auth_core::http::may_carry_tokens;
use auth_core::{Cloud, Error, ErrorKind, Scopes};
use reqwest::Method;
use url::Url;

use super::Request;

/// A host, and the permission that its token is for. No other host ever gets that token.
#[derive(Clone)]
pub(crate) struct Service {
    /// What an error calls it.
    pub(super) name: &'static str,
    base: Url,
    /// None where the URL itself is the permission, or none is needed: nothing of ours is sent there.
    pub(super) scopes: Option<Scopes>,
}

impl Service {
    /// Azure Resource Manager of a cloud.
    pub(crate) fn resource_manager(cloud: &Cloud) -> Self {
        let (base, scopes) = (cloud.resource_manager().clone(), Some(cloud.arm_scope()));
        Self { name: "Azure Resource Manager", base, scopes }
    }

    /// Another host that the cloud, or a resource that was asked for, names itself. It is asked over TLS, or on this machine.
    pub(crate) fn named(name: &'static str, base: Url, scopes: Option<Scopes>) -> Result<Self, Error> {
        if may_carry_tokens(&base) {
            return Ok(Self { name, base, scopes });
        }
        let host = base.host_str().unwrap_or("a URL without a host");
        Err(Error::new(
            ErrorKind::Protocol,
            format!("{name} is said to be at {host} without TLS, where no token must go"),
        ))
    }

    /// Another service of the same host, for the same permission: its path has `to` where that of this one has `from`.
    pub(crate) fn beside(&self, from: &str, to: &str) -> Option<Self> {
        let (before, behind) = self.base.path().split_once(from)?;
        let mut base = self.base.clone();
        base.set_path(&format!("{before}{to}{behind}"));
        Some(Self { base, ..self.clone() })
    }

    /// A request for what lies at this path below the base, whose names are escaped where they must be.
    pub(crate) fn request(&self, method: Method, path: &str) -> Request {
        let mut url = self.base.clone();
        // Only a URL without a host has no path segments, and a service has one.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path.split('/').filter(|segment| !segment.is_empty()));
        }
        Request::new(self.clone(), method, url)
    }

    /// A bearer token goes to its own host only.
    pub(super) fn check(&self, url: &Url) -> Result<(), Error> {
        if url.origin() == self.base.origin() {
            return Ok(());
        }
        let own = self.base.host_str().unwrap_or_default();
        let host = url.host_str().unwrap_or("a URL without a host");
        Err(Error::new(ErrorKind::Protocol, format!("{own} refers to {host}, where the token must not go")))
    }
}

impl fmt::Debug for Service {
    /// Without the query of its URL, which may be a signature.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service").field("name", &self.name).field("host", &self.base.host_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_in_the_url_shows_in_no_debug_text() {
        let url = Url::parse("https://storage.example/log?sig=canary").unwrap();
        let service = Service::named("the log's storage", url, None).unwrap();
        let text = format!("{service:?} {:?}", service.request(Method::GET, ""));
        assert!(text.contains("storage.example") && !text.contains("canary"), "{text}");
    }
}
