//! A resource, whatever its kind.

use std::fmt;
use std::marker::PhantomData;

use auth_core::Error;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::json::{Json, escaped};
use super::{Kind, ProvisioningState, Tracked};
use crate::arm::unreadable;

/// A resource as Azure describes it. It reads from JSON, and writes the same JSON.
pub struct Resource<K> {
    json: Json,
    kind: PhantomData<fn() -> K>,
}

impl<K> Resource<K> {
    pub(crate) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        match (json.text("/id"), json.text("/name")) {
            (Some(_), Some(_)) => Ok(Self { json, kind: PhantomData }),
            _ => Err(unreadable("it is not a resource, which has an id and a name")),
        }
    }

    /// The resource id, as Azure spells it.
    pub fn id(&self) -> &str {
        self.json.text("/id").unwrap_or_default()
    }

    /// The name.
    pub fn name(&self) -> &str {
        self.json.text("/name").unwrap_or_default()
    }

    /// How far the last change has come.
    pub fn provisioning_state(&self) -> Option<ProvisioningState> {
        self.json.one_of("/properties/provisioningState")
    }

    /// What it is for.
    pub fn description(&self) -> Option<&str> {
        self.json.text("/properties/description")
    }

    /// When it was created, as Azure writes it.
    pub fn created_at(&self) -> Option<&str> {
        self.json.text("/systemData/createdAt")
    }

    /// Who created it.
    pub fn created_by(&self) -> Option<&str> {
        self.json.text("/systemData/createdBy")
    }

    /// When it was last changed, as Azure writes it.
    pub fn last_modified_at(&self) -> Option<&str> {
        self.json.text("/systemData/lastModifiedAt")
    }

    /// The same with another value of a member (RFC 6901), to be sent back to Azure: `"/properties/description"`.
    #[must_use]
    pub fn with(self, member: &str, value: impl Into<Value>) -> Self {
        Self { json: self.json.with(member, value), kind: PhantomData }
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        &self.json.0
    }

    pub(crate) fn json(&self) -> &Json {
        &self.json
    }
}

impl<K: Kind> Resource<K> {
    /// The tags; a tag without a value has an empty one.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.json.texts(K::TAGS)
    }

    /// The same with this tag, to be sent back to Azure.
    #[must_use]
    pub fn tag(self, name: &str, value: impl Into<String>) -> Self {
        self.with(&format!("{}/{}", K::TAGS, escaped(name)), value.into())
    }
}

impl<K: Tracked> Resource<K> {
    /// The region, such as `westeurope`.
    pub fn location(&self) -> Option<&str> {
        self.json.text("/location")
    }

    /// The name of the SKU.
    pub fn sku(&self) -> Option<&str> {
        self.json.text("/sku/name")
    }

    /// The kind of managed identity, such as `SystemAssigned`.
    pub fn identity_type(&self) -> Option<&str> {
        self.json.text("/identity/type")
    }

    /// The object id of the system-assigned identity.
    pub fn principal_id(&self) -> Option<&str> {
        self.json.text("/identity/principalId")
    }
}

impl<K> Clone for Resource<K> {
    fn clone(&self) -> Self {
        Self { json: self.json.clone(), kind: PhantomData }
    }
}

impl<K> PartialEq for Resource<K> {
    fn eq(&self, other: &Self) -> bool {
        self.json == other.json
    }
}

impl<K> fmt::Debug for Resource<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Resource").field("id", &self.id()).finish_non_exhaustive()
    }
}

impl<K> Serialize for Resource<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.json.serialize(serializer)
    }
}

impl<'de, K> Deserialize<'de> for Resource<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::new(Value::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}
