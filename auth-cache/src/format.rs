//! The plaintext of a record: JSON that keeps what it does not know.

use std::io::{self, Write};

use auth_core::{AccessToken, Account, Record, Scope, Scopes, Secret, StoredToken, Tenant, clock};
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
    #[serde(default)]
    tokens: Vec<SavedToken>,
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
        Self { account, refresh_token, tokens, unknown: previous.unknown }
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
        record.tokens = self.tokens.iter().filter_map(SavedToken::stored).collect();
        record
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
    use super::*;

    const FROM_A_LATER_VERSION: &str = r#"{
        "account": {"home_account_id": "o.t", "username": "ann", "tenant": "contoso.com", "photo": "ann.png"},
        "refresh_token": "r", "family": 1,
        "tokens": [
            {"scopes": "https://r/.default", "access_token": "t", "expires_on": 2000, "refresh_on": 1000, "kind": "pop"},
            {"scopes": "not\\a scope", "access_token": "u", "expires_on": 2000, "refresh_on": 1000}
        ]}"#;

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
    fn a_token_that_makes_no_sense_is_left_out() {
        let record = SavedRecord::from_json(FROM_A_LATER_VERSION.as_bytes()).unwrap().record();
        assert_eq!(record.tokens.len(), 1);
        assert_eq!(record.tokens[0].token.refresh_on(), clock::from_unix(1000));
    }
}
