//! The token cache of the MSAL libraries: `msal_token_cache.json`, in the unified schema.
//!
//! Entries are found by their fields, never by the keys they are filed under, as MSAL itself does (observed: msal 1.39).

use std::path::Path;
use std::time::{Duration, SystemTime};

use auth_core::claims::Claims;
use auth_core::clock::from_unix;
use auth_core::{AccessToken, Clock, Cloud, Error, ErrorKind, Scopes, Secret, Tenant, TokenRequest};
use serde::Deserialize;

use crate::lenient::{Objects, seconds, secret, text};
use crate::{ConfigDir, file};

/// The realm of a sign-in that was not bound to a tenant (observed: az 2.91).
const ANY_TENANT: &str = "organizations";
/// The CLI rewrites its cache in place. A file that is younger than this and makes no sense is probably being written.
const YOUNG: Duration = Duration::from_secs(2);
/// How long to wait for the rest of it, each time (msal-extensions waits 500 ms, three times).
const PAUSES: [Duration; 3] = [Duration::from_millis(20), Duration::from_millis(80), Duration::from_millis(200)];

/// What the token cache of a directory held when it was read.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(crate) struct MsalCache {
    access_token: Objects<AccessTokenEntry>,
    account: Objects<AccountEntry>,
    refresh_token: Objects<RefreshTokenEntry>,
}

/// Whose tokens are meant: an account of the CLI's client, or a service principal, which has no account.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Owner<'a> {
    pub(crate) client_id: &'a str,
    pub(crate) home_account_id: Option<&'a str>,
}

impl MsalCache {
    /// Reads the cache of this directory. A missing or empty one holds nothing.
    pub(crate) async fn load(directory: &ConfigDir, clock: &Clock) -> Result<Self, Error> {
        let mut pauses = PAUSES.into_iter();
        loop {
            let Some((path, file)) = directory.token_cache()? else { return Ok(Self::default()) };
            let text = file.text.expose();
            let parsed = parse(text, &path, directory);
            if parsed.is_ok() && !text.is_empty() {
                return parsed;
            }
            let now = clock.now();
            let age = file
                .modified
                .and_then(|time| now.duration_since(time).or_else(|error| Ok::<_, ()>(error.duration())).ok());
            match pauses.next() {
                Some(pause) if age.is_some_and(|age| age < YOUNG) => tokio::time::sleep(pause).await,
                _ => return parsed,
            }
        }
    }

    /// The home account id of the account with this name, without regard to case. Authority hosts are tried in turn, the
    /// cloud's own first.
    pub(crate) fn account(&self, cloud: &Cloud, username: &str) -> Result<Option<String>, Error> {
        let username = username.to_lowercase();
        for host in cloud.authority_hosts() {
            let fits = |entry: &&AccountEntry| {
                entry.environment.as_deref() == Some(host)
                    && entry.username.as_ref().is_some_and(|own| own.to_lowercase() == username)
            };
            let mut ids: Vec<&str> =
                self.account.0.iter().filter(fits).filter_map(|entry| entry.home_account_id.as_deref()).collect();
            ids.sort_unstable();
            ids.dedup();
            match ids.as_slice() {
                [] => {}
                [one] => return Ok(Some((*one).to_owned())),
                several => {
                    let message = format!("the token cache holds {} accounts named {username}", several.len());
                    return Err(Error::new(ErrorKind::Store, message).with_help("az account clear, then az login"));
                }
            }
        }
        Ok(None)
    }

    /// Whether this account has not signed out.
    pub(crate) fn knows(&self, home_account_id: &str) -> bool {
        self.account.0.iter().any(|entry| entry.home_account_id.as_deref() == Some(home_account_id))
    }

    /// The token that answers the request in this tenant: a fresh one if there is any, then one that is filed under the tenant
    /// itself as MSAL prefers it, then the one with the longest life.
    pub(crate) fn token(
        &self,
        cloud: &Cloud,
        owner: Owner<'_>,
        tenant: &Tenant,
        request: &TokenRequest,
        now: SystemTime,
    ) -> Option<AccessToken> {
        let entries = self.access_token.0.iter();
        let tokens = entries.filter_map(|entry| Some((entry, entry.token(cloud, owner, tenant, request.scopes())?)));
        let best = tokens.filter(|(_, token)| request.accepts(token)).max_by_key(|(entry, token)| {
            (token.is_fresh(now), entry.realm.as_deref() != Some(ANY_TENANT), token.expires_on())
        });
        best.map(|(_, token)| token)
    }

    /// The account's refresh tokens in the order in which to try them: those of the client's family first, then its own, the
    /// newest first (observed: msal 1.39). Each serves every tenant.
    pub(crate) fn refresh_tokens(&self, cloud: &Cloud, owner: Owner<'_>) -> Vec<&Secret> {
        let hosts: Vec<&str> = cloud.authority_hosts().collect();
        let fits = |entry: &&RefreshTokenEntry| {
            entry.environment.as_deref().is_some_and(|host| hosts.contains(&host))
                && entry.home_account_id.as_deref() == owner.home_account_id
                && (entry.is_of_family() || entry.client_id.as_deref() == Some(owner.client_id))
        };
        let mut entries: Vec<_> = self.refresh_token.0.iter().filter(fits).collect();
        entries.sort_by_key(|entry| (!entry.is_of_family(), std::cmp::Reverse(entry.last_modification_time)));
        entries.into_iter().filter_map(|entry| entry.secret.as_ref()).collect()
    }
}

pub(crate) fn parse(text: &str, path: &Path, directory: &ConfigDir) -> Result<MsalCache, Error> {
    if text.is_empty() {
        return Ok(MsalCache::default());
    }
    file::object(text, path, &directory.token_cache_help())
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AccountEntry {
    #[serde(deserialize_with = "text")]
    home_account_id: Option<String>,
    #[serde(deserialize_with = "text")]
    environment: Option<String>,
    #[serde(deserialize_with = "text")]
    username: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AccessTokenEntry {
    #[serde(deserialize_with = "secret")]
    secret: Option<Secret>,
    #[serde(deserialize_with = "text")]
    home_account_id: Option<String>,
    #[serde(deserialize_with = "text")]
    environment: Option<String>,
    #[serde(deserialize_with = "text")]
    client_id: Option<String>,
    #[serde(deserialize_with = "text")]
    target: Option<String>,
    #[serde(deserialize_with = "text")]
    realm: Option<String>,
    #[serde(deserialize_with = "text")]
    token_type: Option<String>,
    #[serde(deserialize_with = "text")]
    ext_cache_key: Option<String>,
    #[serde(deserialize_with = "seconds")]
    expires_on: Option<u64>,
    #[serde(deserialize_with = "seconds")]
    refresh_on: Option<u64>,
}

impl AccessTokenEntry {
    /// The token, if it is this owner's, of this tenant and good for these scopes.
    fn token(&self, cloud: &Cloud, owner: Owner<'_>, tenant: &Tenant, scopes: &Scopes) -> Option<AccessToken> {
        let is_bearer = self.token_type.as_deref().is_none_or(|kind| kind.eq_ignore_ascii_case("bearer"));
        let fits = is_bearer
            // A token with such a key belongs to a request of another kind, such as a federated one (observed: msal 1.39).
            && self.ext_cache_key.is_none()
            && self.client_id.as_deref() == Some(owner.client_id)
            && self.home_account_id.as_deref() == owner.home_account_id
            && self.environment.as_deref().is_some_and(|host| cloud.authority_hosts().any(|own| own == host))
            && self.target.as_deref().is_some_and(|target| scopes.are_granted_by(target));
        if !fits {
            return None;
        }
        let secret = self.secret.as_ref()?;
        let realm = Tenant::parse(self.realm.as_deref()?).ok()?;
        // A sign-in that was not bound to a tenant files its first token without one; the token itself says whose it is.
        let of = if realm.as_str() == ANY_TENANT && realm != *tenant {
            Tenant::parse(&Claims::peek(secret.expose()).ok()?.tid?).ok()?
        } else {
            realm
        };
        if of != *tenant {
            return None;
        }
        let token = AccessToken::new(secret.clone(), from_unix(self.expires_on?));
        let refresh_on = token.refresh_on().min(self.refresh_on.map_or(token.refresh_on(), from_unix));
        Some(token.with_refresh_on(refresh_on).with_tenant(of.is_id().then_some(of)))
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RefreshTokenEntry {
    #[serde(deserialize_with = "secret")]
    secret: Option<Secret>,
    #[serde(deserialize_with = "text")]
    home_account_id: Option<String>,
    #[serde(deserialize_with = "text")]
    environment: Option<String>,
    #[serde(deserialize_with = "text")]
    client_id: Option<String>,
    #[serde(deserialize_with = "text")]
    family_id: Option<String>,
    #[serde(deserialize_with = "seconds")]
    last_modification_time: Option<u64>,
}

impl RefreshTokenEntry {
    /// Whether every client of Microsoft's one family may use it, to which the Azure CLI belongs (observed: az 2.91).
    fn is_of_family(&self) -> bool {
        self.family_id.as_deref() == Some("1")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth_core::clock::to_unix;
    use serde_json::{Value, json};

    const HOME: &str = "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a01";
    const ADA: Owner<'static> = Owner { client_id: "cli", home_account_id: Some("ada.home") };

    fn cache(value: &Value) -> MsalCache {
        parse(&value.to_string(), Path::new("cache"), &ConfigDir::at(".")).unwrap()
    }

    /// An access token of Ada's for ARM with some fields changed.
    fn entry(changes: &Value) -> Value {
        let mut entry = json!({
            "secret": "t", "home_account_id": "ada.home", "environment": "login.microsoftonline.com", "client_id": "cli",
            "target": "https://r//.default https://r//user_impersonation", "realm": HOME, "expires_on": "1000",
        });
        entry.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        entry
    }

    fn found(entries: &[Value]) -> Option<AccessToken> {
        let cache = cache(&json!({"AccessToken": entries}));
        let request = TokenRequest::new(auth_core::Scope::parse("https://r//.default").unwrap());
        cache.token(&Cloud::public(), ADA, &Tenant::parse(HOME).unwrap(), &request, from_unix(500))
    }

    #[test]
    fn tokens_are_found_by_their_fields_alone() {
        for same in [
            json!({}),
            json!({"environment": "login.windows.net"}),
            json!({"realm": HOME.to_uppercase()}),
            json!({"target": "https://r//user_impersonation https://r//.default"}),
            json!({"expires_on": 1000, "token_type": "bearer", "new": [1]}),
        ] {
            assert!(found(&[entry(&same)]).is_some(), "{same}");
        }
        for other in [
            json!({"environment": "login.chinacloudapi.cn"}),
            json!({"environment": "Login.MicrosoftOnline.com"}),
            json!({"realm": "8d2a6c4f-19b7-4e63-a1c5-0f9b3d8e2a02"}),
            json!({"realm": "organizations"}),
            json!({"target": "https://r/.default"}),
            json!({"client_id": "another"}),
            json!({"home_account_id": null}),
            json!({"ext_cache_key": "x"}),
            json!({"token_type": "pop"}),
            json!({"expires_on": "soon"}),
            json!({"secret": null}),
        ] {
            assert!(found(&[entry(&other)]).is_none(), "{other}");
        }
    }

    #[test]
    fn a_token_is_fresh_until_five_minutes_before_its_expiry_or_the_server_s_hint() {
        let refresh_on = |changes: Value| to_unix(found(&[entry(&changes)]).unwrap().refresh_on());
        assert_eq!(refresh_on(json!({})), 700);
        assert_eq!(refresh_on(json!({"refresh_on": "400"})), 400);
        assert_eq!(refresh_on(json!({"refresh_on": 900})), 700);
    }

    #[test]
    fn a_fresh_token_is_taken_then_the_tenant_s_own_then_the_longest_lived() {
        let jwt = "e30.eyJ0aWQiOiI4ZDJhNmM0Zi0xOWI3LTRlNjMtYTFjNS0wZjliM2Q4ZTJhMDEifQ.x";
        let any = |expires_on: u64| entry(&json!({"realm": "organizations", "secret": jwt, "expires_on": expires_on}));
        let own = |expires_on: u64| entry(&json!({"expires_on": expires_on, "secret": expires_on.to_string()}));
        let best = |entries: &[Value]| found(entries).unwrap().secret().expose().to_owned();
        assert_eq!(best(&[own(1000), own(3000), own(2000)]), "3000");
        assert_eq!(best(&[any(3000), own(1000)]), "1000");
        assert_eq!(best(&[any(3000), own(799)]), jwt);
    }

    #[test]
    fn refresh_tokens_of_the_family_come_first_and_the_newest_of_each() {
        let token = |secret: &str, client: &str, family: Option<&str>, time: u64, home: &str| {
            json!({"secret": secret, "client_id": client, "family_id": family, "last_modification_time": time,
                   "home_account_id": home, "environment": "login.microsoftonline.com"})
        };
        let cache = cache(&json!({"RefreshToken": {
            "a": token("own", "cli", None, 9, "ada.home"),
            "b": token("old family", "another", Some("1"), 1, "ada.home"),
            "c": token("family", "cli", Some("1"), 2, "ada.home"),
            "d": token("not ours", "another", None, 3, "ada.home"),
            "e": token("eve's", "cli", Some("1"), 4, "eve.home"),
        }}));
        let secrets: Vec<_> = cache.refresh_tokens(&Cloud::public(), ADA).into_iter().map(Secret::expose).collect();
        assert_eq!(secrets, ["family", "old family", "own"]);
    }

    #[test]
    fn an_account_is_found_by_name_and_must_be_the_only_one() {
        let account =
            |host: &str, id: &str, name: &str| json!({"environment": host, "home_account_id": id, "username": name});
        let cache = cache(&json!({"Account": [
            account("login.windows.net", "1", "Ada@Example"),
            account("login.microsoftonline.com", "2", "bob@example"),
            account("login.microsoftonline.com", "2", "BOB@example"),
            account("login.microsoftonline.com", "3", "eve@example"),
            account("login.microsoftonline.com", "4", "eve@example"),
        ]}));
        let cloud = Cloud::public();
        assert_eq!(cache.account(&cloud, "ada@example").unwrap().as_deref(), Some("1"));
        assert_eq!(cache.account(&cloud, "bob@example").unwrap().as_deref(), Some("2"));
        assert_eq!(cache.account(&cloud, "nobody@example").unwrap(), None);
        assert_eq!(cache.account(&Cloud::china(), "ada@example").unwrap(), None);
        let error = cache.account(&cloud, "eve@example").unwrap_err();
        assert_eq!(error.to_string(), "the token cache holds 2 accounts named eve@example");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "\\PC{0,100}", value in "\"\\PC{0,20}\"|-?[0-9]{1,25}(\\.[0-9])?|null|\\[\\]|\\{\\}") {
            let read = |text: &str| parse(text, Path::new("cache"), &ConfigDir::at("."));
            let _ = read(&text);
            for section in ["AccessToken", "Account", "RefreshToken"] {
                let _ = read(&format!(r#"{{"{section}": {value}}}"#));
                for field in ["secret", "expires_on", "last_modification_time", "environment"] {
                    let _ = read(&format!(r#"{{"{section}": {{"k": {{"{field}": {value}}}}}}}"#));
                }
            }
        }
    }
}
