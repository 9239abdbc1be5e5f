//! What every command starts from.

use auth_core::http::HttpClient;
use auth_core::{Clock, Cloud, Env, Error, ErrorKind};
use workspace_client::auth::{InteractiveLoginAuthentication, InteractiveLoginBuilder};
use workspace_client::clouds::{self, ChosenBy, ChosenCloud, Clouds};

use crate::args::Global;

/// The environment and the options of this call. Nothing is built before it is needed.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) env: Env,
    pub(crate) http: HttpClient,
    cloud: Option<String>,
}

impl Context {
    pub(crate) fn new(global: &Global) -> Self {
        let env = Env::process();
        Self {
            http: HttpClient::new(env.clone()),
            env,
            cloud: global.cloud.clone().filter(|name| !name.trim().is_empty()),
        }
    }

    /// The way in, with the cloud of this call.
    pub(crate) fn login(&self) -> InteractiveLoginBuilder {
        let builder = InteractiveLoginAuthentication::builder().env(self.env.clone()).http(self.http.clone());
        match &self.cloud {
            Some(cloud) => builder.cloud(cloud),
            None => builder,
        }
    }

    /// The cloud of this call.
    pub(crate) fn cloud(&self) -> Result<Cloud, Error> {
        Ok(self.chosen_cloud()?.cloud)
    }

    /// The cloud of this call, and how it came to be meant.
    pub(crate) fn chosen_cloud(&self) -> Result<ChosenCloud, Error> {
        let mut chosen = self.clouds()?.choose(self.cloud.as_deref())?;
        // The command line does not tell the option from its variable.
        if self.cloud.is_some() && self.cloud == self.env.var("AZUREML_CURRENT_CLOUD") {
            chosen.by = ChosenBy::Environment;
        }
        Ok(chosen)
    }

    /// The clouds that can be named.
    pub(crate) fn clouds(&self) -> Result<Clouds, Error> {
        Clouds::load(&self.env, &Clock::default())
    }

    /// Asks for the table of clouds, where the environment names one and the copy of it is old.
    pub(crate) fn refresh_clouds(&self) -> Result<(), Error> {
        if self.env.var("ARM_CLOUD_METADATA_URL").is_none() {
            return Ok(());
        }
        block_on(clouds::refresh(&self.env, &self.http, &Clock::default()))
    }

    /// The way in, as this user if one is named. Whoever asks it for a token without saying so never prompts.
    pub(crate) fn auth(&self, user: Option<&str>) -> Result<InteractiveLoginAuthentication, Error> {
        match user {
            Some(user) => self.login().login_hint(user).build(),
            None => self.login().build(),
        }
    }
}

/// Runs a future on this thread.
pub(crate) fn block_on<T>(future: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(|error| {
        Error::new(ErrorKind::Configuration, "the asynchronous runtime cannot be started").with_source(error)
    })?;
    let result = runtime.block_on(future);
    // A name that is still being resolved must not delay the end.
    runtime.shutdown_background();
    result
}
