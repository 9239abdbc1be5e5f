//! What a token may be used for.

use std::fmt;
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// One permission of one resource, such as `https://management.core.windows.net//.default`.
///
/// The text is kept to the letter: a resource that ends in a slash gives a double slash, and the token's audience depends on
/// it (observed: az 2.91).
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scope(Arc<str>);

impl Scope {
    /// Checks `text` and takes it as a scope.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is empty, holds characters other than letters, digits and `_ - . : /` (observed:
    /// azure-identity 1.27), or is one of the OpenID scopes that a sign-in adds by itself.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let known = |c: char| c.is_ascii_alphanumeric() || "_-.:/".contains(c);
        let refuse = |why: &str| {
            let shown: String = text.chars().take(100).collect();
            Err(Error::new(ErrorKind::Configuration, format!("{shown:?} is not a scope: {why}"))
                .with_help("a scope is a resource followed by /.default, such as https://ml.azure.com/.default"))
        };
        if text.is_empty() || text.len() > 1024 || !text.chars().all(known) {
            return refuse("only letters, digits and _ - . : / may occur");
        }
        if ["openid", "profile", "offline_access"].contains(&text) {
            return refuse("it is requested with every sign-in");
        }
        Ok(Self(text.into()))
    }

    /// The `/.default` scope of a resource, by plain concatenation.
    ///
    /// # Errors
    /// As [`Scope::parse`].
    pub fn default_of(resource: &str) -> Result<Self, Error> {
        Self::parse(&format!("{resource}/.default"))
    }

    /// The scope's text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The resource that this scope belongs to: the text without a trailing `/.default` or `/user_impersonation`.
    pub fn resource(&self) -> &str {
        let text = self.as_str();
        text.strip_suffix("/.default").or_else(|| text.strip_suffix("/user_impersonation")).unwrap_or(text)
    }
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// One or more scopes of one resource, in no particular order.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Scopes(Arc<str>);

impl Scopes {
    /// Checks `scopes` and takes them as a set.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if there are none, if `/.default` is mixed with named scopes (AADSTS70011), or if they
    /// belong to more than one resource (AADSTS28000): one access token is good for one resource.
    pub fn new(scopes: impl IntoIterator<Item = Scope>) -> Result<Self, Error> {
        let mut scopes: Vec<Scope> = scopes.into_iter().collect();
        scopes.sort_unstable();
        scopes.dedup();
        let refuse =
            |why: &str| Err(Error::new(ErrorKind::Configuration, format!("these scopes cannot be combined: {why}")));
        if scopes.is_empty() {
            return Err(Error::new(ErrorKind::Configuration, "at least one scope is needed"));
        }
        if scopes.len() > 1 {
            if scopes.iter().any(|scope| scope.as_str().ends_with("/.default")) {
                return refuse("/.default stands alone");
            }
            let resource = |scope: &Scope| scope.as_str().rsplit_once('/').map(|(resource, _)| resource.to_owned());
            let first = resource(&scopes[0]);
            if scopes.iter().any(|scope| resource(scope) != first) {
                return refuse("one token is good for one resource");
            }
        }
        let texts: Vec<&str> = scopes.iter().map(Scope::as_str).collect();
        Ok(Self(texts.join(" ").into()))
    }

    /// The scopes, sorted and joined by single spaces, as the wire wants them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Each scope's text.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ')
    }

    /// The resource that the scopes belong to; see [`Scope::resource`].
    pub fn resource(&self) -> &str {
        let first = self.0.split(' ').next().unwrap_or_default();
        first.strip_suffix("/.default").or_else(|| first.strip_suffix("/user_impersonation")).unwrap_or(first)
    }

    /// Whether every scope of this set occurs in `granted`, a space-separated list such as the `target` of a cached token.
    pub fn are_granted_by(&self, granted: &str) -> bool {
        self.iter().all(|scope| granted.split(' ').any(|other| other == scope))
    }
}

impl From<Scope> for Scopes {
    fn from(scope: Scope) -> Self {
        Self(scope.0)
    }
}

impl fmt::Display for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Scopes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        Scope::parse(text).unwrap()
    }

    #[test]
    fn a_resource_keeps_its_trailing_slash_both_ways() {
        let scope = Scope::default_of("https://management.core.windows.net/").unwrap();
        assert_eq!(scope.as_str(), "https://management.core.windows.net//.default");
        assert_eq!(scope.resource(), "https://management.core.windows.net/");
    }

    #[test]
    fn the_order_of_scopes_does_not_matter() {
        let one = Scopes::new([scope("https://r/a"), scope("https://r/b")]).unwrap();
        assert_eq!(one, Scopes::new([scope("https://r/b"), scope("https://r/a"), scope("https://r/a")]).unwrap());
        assert!(one.are_granted_by("https://r/c https://r/b https://r/a"));
        assert!(!one.are_granted_by("https://r/a"));
    }

    #[test]
    fn scopes_that_entra_would_refuse_are_refused_here() {
        for text in ["", "openid", "a b", "https://r/\"x\"", "https://r/\n", "https://r/ä"] {
            assert!(Scope::parse(text).is_err(), "{text:?}");
        }
        assert!(Scopes::new([]).is_err());
        assert!(Scopes::new([scope("https://r/.default"), scope("https://r/read")]).is_err());
        assert!(Scopes::new([scope("https://r/read"), scope("https://s/read")]).is_err());
    }
}
