//! What every command starts from.

use auth_core::http::HttpClient;
use auth_core::{Authentication as _, Cloud, Env, Error, ErrorKind};
use workspace_client::auth::{InteractiveLoginAuthentication, InteractiveLoginBuilder};

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
        Ok(self.login().build()?.cloud().clone())
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
