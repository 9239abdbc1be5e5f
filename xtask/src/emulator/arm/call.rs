//! A request to one resource or list, and the place that it is about.

use serde_json::Value;

use super::super::state::State as Memory;
use super::error::ArmError;
use super::kind::Kind;
use super::request::ArmRequest;
use super::store::timestamp;

/// Where a resource, or a list of them, lies.
#[derive(Clone, Debug)]
pub(super) struct Place {
    pub(super) kind: &'static Kind,
    pub(super) id: String,
    /// The id in lower case.
    pub(super) key: String,
    pub(super) name: String,
    /// Such as `Microsoft.MachineLearningServices/workspaces/computes`.
    pub(super) full_type: String,
}

/// What the functions of a kind know.
pub(super) struct Call<'a> {
    pub(super) memory: &'a mut Memory,
    pub(super) request: &'a ArmRequest<'a>,
    pub(super) place: Place,
}

impl Place {
    /// `base` is the id of the resource group; `segments` are types and names from the provider's name on.
    pub(super) fn new(kind: &'static Kind, base: &str, provider: &str, segments: &[&str]) -> Self {
        let types: Vec<_> = segments.iter().step_by(2).copied().collect();
        let id = format!("{base}/providers/{provider}/{}", segments.join("/"));
        let name = segments.last().copied().unwrap_or_default().to_owned();
        // The names of types are told as the table writes them.
        let types = if kind.path.is_empty() { types.join("/") } else { kind.path.to_owned() };
        Self { kind, key: id.to_lowercase(), id, name, full_type: format!("{provider}/{types}") }
    }

    /// The key of the resource that this one lies in.
    pub(super) fn parent(&self) -> &str {
        ancestor(&self.key, 1)
    }

    /// The id of the workspace or registry that it lies in, or is.
    pub(super) fn root(&self) -> String {
        self.id.split('/').take(9).collect::<Vec<_>>().join("/")
    }

    pub(super) fn not_found(&self) -> ArmError {
        not_found(&self.id)
    }
}

impl Call<'_> {
    /// The region of the workspace or registry, where operations are asked about.
    pub(super) fn location(&self) -> String {
        let root = self.memory.store.resources.get(&self.place.root().to_lowercase());
        root.and_then(|root| root["location"].as_str()).unwrap_or("westeurope").to_owned()
    }

    /// The emulator's time, as Azure writes it.
    pub(super) fn now(&self) -> String {
        timestamp(self.memory.now())
    }

    /// What is stored here.
    pub(super) fn stored(&self) -> Option<Value> {
        self.memory.store.resources.get(&self.place.key).cloned()
    }
}

/// A key without its last pairs of type and name.
pub(super) fn ancestor(key: &str, pairs: usize) -> &str {
    key.rsplitn(2 * pairs + 1, '/').last().unwrap_or_default()
}

/// 404 for the resource with this id.
pub(super) fn not_found(id: &str) -> ArmError {
    let mut segments = id.split('/').skip(4);
    let group = segments.next().unwrap_or_default();
    let resource = segments.skip(1).collect::<Vec<_>>().join("/");
    ArmError::resource_not_found(&resource, group)
}
