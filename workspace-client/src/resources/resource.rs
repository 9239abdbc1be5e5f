//! A resource, whatever its kind.

use std::fmt;
use std::marker::PhantomData;

use auth_core::Error;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::{Json, ProvisioningState};
use crate::arm::unreadable;

/// What tells the kinds of resources apart.
pub trait Kind: Send + Sync + 'static {
    /// What a person calls one of them, such as `compute`.
    const NAME: &'static str;
    /// Its segment of a path, such as `computes`.
    const SEGMENT: &'static str;
    /// The version of the API unless another one is asked for: the newest whose shapes are known here.
    const API_VERSION: &'static str;
}

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

    /// The region, such as `westeurope`, of a resource that lies in one.
    pub fn location(&self) -> Option<&str> {
        self.json.text("/location")
    }

    /// The tags; a tag without a value has an empty one.
    pub fn tags(&self) -> impl Iterator<Item = (&str, &str)> {
        self.json.texts("/tags")
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

    /// How far the last change has come.
    pub fn provisioning_state(&self) -> Option<ProvisioningState> {
        self.json.one_of("/properties/provisioningState")
    }

    /// Everything that Azure said.
    pub fn raw(&self) -> &Value {
        &self.json.0
    }

    pub(crate) fn json(&self) -> &Json {
        &self.json
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
