//! The subscriptions that are known without asking Azure.

use auth_cli_bridge::{ConfigDir, Subscription};
use auth_core::{Cloud, Env, Error, ErrorKind};
use workspace_client::Profile;

/// The subscriptions of azml's own login, or else those of the Azure CLI's.
#[derive(Debug)]
pub(crate) struct Accounts {
    subscriptions: Vec<Subscription>,
    are_ours: bool,
    cloud: String,
}

impl Accounts {
    pub(crate) fn load(env: &Env, cloud: &Cloud) -> Result<Self, Error> {
        let own = Profile::load(env)?;
        let is_of_cloud = |subscription: &Subscription| subscription.environment_name == cloud.name();
        let are_ours = own.subscriptions().iter().any(is_of_cloud);
        let subscriptions = if are_ours {
            own.subscriptions().to_vec()
        } else {
            auth_cli_bridge::Profile::load(&ConfigDir::azure_cli(env))?.subscriptions().to_vec()
        };
        Ok(Self { subscriptions, are_ours, cloud: cloud.name().to_owned() })
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

    /// The subscription of this id or name, whatever its case, or else the default one.
    pub(crate) fn find(&self, wanted: Option<&str>) -> Result<&Subscription, Error> {
        self.require()?;
        let mut candidates = self.of_cloud();
        let Some(wanted) = wanted else {
            // After another cloud was chosen none of this one may be the default (az then takes the first enabled one, too).
            let first_enabled = || self.of_cloud().find(|it| it.state.as_deref() == Some("Enabled"));
            return candidates.find(|it| it.is_default).or_else(first_enabled).ok_or_else(|| {
                Error::new(ErrorKind::Configuration, "there is no default subscription")
                    .with_help("name one with --subscription; azml account list --all shows them")
            });
        };
        let lower = wanted.trim().to_lowercase();
        let mut matching = candidates.filter(|it| it.id.to_lowercase() == lower || it.name.to_lowercase() == lower);
        let refuse = |why: &str| {
            Error::new(ErrorKind::Configuration, format!("Subscription '{wanted}' {why}"))
                .with_help("azml account list --all shows them; azml login looks for new ones")
        };
        let found = matching.next().ok_or_else(|| refuse("not found"))?;
        if matching.next().is_some() { Err(refuse("is the name of several; give the id")) } else { Ok(found) }
    }

    fn of_cloud(&self) -> impl Iterator<Item = &Subscription> {
        self.subscriptions.iter().filter(|it| it.environment_name == self.cloud)
    }
}
