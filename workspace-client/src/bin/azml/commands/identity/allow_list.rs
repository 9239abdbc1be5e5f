//! The resources for which tokens are given.

use auth_core::{Cloud, Error, ErrorKind, Scope};

/// Stands for every resource.
const ANY: &str = "*";

/// The resources for which tokens are given, in one spelling each.
#[derive(Debug)]
pub(super) struct AllowList {
    resources: Vec<String>,
    is_open: bool,
}

impl AllowList {
    /// Azure Resource Manager and the Azure ML data plane of this cloud, and these resources.
    pub(super) fn new(cloud: &Cloud, more: &[String]) -> Result<Self, Error> {
        let (is_open, named): (Vec<&String>, Vec<&String>) = more.iter().partition(|resource| *resource == ANY);
        for resource in &named {
            check(resource)?;
        }
        // Resource Manager takes tokens for its own address as well as for its older audience, and SDKs ask for either.
        let own = [cloud.arm_scope().resource().to_owned(), cloud.resource_manager().to_string()];
        let own = own.into_iter().chain(cloud.ml_scope().map(|scopes| scopes.resource().to_owned()));
        let mut resources: Vec<String> = Vec::new();
        let all = own.chain(named.into_iter().cloned());
        for resource in all.filter_map(|resource| canonical(&resource)).map(|resource| bare(&resource).to_owned()) {
            if !resources.contains(&resource) {
                resources.push(resource);
            }
        }
        Ok(Self { resources, is_open: !is_open.is_empty() })
    }

    /// Whether every resource is allowed.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// The one spelling in which a token for this resource is asked for, if one may be had.
    pub(super) fn allowed(&self, resource: &str) -> Option<String> {
        let resource = canonical(resource)?;
        (self.is_open || self.resources.iter().any(|own| own == bare(&resource))).then_some(resource)
    }

    /// The resources, for a person.
    pub(super) fn shown(&self) -> String {
        if self.is_open { "any resource".to_owned() } else { self.resources.join(", ") }
    }
}

/// Refuses what is not a resource.
fn check(resource: &str) -> Result<(), Error> {
    if canonical(resource).is_none() || resource.contains(ANY) {
        let message = format!("{resource:?} is not a resource");
        return Err(Error::new(ErrorKind::Configuration, message)
            .with_help("give one such as https://storage.azure.com, or '*' alone for every one"));
    }
    Scope::default_of(resource).map(drop)
}

/// A resource without `/.default`, its scheme and host in lower case. The slash at its end stays, as the token's audience depends
/// on it; of two nobody knows what they mean.
fn canonical(resource: &str) -> Option<String> {
    let resource = resource.strip_suffix("/.default").unwrap_or(resource);
    let own = bare(resource);
    if own.is_empty() || own.ends_with(['/', ':']) || own.ends_with("/.default") {
        return None;
    }
    let host = resource.find("://").map_or(0, |at| at + 3);
    let path = resource[host..].find('/').map_or(resource.len(), |at| host + at);
    Some(format!("{}{}", resource[..path].to_ascii_lowercase(), &resource[path..]))
}

fn bare(resource: &str) -> &str {
    resource.strip_suffix('/').unwrap_or(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resource_manager_and_azure_ml_are_allowed_in_every_spelling() {
        let list = AllowList::new(&Cloud::public(), &[]).unwrap();
        for allowed in [
            "https://management.azure.com",
            "https://management.azure.com/",
            "https://management.azure.com/.default",
            "https://management.core.windows.net/",
            "https://management.core.windows.net//.default",
            "HTTPS://Management.Azure.COM",
            "https://ml.azure.com",
        ] {
            assert!(list.allowed(allowed).is_some(), "{allowed}");
        }
        for other in [
            "https://graph.microsoft.com",
            "https://storage.azure.com",
            "https://management.azure.com/x",
            "https://management.azure.com.evil.example",
            "http://management.azure.com",
            "https://management.azure.cn",
            "management.azure.com",
            "*",
            "",
            "/",
            "://",
            "https://management.azure.com//",
            "https://management.azure.com/.default/",
            "https://management.azure.com///.default",
            "ä://ä/",
        ] {
            assert_eq!(list.allowed(other), None, "{other}");
        }
    }

    #[test]
    fn each_cloud_has_its_own() {
        let list = AllowList::new(&Cloud::china(), &[]).unwrap();
        assert!(
            ["https://management.chinacloudapi.cn/", "https://ml.azure.cn"].iter().all(|it| list.allowed(it).is_some())
        );
        assert!(["https://management.azure.com", "https://ml.azure.com"].iter().all(|it| list.allowed(it).is_none()));
    }

    #[test]
    fn what_is_named_is_added_and_a_star_opens_the_list() {
        let more = ["https://storage.azure.com/", "499B84AC-1321-427f-aa17-267ca6975798"].map(ToOwned::to_owned);
        let list = AllowList::new(&Cloud::public(), &more).unwrap();
        assert!(list.allowed("https://storage.azure.com").is_some());
        assert!(list.allowed("499b84ac-1321-427F-AA17-267ca6975798").is_some());
        assert!(
            !list.is_open()
                && list.shown().ends_with("https://storage.azure.com, 499b84ac-1321-427f-aa17-267ca6975798")
        );
        let list = AllowList::new(&Cloud::public(), &["*".to_owned()]).unwrap();
        assert!(list.is_open() && list.allowed("https://graph.microsoft.com").is_some());
        for bad in ["", "/", "/.default", "https://", "https://a b", "https://*.vault.azure.net"] {
            assert!(AllowList::new(&Cloud::public(), &[bad.to_owned()]).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_token_is_asked_for_in_one_spelling() {
        let list = AllowList::new(&Cloud::public(), &[]).unwrap();
        let asked = |resource| list.allowed(resource).unwrap();
        assert_eq!(asked("HTTPS://Management.Azure.com/.default"), "https://management.azure.com");
        assert_eq!(asked("https://management.core.windows.net//.default"), "https://management.core.windows.net/");
    }
}
