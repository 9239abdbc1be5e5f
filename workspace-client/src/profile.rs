//! The subscriptions that azml's own login can reach.

use std::collections::BTreeMap;
use std::path::PathBuf;

use auth_cli_bridge::Subscription;
use auth_core::{Cloud, Env, Error, ErrorKind, Tenant};
use serde::{Deserialize, Serialize};

use crate::dirs;
use crate::file::{Audience, lock, prepare_folder, read_plain, replace};

/// The subscriptions that were seen at the last login, in the shape of the Azure CLI's profile. It lies in `profile.json` in
/// azml's own folder, and holds no secret.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
pub struct Profile {
    #[serde(default)]
    subscriptions: Vec<Subscription>,
    /// For each cloud the subscription that was chosen from the Azure CLI's list, whose files are not ours to write.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    selected: BTreeMap<String, String>,
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
                .with_help("azml login sets it aside, and writes a new one")
        };
        match read_plain(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|error| unreadable().with_source(error)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(unreadable().with_source(error)),
        }
    }

    /// Changes the profile under its lock, so that what two processes change at the same time is not lost. `change` gets what
    /// [`Profile::load`] says; what it answers is written, readable by its owner only.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming the file, or if there is no home directory to keep it in; [`ErrorKind::Timeout`] if another
    /// process holds the lock for 10 s; and those of `change`.
    pub async fn update(
        env: &Env,
        change: impl FnOnce(Result<Self, Error>) -> Result<Self, Error>,
    ) -> Result<(), Error> {
        let path = path(env).ok_or_else(dirs::homeless)?;
        let _lock = lock(&path.with_extension("json.lock")).await?;
        let json = serde_json::to_vec_pretty(&change(Self::load(env))?)
            .map_err(|error| Error::new(ErrorKind::Store, "the profile cannot be written").with_source(error))?;
        replace(&path, &json, Audience::Owner)
    }

    /// Renames a profile that [`Profile::load`] cannot read to `profile.json.corrupt`, so that the next change makes a new one;
    /// says where it is then and what was wrong with it.
    ///
    /// # Errors
    /// As [`Profile::update`].
    pub async fn set_aside_if_damaged(env: &Env) -> Result<Option<(PathBuf, Error)>, Error> {
        let Some(path) = path(env) else { return Ok(None) };
        if Self::load(env).is_ok() {
            return Ok(None);
        }
        let _lock = lock(&path.with_extension("json.lock")).await?;
        // Whoever held the lock may have done it.
        let Err(problem) = Self::load(env) else { return Ok(None) };
        let aside = path.with_extension("json.corrupt");
        std::fs::rename(&path, &aside).map_err(|error| {
            Error::new(ErrorKind::Store, format!("{} cannot be renamed", path.display())).with_source(error)
        })?;
        Ok(Some((aside, problem)))
    }

    /// Makes sure that a login can be kept: that there is a folder for it, closed to others, and that it can be written to.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] naming the folder, or if there is no home directory to have it in.
    pub fn prepare(env: &Env) -> Result<(), Error> {
        prepare_folder(&dirs::config_dir(env).ok_or_else(dirs::homeless)?)
    }

    /// The subscriptions of every cloud.
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// The subscription of this cloud that was chosen from the Azure CLI's list, by id.
    pub fn selected(&self, cloud: &Cloud) -> Option<&str> {
        self.selected.get(cloud.name()).map(String::as_str)
    }

    /// Makes this subscription the default one of its cloud. One that is not in this profile is of the Azure CLI's list.
    pub fn select(&mut self, cloud: &Cloud, id: &str) {
        let is_it = |it: &Subscription| it.environment_name == cloud.name() && it.id.eq_ignore_ascii_case(id);
        if !self.subscriptions.iter().any(is_it) {
            self.selected.insert(cloud.name().to_owned(), id.to_owned());
            return;
        }
        for subscription in self.subscriptions.iter_mut().filter(|it| it.environment_name == cloud.name()) {
            subscription.is_default = subscription.id.eq_ignore_ascii_case(id);
        }
    }

    /// Takes the subscriptions that a login to `cloud` found instead of those that the same user saw earlier; if it was a login
    /// to one `tenant`, what the user saw in other tenants stays, as does what was seen in tenants that `refused` to tell now, with
    /// the default one if it is there. What other users saw stays, but a subscription is listed once,
    /// for the user who signed in last. Among the new ones the default is the one that was it before, else the first that is
    /// enabled, else the first (observed: az 2.91).
    pub fn replace(&mut self, cloud: &Cloud, tenant: Option<&Tenant>, refused: &[Tenant], found: Vec<Subscription>) {
        if found.is_empty() {
            return;
        }
        self.selected.remove(cloud.name());
        let is_earlier_default = |new: &Subscription| {
            self.subscriptions.iter().any(|old| old.is_default && old.id.eq_ignore_ascii_case(&new.id))
        };
        let default = (found.iter().position(is_earlier_default))
            .or_else(|| found.iter().position(|subscription| subscription.state.as_deref() == Some("Enabled")))
            .unwrap_or(0);
        let lies_in = |old: &Subscription, tenant: &Tenant| {
            old.tenant_id.as_ref().is_none_or(|id| id.eq_ignore_ascii_case(tenant.as_str()))
        };
        let is_of_tenant = |old: &Subscription| {
            tenant.is_none_or(|tenant| lies_in(old, tenant)) && !refused.iter().any(|tenant| lies_in(old, tenant))
        };
        self.subscriptions.retain(|old| {
            let is_found = found.iter().any(|new| new.id.eq_ignore_ascii_case(&old.id));
            let is_same_user = found.iter().any(|new| is_same(&new.user.name, &old.user.name));
            old.environment_name != cloud.name() || !(is_found || is_same_user && is_of_tenant(old))
        });
        let keeps_default = self.subscriptions.iter().any(|old| {
            old.is_default
                && old.environment_name == cloud.name()
                && found.iter().any(|new| is_same(&new.user.name, &old.user.name))
                && refused.iter().any(|tenant| lies_in(old, tenant))
        });
        if keeps_default {
            self.subscriptions.extend(found);
            return;
        }
        // Each cloud has a default of its own.
        for other in self.subscriptions.iter_mut().filter(|other| other.environment_name == cloud.name()) {
            other.is_default = false;
        }
        for (index, mut subscription) in found.into_iter().enumerate() {
            subscription.is_default = index == default;
            self.subscriptions.push(subscription);
        }
    }

    /// Removes what this user saw in this cloud, or what all saw, and says how many subscriptions that were. If those that remain
    /// are of one user, one of them becomes the default; a choice between users is not made here.
    pub fn forget(&mut self, cloud: &Cloud, user: Option<&str>) -> usize {
        let before = self.subscriptions.len();
        self.subscriptions
            .retain(|it| it.environment_name != cloud.name() || user.is_some_and(|user| !is_same(user, &it.user.name)));
        if user.is_none() {
            self.selected.remove(cloud.name());
        }
        let removed = before - self.subscriptions.len();
        let mut left: Vec<_> = self.subscriptions.iter_mut().filter(|it| it.environment_name == cloud.name()).collect();
        let is_of_one_user = left.windows(2).all(|pair| is_same(&pair[0].user.name, &pair[1].user.name));
        if is_of_one_user && !left.iter().any(|it| it.is_default) {
            let default = left.iter().position(|it| it.state.as_deref() == Some("Enabled")).unwrap_or(0);
            if let Some(default) = left.get_mut(default) {
                default.is_default = true;
            }
        }
        removed
    }
}

fn is_same(user: &str, other: &str) -> bool {
    user.to_lowercase() == other.to_lowercase()
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
            &[],
            vec![subscription("a", "Disabled", &cloud), subscription("b", "Enabled", &cloud)],
        );
        assert_eq!(default_of(&profile), ["b"]);
        profile.replace(
            &cloud,
            None,
            &[],
            vec![subscription("c", "Enabled", &cloud), subscription("B", "Enabled", &cloud)],
        );
        assert_eq!(default_of(&profile), ["B"]);
        profile.replace(
            &cloud,
            None,
            &[],
            vec![subscription("d", "Disabled", &cloud), subscription("e", "Disabled", &cloud)],
        );
        assert_eq!(default_of(&profile), ["d"]);
    }

    #[test]
    fn a_login_replaces_what_was_seen_in_its_own_cloud_only() {
        let (public, china) = (Cloud::public(), Cloud::china());
        let mut profile = Profile::default();
        profile.replace(&public, None, &[], vec![subscription("a", "Enabled", &public)]);
        profile.replace(&china, None, &[], vec![subscription("b", "Enabled", &china)]);
        assert_eq!((profile.subscriptions().len(), default_of(&profile)), (2, vec!["a", "b"]), "each has its default");
        assert_eq!(profile.forget(&china, None), 1);
        assert_eq!(profile.subscriptions().len(), 1);
    }

    #[test]
    fn a_login_leaves_what_other_users_saw_and_what_the_same_user_saw_in_other_tenants() {
        let cloud = Cloud::public();
        let of = |id: &str, tenant: &str| {
            let mut subscription = subscription(id, "Enabled", &cloud);
            subscription.tenant_id = Some(tenant.to_owned());
            subscription
        };
        let ids = |profile: &Profile| profile.subscriptions().iter().map(|it| it.id.clone()).collect::<Vec<_>>();
        let tenant = Tenant::parse("T2").unwrap();
        let mut profile = Profile::default();
        profile.replace(&cloud, None, &[], vec![of("a", "t1"), of("b", "t2"), of("c", "t1")]);
        profile.replace(&cloud, Some(&tenant), &[], vec![of("d", "t2"), of("c", "t2")]);
        assert_eq!((ids(&profile), default_of(&profile)), (vec!["a".into(), "d".into(), "c".into()], vec!["d"]));
        let mut other = of("e", "t2");
        other.user.name = "grace@contoso.example".to_owned();
        profile.replace(&cloud, Some(&tenant), &[], vec![other]);
        assert_eq!((ids(&profile).join(" "), default_of(&profile)), ("a d c e".to_owned(), vec!["e"]));
        profile.select(&cloud, "A");
        assert_eq!(default_of(&profile), ["a"]);
        assert_eq!(profile.forget(&cloud, Some("ADA@contoso.example")), 3);
        assert_eq!(default_of(&profile), ["e"], "only one user is left");
    }

    #[test]
    fn what_lies_in_a_tenant_that_refuses_stays_and_the_default_with_it() {
        let cloud = Cloud::public();
        let of = |id: &str, tenant: &str| {
            let mut subscription = subscription(id, "Enabled", &cloud);
            subscription.tenant_id = Some(tenant.to_owned());
            subscription
        };
        let mut profile = Profile::default();
        profile.replace(&cloud, None, &[], vec![of("a", "t1"), of("b", "t1"), of("c", "t2")]);
        profile.select(&cloud, "c");
        profile.replace(&cloud, None, &[Tenant::parse("T2").unwrap()], vec![of("a", "t1")]);
        let ids: Vec<_> = profile.subscriptions().iter().map(|it| it.id.as_str()).collect();
        assert_eq!((ids, default_of(&profile)), (vec!["c", "a"], vec!["c"]));
    }

    #[tokio::test]
    async fn it_is_kept_in_a_file_of_its_owner() {
        let home = TempDir::new().unwrap();
        let env = Env::fake([("AZML_CONFIG_DIR", home.path().join("azml").to_str().unwrap())]);
        assert!(Profile::load(&env).unwrap().subscriptions().is_empty());
        let mut profile = Profile::default();
        profile.replace(&Cloud::public(), None, &[], vec![subscription("a", "Enabled", &Cloud::public())]);
        Profile::update(&env, |_| Ok(profile.clone())).await.unwrap();
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
