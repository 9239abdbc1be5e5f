//! Which datastores are wanted.

use crate::resources::Verb;

/// Which datastores are wanted, and in which order.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct DatastoreFilter {
    is_default: Option<bool>,
    names: Vec<String>,
    search_text: Option<String>,
    order: Option<(String, bool)>,
}

impl DatastoreFilter {
    /// The workspace's own, or the others.
    pub fn is_default(self, is_default: bool) -> Self {
        Self { is_default: Some(is_default), ..self }
    }

    /// Also the one of this name. Without any, all of them are wanted.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.names.push(name.into());
        self
    }

    /// Those whose names contain this.
    pub fn search(self, text: impl Into<String>) -> Self {
        Self { search_text: Some(text.into()), ..self }
    }

    /// Ordered by a member, such as `createdtime`.
    pub fn order_by(self, member: impl Into<String>, ascending: bool) -> Self {
        Self { order: Some((member.into(), ascending)), ..self }
    }

    pub(super) fn add_to(&self, verb: Verb) -> Verb {
        let text = |flag: bool| if flag { "true" } else { "false" };
        let names = self.names.join(",");
        verb.query("isDefault", self.is_default.map(text))
            .query("names", Some(names.as_str()).filter(|names| !names.is_empty()))
            .query("searchText", self.search_text.as_deref())
            .query("orderBy", self.order.as_ref().map(|(member, _)| member.as_str()))
            .query("orderByAsc", self.order.as_ref().map(|(_, ascending)| text(*ascending)))
    }
}
