//! The subscriptions that are known without asking Azure.

use std::collections::HashSet;

use auth_cli_bridge::{ConfigDir, Subscription};
use auth_core::{Cloud, Env, Error, ErrorKind};
use workspace_client::Profile;

/// How many subscriptions a message names.
const MOST_NAMED: usize = 10;

/// The subscriptions of azml's own login, or else those of the Azure CLI's.
#[derive(Debug)]
pub(crate) struct Accounts {
    subscriptions: Vec<Subscription>,
    are_ours: bool,
    /// Whether a default was chosen from the Azure CLI's list with azml.
    is_chosen: bool,
    cloud: String,
}

impl Accounts {
    pub(crate) fn load(env: &Env, cloud: &Cloud) -> Result<Self, Error> {
        let own = Profile::load(env)?;
        let is_of_cloud = |subscription: &Subscription| subscription.environment_name == cloud.name();
        let are_ours = own.subscriptions().iter().any(is_of_cloud);
        let mut subscriptions = if are_ours {
            own.subscriptions().to_vec()
        } else {
            let of_cli = auth_cli_bridge::Profile::load(&ConfigDir::azure_cli(env))?;
            let others = own.subscriptions().iter().chain(of_cli.subscriptions());
            let mut seen = HashSet::new();
            others.filter(|it| seen.insert((it.environment_name.clone(), it.id.to_lowercase()))).cloned().collect()
        };
        let selected = own.selected(cloud).filter(|_| !are_ours);
        let is_it = |it: &Subscription| is_of_cloud(it) && selected.is_some_and(|id| it.id.eq_ignore_ascii_case(id));
        let is_chosen = subscriptions.iter().any(is_it);
        if is_chosen {
            for subscription in subscriptions.iter_mut().filter(|it| is_of_cloud(it)) {
                subscription.is_default = is_it(subscription);
            }
        } else if let Some(id) = selected {
            tracing::warn!(
                "the Azure CLI no longer lists subscription {id}, which was chosen; its own default is used"
            );
        }
        Ok(Self { subscriptions, are_ours, is_chosen, cloud: cloud.name().to_owned() })
    }

    /// Whether it is the Azure CLI that keeps the list.
    pub(crate) fn are_of_cli(&self) -> bool {
        !self.are_ours && self.of_cloud().next().is_some()
    }

    /// The enabled ones of this cloud, or all of every cloud.
    pub(crate) fn list(&self, all: bool) -> impl Iterator<Item = &Subscription> {
        self.subscriptions
            .iter()
            .filter(move |it| all || it.state.as_deref() == Some("Enabled") && it.environment_name == self.cloud)
    }

    /// Refuses if nothing is known of this cloud.
    pub(crate) fn require(&self) -> Result<(), Error> {
        if self.of_cloud().next().is_some() {
            return Ok(());
        }
        let message = format!("no subscription of {} is known here", self.cloud);
        Err(Error::new(ErrorKind::Interaction, message).with_help("azml login"))
    }

    /// As whom to sign in for the subscription of this id or name, or for the default one. Without a choice it is the Azure CLI
    /// that says who is signed in there; an application is known by its credential, not by its name.
    pub(crate) fn user(&self, wanted: Option<&str>) -> Option<&str> {
        let user = &self.find(wanted).ok()?.user;
        let is_meant = self.are_ours || self.is_chosen || wanted.is_some();
        // In azml's own list it is known by its login, in the CLI's by its credential alone.
        let is_known = user.kind == "user" || user.kind == "servicePrincipal" && self.are_ours;
        let is_named = is_known && user.cloud_shell_id.is_none() && !user.name.is_empty();
        (is_meant && is_named).then_some(&*user.name)
    }

    /// The subscription of this id or name, whatever its case, or else the default one.
    pub(crate) fn find(&self, wanted: Option<&str>) -> Result<&Subscription, Error> {
        self.require()?;
        let mut candidates = self.of_cloud();
        let Some(wanted) = wanted else {
            // After another cloud was chosen none of this one may be the default (az then takes the first enabled one, too).
            let first_enabled = || self.of_cloud().find(|it| it.state.as_deref() == Some("Enabled"));
            // Which user it is must not depend on an order.
            let is_of_one_user = || self.of_cloud().all(|it| self.of_cloud().all(|other| it.user == other.user));
            let first = || first_enabled().filter(|_| is_of_one_user());
            return candidates.find(|it| it.is_default).or_else(first).ok_or_else(|| {
                Error::new(ErrorKind::Configuration, "there is no default subscription").with_help(
                    "choose one: azml account set --subscription <id or name>; azml account list --all shows them",
                )
            });
        };
        let lower = wanted.trim().to_lowercase();
        let mut matching = candidates.filter(|it| it.id.to_lowercase() == lower || it.name.to_lowercase() == lower);
        let refuse = |why: &str| {
            Error::new(ErrorKind::Configuration, format!("Subscription '{wanted}' {why}"))
                .with_help("azml account list --all shows them; azml login looks for new ones")
        };
        let known = || self.of_cloud().take(MOST_NAMED).map(|it| format!("\n  {}  {}", it.id, it.name));
        let not_found = || refuse(&format!("not found; these are:{}", known().collect::<String>()));
        let found = matching.next().ok_or_else(not_found)?;
        if matching.next().is_some() { Err(refuse("is the name of several; give the id")) } else { Ok(found) }
    }

    /// All of this cloud.
    pub(crate) fn of_cloud(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter().filter(|it| it.environment_name == self.cloud)
    }
}
