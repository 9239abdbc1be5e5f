//! Which online endpoints are wanted.

use crate::resources::Verb;

/// Which online endpoints are wanted, and in which order.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct OnlineEndpointFilter {
    name: Option<String>,
    compute_type: Option<String>,
    tags: Vec<String>,
    properties: Vec<String>,
    order_by: Option<String>,
}

impl OnlineEndpointFilter {
    /// The one of this name.
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Those on `Managed` machines or on `Kubernetes`.
    pub fn compute_type(self, compute_type: impl Into<String>) -> Self {
        Self { compute_type: Some(compute_type.into()), ..self }
    }

    /// Those with this tag: `name` or `name=value`.
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Those with this property: `name` or `name=value`.
    pub fn property(mut self, property: impl Into<String>) -> Self {
        self.properties.push(property.into());
        self
    }

    /// Ordered in this way, such as `CreatedAtDesc`.
    pub fn order_by(self, order: impl Into<String>) -> Self {
        Self { order_by: Some(order.into()), ..self }
    }

    pub(super) fn add_to(&self, verb: Verb) -> Verb {
        let [tags, properties] = [&self.tags, &self.properties].map(|wanted| wanted.join(","));
        let some = |text: &str| if text.is_empty() { None } else { Some(text.to_owned()) };
        verb.query("name", self.name.as_deref())
            .query("computeType", self.compute_type.as_deref())
            .query("tags", some(&tags).as_deref())
            .query("properties", some(&properties).as_deref())
            .query("orderBy", self.order_by.as_deref())
    }
}
