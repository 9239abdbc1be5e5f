//! Microsoft Entra tenants.

use std::fmt;
use std::sync::Arc;

use crate::{Error, ErrorKind};

/// A Microsoft Entra tenant, by id (a GUID), by verified domain, or by one of the shared names `organizations`, `common`
/// and `consumers`.
///
/// Tenants compare without regard to ASCII case; the spelling that was given is kept. Only letters, digits, `.` and `-` are
/// accepted (observed: azure-identity 1.27), so a tenant can never climb out of its place in a URL.
#[derive(Clone)]
pub struct Tenant(Arc<str>);

impl Tenant {
    /// Checks `text` and takes it as a tenant.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if it is empty, longer than 253 characters, holds other characters, or is made of dots.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let known = |c: char| c.is_ascii_alphanumeric() || c == '.' || c == '-';
        if text.is_empty()
            || text.len() > 253
            || !text.chars().all(known)
            || text.starts_with('.')
            || text.contains("..")
        {
            let shown: String = text.chars().take(60).collect();
            return Err(Error::new(ErrorKind::Configuration, format!("{shown:?} is not a tenant"))
                .with_help("give the tenant's id (a GUID) or one of its domains, such as contoso.onmicrosoft.com"));
        }
        Ok(Self(text.into()))
    }

    /// The tenant segment with which any work or school account may sign in.
    pub fn organizations() -> Self {
        Self("organizations".into())
    }

    /// The tenant as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether this is a tenant id, the only form that can be compared with a token's `tid`.
    pub fn is_id(&self) -> bool {
        let groups: Vec<&str> = self.0.split('-').collect();
        groups.iter().map(|g| g.len()).eq([8, 4, 4, 4, 12])
            && groups.iter().all(|g| g.bytes().all(|b| b.is_ascii_hexdigit()))
    }
}

impl PartialEq for Tenant {
    fn eq(&self, other: &Self) -> bool {
        self.0.eq_ignore_ascii_case(&other.0)
    }
}

impl Eq for Tenant {}

impl std::hash::Hash for Tenant {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        // A few bytes tell tenants apart well enough, and this runs for every token that is served from memory.
        let end = self.0.as_bytes().last_chunk::<8>().copied().unwrap_or_default();
        state.write(&end.to_ascii_lowercase());
    }
}

impl fmt::Display for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Tenant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tenant_compares_without_case_and_keeps_its_spelling() {
        let upper = Tenant::parse("8D2A6C4F-19B7-4E63-A1C5-0F9B3D8E2A01").unwrap();
        assert_eq!(upper, Tenant::parse("8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01").unwrap());
        assert!(upper.as_str().starts_with("8D2A"));
        assert!(upper.is_id());
        assert!(!Tenant::parse("contoso.onmicrosoft.com").unwrap().is_id());
    }

    #[test]
    fn a_tenant_cannot_climb_out_of_its_path_segment() {
        for hostile in
            ["", "..", "../common", "a/b", "a..b", "tenant\n", "t?x=1", "t#x", "%2e%2e", ".", &"a".repeat(300)]
        {
            assert!(Tenant::parse(hostile).is_err(), "{hostile:?}");
        }
    }
}
