//! The subscriptions that the Azure CLI knows: `azureProfile.json`.

use std::collections::BTreeMap;
use std::path::Path;

use auth_core::{Cloud, Error, ErrorKind};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::locate::PROFILE_HELP;
use crate::{ConfigDir, file};

/// What the Azure CLI remembers of its sign-ins: the subscriptions of all clouds, in the order in which it found them.
#[derive(Clone, Debug, PartialEq)]
pub struct Profile {
    subscriptions: Vec<Subscription>,
    login: &'static str,
}

/// A subscription, or a tenant without one, as the Azure CLI lists it. Serialized it is what `az account show` prints.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Subscription {
    /// The name of its cloud.
    #[serde(default)]
    pub environment_name: String,
    /// The subscription's own tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_tenant_id: Option<String>,
    /// The subscription's id; the tenant's where there is no subscription.
    pub id: String,
    /// Whether it is the one that is used when none is named.
    #[serde(default)]
    pub is_default: bool,
    /// The tenants that manage it (Azure Lighthouse).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed_by_tenants: Option<Vec<ManagingTenant>>,
    /// The subscription's name.
    #[serde(default)]
    pub name: String,
    /// `Enabled`, `Disabled`, `Warned`, `PastDue` or `Deleted`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// The first domain of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_default_domain: Option<String>,
    /// The name of the tenant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_display_name: Option<String>,
    /// The tenant in which the sign-in found it. Profiles from very old versions may lack it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tenant_id: Option<String>,
    /// Who signed in.
    #[serde(default)]
    pub user: User,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

/// A tenant that manages a subscription.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ManagingTenant {
    /// The tenant's id.
    pub tenant_id: String,
}

/// Who signed in.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct User {
    /// For a managed identity `MSI`, or `MSIClient-`, `MSIObject-` or `MSIResource-` and its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_identity_info: Option<String>,
    /// Whether it is the person who sits in front of Azure Cloud Shell.
    #[serde(rename = "cloudShellID", skip_serializing_if = "Option::is_none")]
    pub cloud_shell_id: Option<bool>,
    /// The user principal name, or the client id of a service principal.
    #[serde(default)]
    pub name: String,
    /// `user` or `servicePrincipal`.
    #[serde(rename = "type", default)]
    pub kind: String,
    #[serde(flatten)]
    other: BTreeMap<String, Value>,
}

impl Profile {
    /// Reads the profile of this directory. A missing one knows no subscription.
    ///
    /// # Errors
    /// [`ErrorKind::Store`] if the file is there but cannot be used.
    pub fn load(directory: &ConfigDir) -> Result<Self, Error> {
        let subscriptions = match directory.profile()? {
            Some((path, file)) => parse(file.text.expose(), &path)?,
            None => Vec::new(),
        };
        let subscriptions = match directory.second_profile()? {
            Some((path, file)) if subscriptions.is_empty() => parse(file.text.expose(), &path)?,
            _ => subscriptions,
        };
        Ok(Self { subscriptions, login: directory.login() })
    }

    /// The subscriptions of all clouds.
    pub fn subscriptions(&self) -> &[Subscription] {
        &self.subscriptions
    }

    /// The subscriptions of one cloud, by its exact name (observed: az 2.91).
    pub fn subscriptions_of<'a>(&'a self, cloud: &Cloud) -> impl Iterator<Item = &'a Subscription> + use<'a> {
        let cloud = cloud.clone();
        self.subscriptions.iter().filter(move |subscription| subscription.environment_name == cloud.name())
    }

    /// Chooses as `az` does: among this cloud's subscriptions the one with this id or name, without regard to case, else the
    /// default one. Its state does not matter (observed: az 2.91).
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if nobody is signed in to this cloud, [`ErrorKind::Configuration`] if none or several fit.
    pub fn select(&self, cloud: &Cloud, wanted: Option<&str>) -> Result<&Subscription, Error> {
        if self.subscriptions_of(cloud).next().is_none() {
            return Err(self.not_signed_in(cloud));
        }
        let wanted = wanted.map(|wanted| (wanted, wanted.to_lowercase()));
        let fits = |subscription: &&Subscription| match &wanted {
            Some((_, lower)) => [&subscription.id, &subscription.name].iter().any(|own| own.to_lowercase() == *lower),
            None => subscription.is_default,
        };
        let fitting: Vec<&Subscription> = self.subscriptions_of(cloud).filter(fits).collect();
        let cloud = cloud.name();
        let (message, help) = match (fitting.as_slice(), &wanted) {
            ([one], _) => return Ok(one),
            ([], Some((wanted, _))) => (
                format!("the Azure CLI knows no subscription {wanted:?} in {cloud}"),
                "check its spelling; az account list shows all, and az account list --refresh looks for new ones",
            ),
            ([], None) => (
                format!("no subscription of {cloud} is the default one"),
                "choose one: az account set --subscription <id or name>",
            ),
            (_, Some((wanted, _))) => (
                format!("the Azure CLI knows {} subscriptions named {wanted:?} in {cloud}", fitting.len()),
                "give the subscription's id",
            ),
            (_, None) => (
                format!("{} subscriptions of {cloud} claim to be the default one", fitting.len()),
                "choose one: az account set --subscription <id or name>",
            ),
        };
        Err(Error::new(ErrorKind::Configuration, message).with_help(help))
    }

    fn not_signed_in(&self, cloud: &Cloud) -> Error {
        let mut elsewhere: Vec<&str> = self.subscriptions.iter().map(|it| it.environment_name.as_str()).collect();
        elsewhere.sort_unstable();
        elsewhere.dedup();
        let hint = if elsewhere.is_empty() { String::new() } else { format!(" (only to {})", elsewhere.join(", ")) };
        let owner = if self.login == "az login" { "the Azure CLI" } else { "the Python SDK" };
        let message = format!("nobody is signed in to {} with {owner}{hint}", cloud.name());
        let switch =
            if elsewhere.is_empty() { String::new() } else { format!("az cloud set --name {}, then ", cloud.name()) };
        let help = format!("sign in: {switch}{}", self.login);
        Error::new(ErrorKind::Unavailable, message).with_help(help)
    }
}

impl Subscription {
    /// The same as an entry of `az account list`, which calls the cloud `cloudName`.
    pub fn listed(&self) -> impl Serialize + '_ {
        Listed(self)
    }
}

struct Listed<'a>(&'a Subscription);

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "camelCase")]
        struct Entry<'a> {
            cloud_name: &'a str,
            #[serde(flatten)]
            rest: serde_json::Map<String, Value>,
        }
        let value = serde_json::to_value(self.0).map_err(serde::ser::Error::custom)?;
        let Value::Object(mut rest) = value else { return value.serialize(serializer) };
        rest.remove("environmentName");
        Entry { cloud_name: &self.0.environment_name, rest }.serialize(serializer)
    }
}

pub(crate) fn parse(text: &str, path: &Path) -> Result<Vec<Subscription>, Error> {
    #[derive(Deserialize)]
    struct Wire {
        #[serde(default)]
        subscriptions: Option<Vec<Value>>,
    }
    let wire: Wire = file::object(text, path, PROFILE_HELP)?;
    let entries = wire.subscriptions.unwrap_or_default().into_iter();
    let subscriptions = entries.filter_map(|entry| {
        let subscription = serde_json::from_value(entry);
        if let Err(error) = &subscription {
            tracing::warn!(path = %path.display(), %error, "skipping an entry that is not a subscription");
        }
        subscription.ok()
    });
    Ok(subscriptions.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(text: &str) -> Result<Profile, Error> {
        parse(text, Path::new("azureProfile.json")).map(|subscriptions| Profile { subscriptions, login: "az login" })
    }

    fn of(entries: &[(&str, &str, &str, bool)]) -> Profile {
        let entries = entries.iter().map(|(cloud, id, name, is_default)| {
            serde_json::json!({"environmentName": cloud, "id": id, "name": name, "isDefault": is_default})
        });
        profile(&serde_json::json!({"subscriptions": entries.collect::<Value>()}).to_string()).unwrap()
    }

    fn chosen(profile: &Profile, wanted: Option<&str>) -> String {
        match profile.select(&Cloud::public(), wanted) {
            Ok(subscription) => subscription.id.clone(),
            Err(error) => format!("{:?}: {error}\n  help: {}", error.kind(), error.help().unwrap_or_default()),
        }
    }

    #[test]
    fn a_subscription_is_chosen_by_default_or_by_id_or_name_in_any_case() {
        let profile = of(&[("AzureCloud", "A-1", "Straße ÄÖ", false), ("AzureCloud", "a-2", "two", true)]);
        assert_eq!(chosen(&profile, None), "a-2");
        assert_eq!(chosen(&profile, Some("a-1")), "A-1");
        assert_eq!(chosen(&profile, Some("straße äö")), "A-1");
    }

    #[test]
    fn a_choice_that_cannot_be_made_says_why_and_what_to_do() {
        let two = of(&[("AzureCloud", "a", "same", true), ("AzureCloud", "b", "Same", true)]);
        let none = of(&[("AzureCloud", "a", "x", false), ("AzureChinaCloud", "b", "y", true)]);
        let other = of(&[("AzureChinaCloud", "b", "y", true), ("azurecloud", "c", "z", true)]);
        insta::assert_snapshot!([
            chosen(&two, None),
            chosen(&two, Some("same")),
            chosen(&none, None),
            chosen(&none, Some("nope")),
            chosen(&other, None),
            chosen(&of(&[]), Some("x")),
        ].join("\n"), @r#"
        Configuration: 2 subscriptions of AzureCloud claim to be the default one
          help: choose one: az account set --subscription <id or name>
        Configuration: the Azure CLI knows 2 subscriptions named "same" in AzureCloud
          help: give the subscription's id
        Configuration: no subscription of AzureCloud is the default one
          help: choose one: az account set --subscription <id or name>
        Configuration: the Azure CLI knows no subscription "nope" in AzureCloud
          help: check its spelling; az account list shows all, and az account list --refresh looks for new ones
        Unavailable: nobody is signed in to AzureCloud with the Azure CLI (only to AzureChinaCloud, azurecloud)
          help: sign in: az cloud set --name AzureCloud, then az login
        Unavailable: nobody is signed in to AzureCloud with the Azure CLI
          help: sign in: az login
        "#);
    }

    #[test]
    fn an_odd_entry_is_skipped_and_unknown_fields_are_kept() {
        let text = r#"{"subscriptions": [7, {"name": "no id"}, {"id": "a", "new": {"x": 1}, "user": {"y": 2}}], "installationId": "i"}"#;
        let profile = profile(text).unwrap();
        assert_eq!(profile.subscriptions().len(), 1);
        let shown = serde_json::to_value(&profile.subscriptions()[0]).unwrap();
        assert_eq!((&shown["new"]["x"], &shown["user"]["y"]), (&1.into(), &2.into()));
    }

    #[test]
    fn an_empty_profile_knows_nobody() {
        for text in ["{}", r#"{"subscriptions": []}"#, r#"{"subscriptions": null}"#] {
            assert!(profile(text).unwrap().subscriptions().is_empty(), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,100}", inner in "\\PC{0,60}") {
            let _ = profile(&text);
            let _ = profile(&format!(r#"{{"subscriptions": [{inner}]}}"#));
        }
    }
}
