//! Which jobs a list shows.

use super::JobType;
use crate::resources::Verb;
use crate::resources::asset::ListView;

/// Which jobs a list shows; unless it says otherwise, those that are not archived.
#[derive(Clone, Debug, Default)]
pub struct JobFilter {
    job_type: Option<JobType>,
    tag: Option<String>,
    view: Option<ListView>,
    properties: Option<String>,
}

impl JobFilter {
    /// All that are not archived.
    pub fn new() -> Self {
        Self::default()
    }

    /// Only those of this type.
    #[must_use]
    pub fn job_type(self, job_type: JobType) -> Self {
        Self { job_type: Some(job_type), ..self }
    }

    /// Only those with this tag: its name, or `name=value`.
    #[must_use]
    pub fn tag(self, tag: impl Into<String>) -> Self {
        Self { tag: Some(tag.into()), ..self }
    }

    /// Only those with these properties: `name=value`, separated by commas.
    #[must_use]
    pub fn properties(self, properties: impl Into<String>) -> Self {
        Self { properties: Some(properties.into()), ..self }
    }

    /// Those that are archived, too, or only those.
    #[must_use]
    pub fn view(self, view: ListView) -> Self {
        Self { view: Some(view), ..self }
    }

    pub(super) fn ask(&self) -> Verb {
        Verb::get(&[])
            .query("jobType", self.job_type.as_ref().map(JobType::as_str))
            .query("tag", self.tag.as_deref())
            .query("listViewType", self.view.map(ListView::as_str))
            .query("properties", self.properties.as_deref())
    }
}
