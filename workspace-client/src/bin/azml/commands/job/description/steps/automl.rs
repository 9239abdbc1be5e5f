//! A step that searches for the best model.

use auth_core::Error;
use serde_json::{Map, Value};

use super::{COMMON, Place};
use crate::commands::job::description::automl::AutoMlJob;
use crate::description::Description;

/// The step: what it has beside what every step has.
#[derive(Debug)]
pub(super) struct AutoMlStep(Map<String, Value>);

impl AutoMlStep {
    pub(super) fn read(what: &str, name: &str, said: &Description) -> Result<Box<Self>, Error> {
        // Its outputs are read twice.
        let others: Vec<_> = COMMON.into_iter().filter(|member| *member != "outputs").collect();
        let search: AutoMlJob = said.parse_beside(what, &others)?;
        search.check_step(name)?;
        let mut said = said.members().as_object().cloned().unwrap_or_default();
        said.retain(|member, _| !COMMON.contains(&member.as_str()));
        if let Some(space) = search.step_search_space()? {
            said.insert("search_space".to_owned(), space);
        }
        Ok(Box::new(Self(said)))
    }

    pub(super) fn build(&self, place: &Place<'_>) -> Result<Value, Error> {
        let mut step = self.0.clone();
        // Its compute is named another way than that of the other steps.
        step.insert("computeId".to_owned(), Value::Null);
        let compute = match &place.step.compute {
            Some(compute) => place.resolver.compute(compute)?,
            None => None,
        };
        step.extend(compute.map(|id| ("compute".to_owned(), format!("azureml:{id}").into())));
        Ok(step.into())
    }
}
