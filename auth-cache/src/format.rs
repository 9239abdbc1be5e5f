//! The plaintext of a record: JSON that keeps what it does not know.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use auth_core::{AccessToken, Account, Credential, Record, Scope, Scopes, Secret, StoredToken, Tenant, clock};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// A record as it is written.
#[derive(Default, Serialize, Deserialize)]
pub(crate) struct SavedRecord {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<SavedAccount>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refresh_token: Option<SavedSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    credential: Option<SavedCredential>,
    #[serde(default)]
    tokens: Vec<SavedToken>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    refused: Vec<RefusedToken>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct SavedAccount {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    home_account_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// How an application signs in. A kind of a later version is kept as it is.
#[derive(Serialize, Deserialize)]
struct SavedCredential {
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    secret: Option<SavedSecret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    sends_chain: bool,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

#[derive(Serialize, Deserialize)]
struct SavedToken {
    scopes: String,
    /// The tenant that was asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tenant: Option<String>,
    access_token: SavedSecret,
    /// Seconds since the Unix epoch, as all times here.
    expires_on: u64,
    refresh_on: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    obtained_on: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    issued_by: Option<String>,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// A token that a service refused.
#[derive(Serialize, Deserialize)]
struct RefusedToken {
    access_token: SavedSecret,
    expires_on: u64,
    #[serde(flatten)]
    unknown: Map<String, Value>,
}

/// The one place where a secret is written out, into a buffer that is wiped or encrypted.
#[derive(PartialEq, Deserialize)]
#[serde(transparent)]
struct SavedSecret(Secret);

impl Serialize for SavedSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose())
    }
}

impl SavedRecord {
    /// What is to be written of `record`, with those unknown fields of `previous` that still belong to it.
    pub(crate) fn new(record: &Record, previous: Option<Self>) -> Self {
        let mut previous = previous.unwrap_or_default();
        let account = record.account.as_ref().map(|account| SavedAccount {
            home_account_id: account.home_account_id.clone(),
            username: account.username.clone(),
            tenant: account.tenant.as_ref().map(ToString::to_string),
            unknown: match previous.account.take() {
                Some(old) if old.home_account_id == account.home_account_id => old.unknown,
                _ => Map::new(),
            },
        });
        let tokens = record.tokens.iter().map(|stored| {
            let access_token = SavedSecret(stored.token.secret().clone());
            let old = previous.tokens.iter_mut().find(|old| old.access_token == access_token);
            SavedToken {
                scopes: stored.scopes.to_string(),
                tenant: stored.tenant.as_ref().map(ToString::to_string),
                access_token,
                expires_on: clock::to_unix(stored.token.expires_on()),
                refresh_on: clock::to_unix(stored.token.refresh_on()),
                obtained_on: stored.token.obtained_on().map(clock::to_unix),
                issued_by: stored.token.tenant().map(ToString::to_string),
                unknown: old.map(|old| std::mem::take(&mut old.unknown)).unwrap_or_default(),
            }
        });
        let tokens = tokens.collect();
        let refresh_token = record.refresh_token.clone().map(SavedSecret);
        let credential = match &record.credential {
            Some(credential) => Some(SavedCredential::new(credential)),
            None => previous.credential.filter(|old| old.credential().is_none()),
        };
        let refused = record.refused.iter().map(|token| {
            let access_token = SavedSecret(token.secret().clone());
            let old = previous.refused.iter_mut().find(|old| old.access_token == access_token);
            let unknown = old.map(|old| std::mem::take(&mut old.unknown)).unwrap_or_default();
            RefusedToken { access_token, expires_on: clock::to_unix(token.expires_on()), unknown }
        });
        let refused = refused.collect();
        Self { account, refresh_token, credential, tokens, refused, unknown: previous.unknown }
    }

    /// Reads what [`SavedRecord::to_json`] wrote, in this version or another.
    pub(crate) fn from_json(json: &[u8]) -> Option<Self> {
        serde_json::from_slice(json).ok()
    }

    /// The JSON, in a buffer that never grows (growing would leave copies behind) and has `spare` bytes left at its end.
    pub(crate) fn to_json(&self, spare: usize) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        let mut length = Length(0);
        serde_json::to_writer(&mut length, self)?;
        let mut json = Zeroizing::new(Vec::with_capacity(length.0 + spare));
        serde_json::to_writer(&mut *json, self)?;
        Ok(json)
    }

    /// The record. A token that this version cannot make sense of is left out.
    pub(crate) fn record(&self) -> Record {
        let tenant = |text: &Option<String>| text.as_deref().and_then(|text| Tenant::parse(text).ok());
        let mut record = Record::default();
        record.account = self.account.as_ref().map(|account| Account {
            home_account_id: account.home_account_id.clone(),
            username: account.username.clone(),
            tenant: tenant(&account.tenant),
        });
        record.refresh_token = self.refresh_token.as_ref().map(|secret| secret.0.clone());
        record.credential = self.credential.as_ref().and_then(SavedCredential::credential);
        record.tokens = self.tokens.iter().filter_map(SavedToken::stored).collect();
        let refused = |it: &RefusedToken| AccessToken::new(it.access_token.0.clone(), clock::from_unix(it.expires_on));
        record.refused = self.refused.iter().map(refused).collect();
        record
    }
}

impl SavedCredential {
    fn new(credential: &Credential) -> Self {
        let of = |kind: &str| Self {
            kind: kind.to_owned(),
            secret: None,
            path: None,
            sends_chain: false,
            unknown: Map::new(),
        };
        let secret = |kind: &str, secret: &Secret| Self { secret: Some(SavedSecret(secret.clone())), ..of(kind) };
        let path = |kind: &str, path: &Path| Self { path: Some(path.to_string_lossy().into_owned()), ..of(kind) };
        match credential {
            Credential::Assertion(assertion) => secret("assertion", assertion),
            Credential::AssertionFile(file) => path("assertion_file", file),
            Credential::Certificate { path: file, sends_chain } => {
                Self { sends_chain: *sends_chain, ..path("certificate", file) }
            }
            // Its notation is no secret, and stands where files are named.
            Credential::ManagedIdentity(notation) => Self { path: Some(notation.clone()), ..of("managed_identity") },
            Credential::Secret(text) => secret("secret", text),
            // One of a later version of the crate that this one saves for.
            _ => of("unknown"),
        }
    }

    fn credential(&self) -> Option<Credential> {
        let secret = || self.secret.as_ref().map(|secret| secret.0.clone());
        let path = || self.path.as_ref().map(PathBuf::from);
        Some(match self.kind.as_str() {
            "assertion" => Credential::Assertion(secret()?),
            "assertion_file" => Credential::AssertionFile(path()?),
            "certificate" => Credential::Certificate { path: path()?, sends_chain: self.sends_chain },
            "managed_identity" => Credential::ManagedIdentity(self.path.clone()?),
            "secret" => Credential::Secret(secret()?),
            _ => return None,
        })
    }
}

impl SavedToken {
    fn stored(&self) -> Option<StoredToken> {
        let scopes: Result<Vec<Scope>, _> = self.scopes.split(' ').map(Scope::parse).collect();
        let tenant = self.tenant.as_deref().map(Tenant::parse).transpose().ok()?;
        let issued_by = self.issued_by.as_deref().and_then(|text| Tenant::parse(text).ok());
        let token = AccessToken::new(self.access_token.0.clone(), clock::from_unix(self.expires_on))
            .with_refresh_on(clock::from_unix(self.refresh_on))
            .with_obtained_on(self.obtained_on.map(clock::from_unix))
            .with_tenant(issued_by);
        Some(StoredToken { scopes: Scopes::new(scopes.ok()?).ok()?, tenant, token })
    }
}

/// Counts what is written to it.
struct Length(usize);

impl Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::{btree_map, vec};
    use proptest::option;
    use proptest::prelude::*;

    use super::*;

    const FROM_A_LATER_VERSION: &str = include_str!("../fuzz/seeds/record/later-version.json");

    fn written(record: &Record, previous: &str) -> Value {
        let json = SavedRecord::new(record, SavedRecord::from_json(previous.as_bytes())).to_json(0).unwrap();
        assert_eq!(json.len(), json.capacity());
        serde_json::from_slice(&json).unwrap()
    }

    #[test]
    fn fields_of_a_later_version_survive_a_round_trip() {
        let record = SavedRecord::from_json(FROM_A_LATER_VERSION.as_bytes()).unwrap().record();
        let value = written(&record, FROM_A_LATER_VERSION);
        assert_eq!(value["family"], 1);
        assert_eq!(value["account"]["photo"], "ann.png");
        assert_eq!(value["tokens"][0]["kind"], "pop");
    }

    #[test]
    fn fields_of_a_later_version_end_with_what_they_belonged_to() {
        let mut record = SavedRecord::from_json(FROM_A_LATER_VERSION.as_bytes()).unwrap().record();
        record.account.as_mut().unwrap().home_account_id = Some("another.t".into());
        record.tokens[0].token = AccessToken::new("another", clock::from_unix(2000));
        let value = written(&record, FROM_A_LATER_VERSION);
        assert_eq!(value["family"], 1);
        assert!(value["account"].get("photo").is_none());
        assert!(value["tokens"][0].get("kind").is_none());
    }

    #[test]
    fn a_kind_of_credential_of_a_later_version_is_kept() {
        let json = r#"{"credential":{"kind":"key vault","path":"https://v.example","version":3},"tokens":[]}"#;
        let record = SavedRecord::from_json(json.as_bytes()).unwrap().record();
        assert_eq!(record.credential, None);
        assert_eq!(written(&record, json), serde_json::from_str::<Value>(json).unwrap());
        let mut replaced = record;
        replaced.credential = Some(Credential::Secret("s".into()));
        assert_eq!(written(&replaced, json)["credential"], serde_json::json!({"kind": "secret", "secret": "s"}));
    }

    #[test]
    fn a_token_that_makes_no_sense_is_left_out() {
        let record = SavedRecord::from_json(FROM_A_LATER_VERSION.as_bytes()).unwrap().record();
        assert_eq!(record.tokens.len(), 1);
        assert_eq!(record.tokens[0].token.refresh_on(), clock::from_unix(1000));
    }

    #[test]
    fn huge_numbers_and_deep_nests_are_no_record_or_are_capped() {
        let token = |expires_on: &str| {
            let token = format!(r#"{{"scopes":"s","access_token":"t","expires_on":{expires_on},"refresh_on":0}}"#);
            SavedRecord::from_json(format!(r#"{{"tokens":[{token}]}}"#).as_bytes())
        };
        for hostile in ["-1", "1.5", "1e999", "18446744073709551616", "\"9\""] {
            assert!(token(hostile).is_none(), "{hostile}");
        }
        let record = token("18446744073709551615").unwrap().record();
        assert_eq!(record.tokens[0].token.expires_on(), clock::from_unix(u64::MAX));
        for nest in ["[", "{\"a\":", "{\"tokens\":[", "{\"account\":"] {
            assert!(SavedRecord::from_json(nest.repeat(100_000).as_bytes()).is_none(), "{nest}");
        }
    }

    fn name() -> impl Strategy<Value = String> {
        const KNOWN: &[&str] = &[
            "account",
            "refresh_token",
            "credential",
            "tokens",
            "home_account_id",
            "username",
            "tenant",
            "scopes",
            "access_token",
            "expires_on",
            "refresh_on",
            "issued_by",
        ];
        prop_oneof![4 => proptest::sample::select(KNOWN).prop_map(str::to_owned), 1 => any::<String>()]
    }

    /// Any JSON, with a liking for the names that mean something here.
    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 64, 8, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..8).prop_map(Value::from),
                btree_map(name(), inner, 0..8).prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    /// An object with every known field, one of which may be anything at all.
    fn almost_a_record() -> impl Strategy<Value = Value> {
        let text = || option::of(any::<String>());
        let account = (text(), text(), text(), btree_map(any::<String>(), json(), 0..3));
        let token = (text(), any::<String>(), any::<u64>(), any::<u64>(), btree_map(any::<String>(), json(), 0..3));
        (account, text(), vec(token, 0..3), option::weighted(0.3, (name(), json()))).prop_map(
            |((id, username, tenant, mut account), refresh_token, tokens, odd)| {
                account.extend(
                    [("home_account_id", id), ("username", username), ("tenant", tenant)]
                        .map(|(name, value)| (name.to_owned(), value.into())),
                );
                let tokens = tokens.into_iter().map(|(tenant, secret, expires_on, refresh_on, mut token)| {
                    token.extend([
                        ("scopes".to_owned(), "https://r/a https://r/b".into()),
                        ("tenant".to_owned(), tenant.into()),
                        ("access_token".to_owned(), secret.into()),
                        ("expires_on".to_owned(), expires_on.into()),
                        ("refresh_on".to_owned(), refresh_on.into()),
                    ]);
                    token
                });
                let mut record = Map::new();
                record.insert("account".into(), account.into_iter().collect());
                record.insert("refresh_token".into(), refresh_token.into());
                record.insert("tokens".into(), tokens.map(|token| token.into_iter().collect::<Value>()).collect());
                record.extend(odd);
                record.into()
            },
        )
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let tenant = || option::of("[a-z0-9]{1,9}(-[A-Z]{2})?".prop_map(|text| Tenant::parse(&text).unwrap()));
        let scopes = vec("https://r/[a-zA-Z_]{1,9}", 1..4)
            .prop_map(|scopes| Scopes::new(scopes.iter().map(|scope| Scope::parse(scope).unwrap())).unwrap());
        let times = (0..300_000_000_000_u64, any::<u64>());
        let token = (scopes, tenant(), any::<String>(), times, tenant()).prop_map(
            |(scopes, tenant, secret, (expires_on, refresh_on), issued_by)| StoredToken {
                scopes,
                tenant,
                token: AccessToken::new(secret, clock::from_unix(expires_on))
                    .with_refresh_on(clock::from_unix(refresh_on))
                    .with_tenant(issued_by),
            },
        );
        let account = (option::of(any::<String>()), option::of(any::<String>()), tenant())
            .prop_map(|(home_account_id, username, tenant)| Account { home_account_id, username, tenant });
        let credential = (any::<String>(), any::<bool>(), 0..5).prop_map(|(text, sends_chain, kind)| match kind {
            0 => Credential::Assertion(text.into()),
            1 => Credential::AssertionFile(text.into()),
            2 => Credential::Certificate { path: text.into(), sends_chain },
            3 => Credential::ManagedIdentity(text),
            _ => Credential::Secret(text.into()),
        });
        (option::of(account), option::of(any::<String>()), option::of(credential), vec(token, 0..4)).prop_map(
            |(account, refresh_token, credential, tokens)| {
                let mut record = Record::default();
                record.account = account;
                record.refresh_token = refresh_token.map(Secret::new);
                record.credential = credential;
                record.refused = tokens
                    .iter()
                    .take(1)
                    .map(|it: &StoredToken| AccessToken::new(it.token.secret().clone(), it.token.expires_on()))
                    .collect();
                record.tokens = tokens;
                record
            },
        )
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn json_of_any_shape_never_panics(json in prop_oneof![json(), almost_a_record()]) {
            let Some(saved) = SavedRecord::from_json(json.to_string().as_bytes()) else { return Ok(()) };
            let (record, unknown) = (saved.record(), saved.unknown.clone());
            let written = SavedRecord::new(&record, Some(saved)).to_json(0).unwrap();
            let again = SavedRecord::from_json(&written).unwrap();
            prop_assert_eq!(again.record(), record);
            prop_assert_eq!(again.unknown, unknown);
        }

        #[test]
        fn any_record_comes_back_whole(record in any_record(), earlier in almost_a_record()) {
            let earlier = SavedRecord::from_json(earlier.to_string().as_bytes());
            let written = SavedRecord::new(&record, earlier).to_json(0).unwrap();
            prop_assert_eq!(SavedRecord::from_json(&written).unwrap().record(), record);
        }
    }
}
