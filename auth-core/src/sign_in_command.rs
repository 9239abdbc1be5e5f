//! The command with which a person gives what was missing.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::{Cloud, Scopes, Tenant};

/// The `azml login` that gives what an error says is missing, ready to be pasted into a shell.
///
/// ```
/// use auth_core::{Cloud, SignInCommand, Tenant};
/// let cloud = Cloud::china();
/// let tenant = Tenant::parse("contoso.example")?;
/// let command = SignInCommand::new(&cloud).tenant(&tenant).claims(Some("{}"));
/// assert_eq!(command.to_string(), "azml login --cloud AzureChinaCloud --tenant contoso.example --claims-challenge e30=");
/// # Ok::<(), auth_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct SignInCommand<'a> {
    cloud: &'a Cloud,
    tenant: Option<&'a Tenant>,
    scopes: Option<&'a Scopes>,
    claims: Option<&'a str>,
}

impl<'a> SignInCommand<'a> {
    /// Signs in to this cloud.
    pub fn new(cloud: &'a Cloud) -> Self {
        Self { cloud, tenant: None, scopes: None, claims: None }
    }

    /// To this tenant.
    pub fn tenant(mut self, tenant: impl Into<Option<&'a Tenant>>) -> Self {
        self.tenant = tenant.into();
        self
    }

    /// For these scopes, where they are not those of Azure Resource Manager.
    pub fn scopes(mut self, scopes: &'a Scopes) -> Self {
        self.scopes = Some(scopes);
        self
    }

    /// With the claims that were demanded, a JSON object. They are shown in base64, which no shell takes apart (observed: az 2.91).
    pub fn claims(mut self, claims: Option<&'a str>) -> Self {
        self.claims = claims;
        self
    }
}

impl fmt::Display for SignInCommand<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("azml login")?;
        if *self.cloud != Cloud::public() {
            write!(f, " --cloud {}", word(self.cloud.name()))?;
        }
        if let Some(tenant) = self.tenant.filter(|tenant| **tenant != Tenant::organizations()) {
            write!(f, " --tenant {tenant}")?;
        }
        if let Some(scopes) = self.scopes.filter(|scopes| **scopes != self.cloud.arm_scope()) {
            write!(f, " --scope {scopes}")?;
        }
        match self.claims {
            Some(claims) => write!(f, " --claims-challenge {}", STANDARD.encode(claims)),
            None => Ok(()),
        }
    }
}

/// One word to a shell.
pub(crate) fn word(text: &str) -> String {
    let is_plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "-_./".contains(c));
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Scope;

    #[test]
    fn only_what_differs_from_the_default_is_named() {
        let cloud = Cloud::public();
        assert_eq!(SignInCommand::new(&cloud).to_string(), "azml login");
        let (tenant, arm) = (Tenant::organizations(), cloud.arm_scope());
        assert_eq!(SignInCommand::new(&cloud).tenant(&tenant).scopes(&arm).to_string(), "azml login");
        let ml = cloud.ml_scope().unwrap();
        let command = SignInCommand::new(&cloud).scopes(&ml).claims(Some(r#"{"a":1}"#));
        assert_eq!(
            command.to_string(),
            "azml login --scope https://ml.azure.com/.default --claims-challenge eyJhIjoxfQ=="
        );
        let several = Scope::parse("https://r/b").and_then(|b| crate::Scopes::new([b, Scope::parse("https://r/a")?]));
        let several = several.unwrap();
        assert_eq!(
            SignInCommand::new(&cloud).scopes(&several).to_string(),
            "azml login --scope https://r/a https://r/b"
        );
    }

    #[test]
    fn a_name_of_several_words_stays_one_word() {
        let cloud = Cloud::custom("Rig's $HOME", "https://l.example", "https://a.example", "https://a.example");
        let cloud = cloud.unwrap().build();
        assert_eq!(SignInCommand::new(&cloud).to_string(), r"azml login --cloud 'Rig'\''s $HOME'");
    }
}
