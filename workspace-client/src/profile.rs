//! The subscriptions that azml's own login can reach.

use std::path::PathBuf;

use auth_cli_bridge::Subscription;
use auth_core::{Cloud, Env, Error, ErrorKind, Tenant};
use serde::{Deserialize, Serialize};

use crate::dirs;
use crate::file::{Audience, prepare_folder, read_plain, replace};

/// The subscriptions that were seen at the last login, in the shape of the Azure CLI's profile. It lies in `profile.json` in
/// azml's own folder, and holds no secret.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub struct Profile {
    #[serde(default)]
    subscriptions: Vec<Subscription>,
}

impl Profile {
    /// Reads the profile; empty if there is none yet.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming the file if it cannot be read.
    pub fn load(env: &Env) -> Result<Self, Error> {
        let Some(path) = path(env) else { return Ok(Self::default()) };
        let unreadable = || {
            Error::new(ErrorKind::Store, format!("{} cannot be read", path.display()))
                .with_help("azml login --force writes it anew")
        };
        match read_plain(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unreadable().with_source(error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(unreadable().with_source(error)),
        }
    }

    /// Writes the profile, readable by its owner only.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming the file, or if there is no home directory to keep it in.
    pub fn save(&self, env: &Env) -> Result<(), Error> {
        let path = path(env).ok_or_else(homeless)?;
        let json = serde_json::to_vec_pretty(self)
            .map_err(|error| Error::new(ErrorKind::Store, "the profile cannot be written").with_source(error))?;
        replace(&path, &json, Audience::Owner)
    }

    /// Makes sure that a login can be kept: that there is a folder for it, closed to others, and that it can be written to.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming the folder, or if there is no home directory to have it in.
    pub fn prepare(env: &Env) -> Result<(), Error> {
        prepare_folder(&dirs::config_dir(env).ok_or_else(homeless)?)
    }

    /// The subscriptions of every cloud.
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// Takes the subscriptions that a login to `cloud` found instead of the earlier ones; if it was a login to one `tenant`,
    /// what the same user saw in other tenants stays. Among the new ones the default is the one that was it before, else the
    /// first that is enabled, else the first (observed: az 2.91).
    pub fn replace(&mut self, cloud: &Cloud, tenant: Option<&Tenant>, found: Vec<Subscription>) {
        let is_earlier_default = |new: &Subscription| {
            self.subscriptions.iter().any(|old| old.is_default && old.id.eq_ignore_ascii_case(&new.id))
        };
        let default = (found.iter().position(is_earlier_default))
            .or_else(|| found.iter().position(|subscription| subscription.state.as_deref() == Some("Enabled")))
            .unwrap_or(0);
        let is_of_tenant = |old: &Subscription| {
            tenant.is_none_or(|tenant| old.tenant_id.as_ref().is_none_or(|id| id.eq_ignore_ascii_case(tenant.as_str())))
        };
        self.subscriptions.retain(|old| {
            let is_found = found.iter().any(|new| new.id.eq_ignore_ascii_case(&old.id));
            let is_same_user = found.iter().any(|new| new.user == old.user);
            old.environment_name != cloud.name() || !is_found && is_same_user && !is_of_tenant(old)
        });
        // Each cloud has a default of its own.
        for other in self.subscriptions.iter_mut().filter(|other| other.environment_name == cloud.name()) {
            other.is_default = false;
        }
        for (index, mut subscription) in found.into_iter().enumerate() {
            subscription.is_default = index == default;
            self.subscriptions.push(subscription);
        }
    }

    /// Removes the subscriptions of this cloud.
    pub fn forget(&mut self, cloud: &Cloud) {
        self.subscriptions.retain(|subscription| subscription.environment_name != cloud.name());
    }
}

fn homeless() -> Error {
    Error::new(ErrorKind::Store, "there is no home directory to keep a login in")
        .with_help("set HOME or AZML_CONFIG_DIR")
}

fn path(env: &Env) -> Option<PathBuf> {
    Some(dirs::config_dir(env)?.join("profile.json"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    fn subscription(id: &str, state: &str, cloud: &Cloud) -> Subscription {
        serde_json::from_value(json!({
            "id": id, "name": id, "state": state, "user": {"name": "ada@contoso.example", "type": "user"},
            "isDefault": false, "tenantId": "t", "environmentName": cloud.name(),
        }))
        .unwrap()
    }

    fn default_of(profile: &Profile) -> Vec<&str> {
        profile.subscriptions().iter().filter(|it| it.is_default).map(|it| it.id.as_str()).collect()
    }

    #[test]
    fn the_default_stays_else_it_is_the_first_enabled_one_else_the_first() {
        let cloud = Cloud::public();
        let mut profile = Profile::default();
        profile.replace(
            &cloud,
            None,
            vec![subscription("a", "Disabled", &cloud), subscription("b", "Enabled", &cloud)],
        );
        assert_eq!(default_of(&profile), ["b"]);
        profile.replace(&cloud, None, vec![subscription("c", "Enabled", &cloud), subscription("B", "Enabled", &cloud)]);
        assert_eq!(default_of(&profile), ["B"]);
        profile.replace(
            &cloud,
            None,
            vec![subscription("d", "Disabled", &cloud), subscription("e", "Disabled", &cloud)],
        );
        assert_eq!(default_of(&profile), ["d"]);
    }

    #[test]
    fn a_login_replaces_what_was_seen_in_its_own_cloud_only() {
        let (public, china) = (Cloud::public(), Cloud::china());
        let mut profile = Profile::default();
        profile.replace(&public, None, vec![subscription("a", "Enabled", &public)]);
        profile.replace(&china, None, vec![subscription("b", "Enabled", &china)]);
        assert_eq!((profile.subscriptions().len(), default_of(&profile)), (2, vec!["a", "b"]), "each has its default");
        profile.forget(&china);
        assert_eq!(profile.subscriptions().len(), 1);
    }

    #[test]
    fn a_login_to_one_tenant_leaves_what_the_same_user_saw_in_others() {
        let cloud = Cloud::public();
        let of = |id: &str, tenant: &str| {
            let mut subscription = subscription(id, "Enabled", &cloud);
            subscription.tenant_id = Some(tenant.to_owned());
            subscription
        };
        let ids = |profile: &Profile| profile.subscriptions().iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let tenant = Tenant::parse("T2").unwrap();
        let mut profile = Profile::default();
        profile.replace(&cloud, None, vec![of("a", "t1"), of("b", "t2"), of("c", "t1")]);
        profile.replace(&cloud, Some(&tenant), vec![of("d", "t2"), of("c", "t2")]);
        assert_eq!((ids(&profile), default_of(&profile)), (vec!["a".into(), "d".into(), "c".into()], vec!["d"]));
        let mut other = of("e", "t2");
        other.user.name = "grace@contoso.example".to_owned();
        profile.replace(&cloud, Some(&tenant), vec![other]);
        assert_eq!(ids(&profile), ["e"]);
    }

    #[test]
    fn it_is_kept_in_a_file_of_its_owner() {
        let home = TempDir::new().unwrap();
        let env = Env::fake([("AZML_CONFIG_DIR", home.path().join("azml").to_str().unwrap())]);
        assert!(Profile::load(&env).unwrap().subscriptions().is_empty());
        let mut profile = Profile::default();
        profile.replace(&Cloud::public(), None, vec![subscription("a", "Enabled", &Cloud::public())]);
        profile.save(&env).unwrap();
        assert_eq!(Profile::load(&env).unwrap().subscriptions(), profile.subscriptions());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(home.path().join("azml/profile.json")).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
    }

    #[test]
    fn a_file_that_is_damaged_is_named() {
        let home = TempDir::new().unwrap();
        let env = Env::fake([("AZML_CONFIG_DIR", home.path().to_str().unwrap())]);
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(home.path().join("profile.json"), "{").unwrap();
        let error = Profile::load(&env).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Store);
        assert!(error.to_string().ends_with("profile.json cannot be read"), "{error}");
    }
}
