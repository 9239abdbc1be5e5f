//! The application that the environment describes.

use url::Url;

use super::authentication::{ServicePrincipalAuthentication, ServicePrincipalBuilder};
use super::oidc::{self, Oidc, Platform};
use crate::http::HttpClient;
use crate::{Clock, Cloud, Credential, Env, Error, ErrorKind, Secret, Tenant};

/// One way to describe an application (azureml-core 1.61; azure-identity 1.27; GitHub; Azure DevOps).
struct Group {
    tenant: &'static str,
    client_id: &'static str,
    /// The first one shows that this group is meant.
    others: &'static [&'static str],
    means: Means,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Means {
    AssertionFile,
    AzurePipelines,
    Certificate,
    GitHubActions,
    Secret,
}

const GROUPS: [Group; 6] = [
    Group {
        tenant: AZUREML_TENANT,
        client_id: "AZUREML_SERVICE_PRINCIPAL_ID",
        others: &["AZUREML_SERVICE_PRINCIPAL_PASSWORD"],
        means: Means::Secret,
    },
    Group { tenant: TENANT, client_id: CLIENT, others: &["AZURE_CLIENT_SECRET"], means: Means::Secret },
    Group { tenant: TENANT, client_id: CLIENT, others: &["AZURE_CLIENT_CERTIFICATE_PATH"], means: Means::Certificate },
    Group { tenant: TENANT, client_id: CLIENT, others: &["AZURE_FEDERATED_TOKEN_FILE"], means: Means::AssertionFile },
    Group {
        tenant: TENANT,
        client_id: CLIENT,
        others: &["ACTIONS_ID_TOKEN_REQUEST_URL", "ACTIONS_ID_TOKEN_REQUEST_TOKEN"],
        means: Means::GitHubActions,
    },
    Group {
        tenant: "AZURESUBSCRIPTION_TENANT_ID",
        client_id: "AZURESUBSCRIPTION_CLIENT_ID",
        others: &["SYSTEM_OIDCREQUESTURI", "SYSTEM_ACCESSTOKEN", "AZURESUBSCRIPTION_SERVICE_CONNECTION_ID"],
        means: Means::AzurePipelines,
    },
];

const AZUREML_TENANT: &str = "AZUREML_SERVICE_PRINCIPAL_TENANT_ID";
const CLIENT: &str = "AZURE_CLIENT_ID";
const TENANT: &str = "AZURE_TENANT_ID";
/// Where the Azure SDKs sign in (observed: azure-identity 1.27).
const AUTHORITY: &str = "AZURE_AUTHORITY_HOST";
/// Whether the certificates are sent along (observed: azure-identity 1.27).
const SENDS_CHAIN: &str = "AZURE_CLIENT_SEND_CERTIFICATE_CHAIN";

/// Every variable that may describe an application, each once.
pub fn variables() -> impl Iterator<Item = &'static str> {
    let mut all: Vec<_> = GROUPS.iter().flat_map(Group::names).chain([AUTHORITY, SENDS_CHAIN]).collect();
    all.sort_unstable();
    all.dedup();
    all.into_iter()
}

/// Refuses `AZURE_AUTHORITY_HOST`, with which the Azure SDKs name the authority, if it is of another cloud: a credential must not
/// go to an authority that nobody meant.
///
/// # Errors
/// [`ErrorKind::Configuration`].
pub fn check_authority(env: &Env, cloud: &Cloud) -> Result<(), Error> {
    let Some(text) = env.var(AUTHORITY) else { return Ok(()) };
    let url =
        if text.contains("://") { Url::parse(text.trim()) } else { Url::parse(&format!("https://{}", text.trim())) };
    let host = url.ok().and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
    if cloud.authority_hosts().any(|own| own.eq_ignore_ascii_case(&host)) {
        return Ok(());
    }
    let message =
        format!("{AUTHORITY} is of another cloud than {}, which signs in at {}", cloud.name(), cloud.authority_host());
    Err(Error::new(ErrorKind::Configuration, message)
        .with_help("name the cloud with --cloud or AZUREML_CURRENT_CLOUD, or unset AZURE_AUTHORITY_HOST"))
}

/// The first group that is complete. What is there in part is told if none is.
pub(super) fn find(
    env: &Env,
    cloud: Cloud,
    wanted: Option<&Tenant>,
    http: HttpClient,
) -> Result<ServicePrincipalBuilder, Error> {
    let mut notes = Vec::new();
    for group in &GROUPS {
        match group.read(env, wanted) {
            Ok((tenant, client_id)) => {
                if group.client_id == CLIENT {
                    check_authority(env, &cloud)?;
                }
                return group.builder(
                    env,
                    ServicePrincipalAuthentication::builder(cloud, tenant, client_id).http(http.clone()),
                    http,
                );
            }
            Err(Gap::Absent) => {}
            Err(Gap::Partial(note)) => notes.push(note),
            Err(Gap::Wrong(error)) => return Err(error),
        }
    }
    if notes.is_empty() && env.var(CLIENT).is_some() {
        notes.push(format!("{CLIENT} is set, but AZURE_CLIENT_SECRET is missing, or another credential"));
    }
    let message = if notes.is_empty() { "no variable describes an application".to_owned() } else { notes.join("; ") };
    Err(Error::new(ErrorKind::Unavailable, message))
}

/// Why a group describes no application.
enum Gap {
    Absent,
    Partial(String),
    Wrong(Error),
}

impl Group {
    fn names(&self) -> impl Iterator<Item = &'static str> {
        [self.tenant, self.client_id].into_iter().chain(self.others.iter().copied())
    }

    fn read(&self, env: &Env, wanted: Option<&Tenant>) -> Result<(Tenant, String), Gap> {
        let is_set = |name: &&str| env.var(name).is_some();
        let is_own = self.tenant == AZUREML_TENANT;
        // Those of the SDKs that say who it is serve several groups, and managed identities.
        let mark = if is_own { self.names().find(is_set) } else { self.others.iter().copied().take(1).find(is_set) };
        let Some(mark) = mark else { return Err(Gap::Absent) };
        let given = wanted.filter(|_| is_own);
        let missing: Vec<_> =
            self.names().filter(|name| !(is_set(name) || given.is_some() && *name == AZUREML_TENANT)).collect();
        if !missing.is_empty() {
            let verb = if missing.len() == 1 { "is" } else { "are" };
            return Err(Gap::Partial(format!("{mark} is set, but {} {verb} missing", missing.join(" and "))));
        }
        let tenant = match given {
            Some(tenant) => tenant.clone(),
            None => Tenant::parse(env.var(self.tenant).unwrap_or_default().trim())
                .map_err(|error| Gap::Wrong(error.with_help(format!("set {} to the tenant's id", self.tenant))))?,
        };
        match wanted {
            Some(wanted) if wanted.is_id() && tenant.is_id() && *wanted != tenant => {
                Err(Gap::Partial(format!("{} is {tenant}, not {wanted}", self.tenant)))
            }
            _ => Ok((tenant, env.var(self.client_id).unwrap_or_default().trim().to_owned())),
        }
    }

    fn builder(
        &self,
        env: &Env,
        builder: ServicePrincipalBuilder,
        http: HttpClient,
    ) -> Result<ServicePrincipalBuilder, Error> {
        let value = |index: usize| env.var(self.others[index]).unwrap_or_default().trim().to_owned();
        let path = || env.path(self.others[0]).unwrap_or_default();
        let platform = match self.means {
            Means::AssertionFile => return Ok(builder.assertion_file(path())),
            Means::Certificate => {
                let sends_chain =
                    env.var(SENDS_CHAIN).is_some_and(|value| ["1", "true"].contains(&&*value.to_lowercase()));
                return Ok(builder.credential(Credential::Certificate { path: path(), sends_chain }));
            }
            Means::Secret => return Ok(builder.secret(value(0))),
            Means::AzurePipelines => Platform::AzurePipelines {
                url: oidc::endpoint(self.others[0], &value(0))?,
                token: Secret::new(value(1)),
                connection: value(2),
            },
            Means::GitHubActions => Platform::GitHubActions {
                url: oidc::endpoint(self.others[0], &value(0))?,
                token: Secret::new(value(1)),
            },
        };
        Ok(builder.assertions(Oidc { platform, http, clock: Clock::system() }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: (&str, &str) = (CLIENT, "app");
    const HOME: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01";
    const OTHER: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02";

    fn found(variables: &[(&str, &str)], wanted: Option<&str>) -> Result<String, Error> {
        let env = Env::fake(variables.iter().copied());
        let wanted = wanted.map(|text| Tenant::parse(text).unwrap());
        let auth = find(&env, Cloud::public(), wanted.as_ref(), HttpClient::new(env.clone()))?.build()?;
        Ok(format!("{} in {} with {}", auth.client_id(), auth.tenant(), auth.credential()))
    }

    #[test]
    fn the_variables_of_azureml_core_come_before_those_of_the_sdks_and_of_the_platforms() {
        let own = [
            ("AZUREML_SERVICE_PRINCIPAL_ID", "own"),
            ("AZUREML_SERVICE_PRINCIPAL_PASSWORD", "canary"),
            (AZUREML_TENANT, "own-tenant"),
        ];
        let sdk = [ID, (TENANT, HOME), ("AZURE_CLIENT_SECRET", "canary")];
        let file =
            [ID, (TENANT, HOME), ("AZURE_CLIENT_CERTIFICATE_PATH", "a.pem"), ("AZURE_FEDERATED_TOKEN_FILE", "t")];
        let github = [
            ID,
            (TENANT, HOME),
            ("ACTIONS_ID_TOKEN_REQUEST_URL", "https://github.example/?x=1"),
            ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "canary"),
        ];
        let pipelines = [
            ("AZURESUBSCRIPTION_CLIENT_ID", "connected"),
            ("AZURESUBSCRIPTION_TENANT_ID", HOME),
            ("AZURESUBSCRIPTION_SERVICE_CONNECTION_ID", "c"),
            ("SYSTEM_OIDCREQUESTURI", "https://devops.example"),
            ("SYSTEM_ACCESSTOKEN", "canary"),
        ];
        let all = [&own[..], &sdk, &file, &github, &pipelines].concat();
        assert_eq!(found(&all, None).unwrap(), "own in own-tenant with secret");
        assert_eq!(found(&all, Some(OTHER)).unwrap(), format!("own in {OTHER} with secret"));
        assert_eq!(found(&all[3..], None).unwrap(), format!("app in {HOME} with secret"));
        assert_eq!(found(&file, None).unwrap(), format!("app in {HOME} with certificate"));
        assert_eq!(found(&github, None).unwrap(), format!("app in {HOME} with GitHub Actions"));
        assert_eq!(found(&pipelines, None).unwrap(), format!("connected in {HOME} with Azure Pipelines"));
    }

    #[test]
    fn what_is_missing_is_named_and_nobody_takes_an_application_of_another_tenant() {
        let errors = [
            found(&[], None),
            found(&[ID], None),
            found(&[("AZURE_CLIENT_SECRET", "canary"), ID], None),
            found(&[("AZUREML_SERVICE_PRINCIPAL_ID", "own")], Some(OTHER)),
            found(&[("SYSTEM_OIDCREQUESTURI", "https://devops.example"), ("AZURE_FEDERATED_TOKEN_FILE", "t")], None),
            found(&[("AZURE_CLIENT_SECRET", "canary"), ID, (TENANT, HOME)], Some(OTHER)),
        ];
        let errors = errors.map(|found| {
            let error = found.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unavailable);
            error.to_string()
        });
        insta::assert_snapshot!(errors.join("\n"), @r"
            no variable describes an application
            AZURE_CLIENT_ID is set, but AZURE_CLIENT_SECRET is missing, or another credential
            AZURE_CLIENT_SECRET is set, but AZURE_TENANT_ID is missing
            AZUREML_SERVICE_PRINCIPAL_ID is set, but AZUREML_SERVICE_PRINCIPAL_PASSWORD is missing
            AZURE_FEDERATED_TOKEN_FILE is set, but AZURE_TENANT_ID and AZURE_CLIENT_ID are missing; SYSTEM_OIDCREQUESTURI is set, but AZURESUBSCRIPTION_TENANT_ID and AZURESUBSCRIPTION_CLIENT_ID and SYSTEM_ACCESSTOKEN and AZURESUBSCRIPTION_SERVICE_CONNECTION_ID are missing
            AZURE_TENANT_ID is 8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01, not 8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02
        ");
    }

    #[test]
    fn a_secret_does_not_go_to_another_authority_than_the_variables_name() {
        let at =
            |authority| found(&[ID, (TENANT, HOME), ("AZURE_CLIENT_SECRET", "canary"), (AUTHORITY, authority)], None);
        for own in ["https://login.microsoftonline.com/", "login.microsoftonline.com", "https://login.windows.net"] {
            assert!(at(own).is_ok(), "{own}");
        }
        for other in ["https://login.chinacloudapi.cn", "login.evil.example", "https://", "x y"] {
            assert_eq!(at(other).unwrap_err().kind(), ErrorKind::Configuration, "{other}");
        }
    }

    #[test]
    fn a_platform_s_token_is_not_sent_just_anywhere() {
        let url = |url| {
            let all =
                [ID, (TENANT, HOME), ("ACTIONS_ID_TOKEN_REQUEST_URL", url), ("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "t")];
            found(&all, None)
        };
        for hostile in ["http://github.example", "file:///etc/passwd", "github.example"] {
            assert_eq!(url(hostile).unwrap_err().kind(), ErrorKind::Configuration, "{hostile}");
        }
        assert!(url("http://127.0.0.1:1/").is_ok());
    }
}
