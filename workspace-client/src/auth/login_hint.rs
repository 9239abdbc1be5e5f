//! Whom somebody wants to be.

use auth_core::claims::Claims;
use auth_core::{Account, Cloud, SignInCommand, Tenant};

/// A user principal name, or a home account id (`<object id>.<home tenant id>`), in any case.
#[derive(Clone, Debug)]
pub(super) struct LoginHint(String);

impl LoginHint {
    /// None if there is nothing in it.
    pub(super) fn new(text: &str) -> Option<Self> {
        Some(text.trim().to_owned()).filter(|text| !text.is_empty()).map(Self)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The user principal name, if it is one.
    pub(super) fn username(&self) -> Option<&str> {
        self.0.contains('@').then_some(&*self.0)
    }

    /// Whether this account is meant.
    pub(super) fn is_of(&self, account: &Account) -> bool {
        [&account.username, &account.home_account_id].into_iter().flatten().any(|name| self.is(name))
    }

    /// Whether a token with these claims is that user's, or that application's.
    pub(super) fn is_of_token(&self, claims: &Claims) -> bool {
        let id = claims.oid.as_ref().zip(claims.tid.as_ref()).map(|(object, tenant)| format!("{object}.{tenant}"));
        let own_application = claims.appid.as_deref().filter(|_| names(claims).next().is_none());
        let names = names(claims).chain(id.as_deref()).chain(own_application);
        // A guest's name stands behind that of its provider.
        names.into_iter().any(|name| self.is(name) || name.rsplit('#').next().is_some_and(|name| self.is(name)))
    }

    /// The command that signs this user in, or this application, which is known by a GUID.
    pub(super) fn sign_in_command(&self, cloud: &Cloud) -> String {
        let (command, name) = (SignInCommand::new(cloud), self.as_str());
        if Tenant::parse(name).is_ok_and(|guid| guid.is_id()) {
            format!("{command} --service-principal --username {name} --tenant TENANT")
        } else {
            format!("{command} --username {name}")
        }
    }

    pub(super) fn is(&self, name: &str) -> bool {
        self.0.to_lowercase() == name.to_lowercase()
    }
}

/// How a token names its user.
pub(super) fn names(claims: &Claims) -> impl Iterator<Item = &str> {
    [&claims.upn, &claims.preferred_username, &claims.unique_name].into_iter().flatten().map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_user_is_known_by_every_name_that_a_token_may_give() {
        let hint = LoginHint::new(" Ada@contoso.example ").unwrap();
        let claims = |change: fn(&mut Claims)| {
            let mut claims = Claims::default();
            change(&mut claims);
            claims
        };
        assert!(hint.is_of_token(&claims(|it| it.upn = Some("ada@Contoso.example".into()))));
        assert!(hint.is_of_token(&claims(|it| it.preferred_username = Some("ada@contoso.example".into()))));
        assert!(hint.is_of_token(&claims(|it| it.unique_name = Some("live.com#ada@contoso.example".into()))));
        assert!(!hint.is_of_token(&claims(|it| it.upn = Some("grace@contoso.example".into()))));
        assert!(!hint.is_of_token(&Claims::default()), "a token that names nobody is nobody's");
        let application = LoginHint::new("6B7C").unwrap();
        assert!(application.is_of_token(&claims(|it| it.appid = Some("6b7c".into()))));
        let through = |it: &mut Claims| (it.appid, it.upn) = (Some("6b7c".into()), Some("ada@contoso.example".into()));
        assert!(!application.is_of_token(&claims(through)), "a user's token names the program, too");
        let id = LoginHint::new("O.t").unwrap();
        assert!(id.is_of_token(&claims(|it| (it.oid, it.tid) = (Some("o".into()), Some("T".into())))));
        assert!(LoginHint::new("  ").is_none() && id.username().is_none());

        let command = |name| LoginHint::new(name).unwrap().sign_in_command(&Cloud::china());
        assert_eq!(command("ada@x.cn"), "azml login --cloud AzureChinaCloud --username ada@x.cn");
        let application = "a6c2f8d1-40b9-4b57-93de-0000000005b1";
        assert!(
            command(application).ends_with(&format!("--service-principal --username {application} --tenant TENANT"))
        );
    }
}
