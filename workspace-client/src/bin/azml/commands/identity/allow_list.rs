//! The resources for which tokens are given.

use auth_core::{Cloud, Error, Scope};

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
            Scope::default_of(resource)?;
        }
        // Resource Manager takes tokens for its own address as well as for its older audience, and SDKs ask for either.
        let own = [cloud.arm_scope().resource().to_owned(), cloud.resource_manager().to_string()];
        let own = own.into_iter().chain(cloud.ml_scope().map(|scopes| scopes.resource().to_owned()));
        let mut resources: Vec<String> = Vec::new();
        for resource in own.chain(named.into_iter().cloned()).map(|resource| one_spelling(&resource)) {
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

    pub(super) fn allows(&self, resource: &str) -> bool {
        self.is_open || self.resources.contains(&one_spelling(resource))
    }

    /// The resources, for a person.
    pub(super) fn shown(&self) -> String {
        if self.is_open { "any resource".to_owned() } else { self.resources.join(", ") }
    }
}

/// A resource without slashes at its end and without `/.default`, its scheme and host in lower case.
fn one_spelling(resource: &str) -> String {
    let resource = resource.trim_end_matches('/');
    let resource = resource.strip_suffix("/.default").unwrap_or(resource).trim_end_matches('/');
    let host = resource.find("://").map_or(0, |at| at + 3);
    let path = resource[host..].find('/').map_or(resource.len(), |at| host + at);
    format!("{}{}", resource[..path].to_ascii_lowercase(), &resource[path..])
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
            assert!(list.allows(allowed), "{allowed}");
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
            "ä://ä/",
        ] {
            assert!(!list.allows(other), "{other}");
        }
    }

    #[test]
    fn each_cloud_has_its_own() {
        let list = AllowList::new(&Cloud::china(), &[]).unwrap();
        assert!(list.allows("https://management.chinacloudapi.cn/") && list.allows("https://ml.azure.cn"));
        assert!(!list.allows("https://management.azure.com") && !list.allows("https://ml.azure.com"));
    }

    #[test]
    fn what_is_named_is_added_and_a_star_opens_the_list() {
        let more = ["https://storage.azure.com/", "499B84AC-1321-427f-aa17-267ca6975798"].map(ToOwned::to_owned);
        let list = AllowList::new(&Cloud::public(), &more).unwrap();
        assert!(list.allows("https://storage.azure.com") && list.allows("499b84ac-1321-427F-AA17-267ca6975798"));
        assert!(
            !list.is_open()
                && list.shown().ends_with("https://storage.azure.com, 499b84ac-1321-427f-aa17-267ca6975798")
        );
        let list = AllowList::new(&Cloud::public(), &["*".to_owned()]).unwrap();
        assert!(list.is_open() && list.allows("https://graph.microsoft.com"));
        assert!(AllowList::new(&Cloud::public(), &["https://a b".to_owned()]).is_err());
    }
}
