//! What resources lie in beside the workspace.

use std::fmt::Debug;

use auth_core::{Error, ErrorKind};
use clap::Args;

use crate::args::{EndpointArgs, NoParent};
use crate::description::Description;

/// What resources of a kind lie in beside the workspace, as the command line says it.
pub(crate) trait Parent: Args + Clone + Debug + Default + Send + Sync + 'static {
    /// For help: what a list is of.
    const NAME: &'static str;

    /// What the file says, where the command line says nothing; it is no member of the resource.
    fn or_said(self, said: &mut Description) -> Self;

    /// Refuses one that was not said.
    fn check(&self) -> Result<(), Error>;

    /// The options that say it.
    fn options(&self) -> String;
}

impl Parent for NoParent {
    const NAME: &'static str = "workspace";

    fn or_said(self, _: &mut Description) -> Self {
        self
    }

    fn check(&self) -> Result<(), Error> {
        Ok(())
    }

    fn options(&self) -> String {
        String::new()
    }
}

impl Parent for EndpointArgs {
    const NAME: &'static str = "endpoint";

    fn or_said(self, said: &mut Description) -> Self {
        let name = said.take("endpoint_name");
        Self { endpoint_name: self.endpoint_name.or_else(|| Some(name?.as_str()?.to_owned())) }
    }

    fn check(&self) -> Result<(), Error> {
        match &self.endpoint_name {
            Some(_) => Ok(()),
            None => Err(Error::new(ErrorKind::Configuration, "of which endpoint?")
                .with_help("name it with --endpoint-name; a deployment that is created may name it in its file")),
        }
    }

    fn options(&self) -> String {
        format!(" --endpoint-name {}", self.name())
    }
}

impl EndpointArgs {
    /// Its name; nothing where none was said.
    pub(crate) fn name(&self) -> &str {
        self.endpoint_name.as_deref().unwrap_or_default()
    }
}
