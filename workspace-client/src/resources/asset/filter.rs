//! Which versions a list shows.

use super::{AssetKind, ListView};
use crate::resources::Verb;

/// Which versions of an asset a list shows, and in which order.
#[derive(Clone, Debug, Default)]
pub struct VersionFilter {
    view: ListView,
    order_by: Option<String>,
    tags: Option<String>,
    also: Vec<(&'static str, String)>,
}

impl VersionFilter {
    /// Those of this view.
    #[must_use]
    pub fn view(self, view: ListView) -> Self {
        Self { view, ..self }
    }

    /// In this order, such as `createdtime desc`.
    #[must_use]
    pub fn order_by(self, order: impl Into<String>) -> Self {
        Self { order_by: Some(order.into()), ..self }
    }

    /// Only those with these tags, such as `team=a,stage=test`. Data, models and what belongs to feature stores.
    #[must_use]
    pub fn tags(self, tags: impl Into<String>) -> Self {
        Self { tags: Some(tags.into()), ..self }
    }

    /// Only those with these properties. Models only.
    #[must_use]
    pub fn properties(self, properties: impl Into<String>) -> Self {
        self.also("properties", properties.into())
    }

    /// Only those with this description. Models, and what belongs to feature stores.
    #[must_use]
    pub fn description(self, description: impl Into<String>) -> Self {
        self.also("description", description.into())
    }

    /// Only those at this stage. Models (observed: azure-ai-ml 1.35), and what belongs to feature stores.
    #[must_use]
    pub fn stage(self, stage: impl Into<String>) -> Self {
        self.also("stage", stage.into())
    }

    fn also(mut self, name: &'static str, value: String) -> Self {
        self.also.push((name, value));
        self
    }

    pub(super) fn of<K: AssetKind>(&self, verb: Verb, has_views: bool) -> Verb {
        let verb = verb
            .query("listViewType", has_views.then_some(self.view.as_str()))
            .query("$orderBy", self.order_by.as_deref())
            .query(K::TAGS_PARAMETER, self.tags.as_deref());
        self.also.iter().fold(verb, |verb, (name, value)| verb.query(name, value.as_str()))
    }
}
