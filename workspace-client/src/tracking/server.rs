//! The server, and how it is asked.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use auth_core::{Clock, Env, Error, ErrorKind};
use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use crate::Workspace;
use crate::arm::{ArmClient, ArmError, Page, Pager, Service, Turn, unreadable};

/// A tracking server: that of a workspace, or a plain one. Nothing is asked before one of its verbs is called.
#[derive(Clone)]
pub struct Tracking(Arc<Place>);

enum Place {
    Server(Box<(ArmClient, Service)>),
    Workspace(Workspace),
}

impl Tracking {
    /// An MLflow server that wants no token, over TLS or on this machine.
    ///
    /// # Errors
    /// [`ErrorKind::Configuration`] if that is no URL, [`ErrorKind::Protocol`] if it is neither over TLS nor on this machine.
    pub fn at(url: &str) -> Result<Self, Error> {
        let base = Url::parse(url).map_err(|error| {
            Error::new(ErrorKind::Configuration, format!("{url:?} is not the URL of an MLflow server"))
                .with_source(error)
        })?;
        let service = Service::named("MLflow", base, None)?;
        Ok(Self(Arc::new(Place::Server(Box::new((ArmClient::without_sign_in(), service))))))
    }

    /// The server that the environment names in `MLFLOW_TRACKING_URI`, as that of a submitted run does. One of Azure ML
    /// (`azureml://...`) is asked with tokens of `client`, if its host is one of the client's cloud; a plain one gets none. Inside a
    /// run, `client` may be one with a [`RunTokenAuthentication`](crate::auth::RunTokenAuthentication).
    ///
    /// # Errors
    /// [`ErrorKind::Unavailable`] if none is named, [`ErrorKind::Configuration`] if it is a host where no token must go, and as
    /// [`Tracking::at`].
    pub fn from_env(env: &Env, client: ArmClient) -> Result<Self, Error> {
        let named = env
            .var("MLFLOW_TRACKING_URI")
            .ok_or_else(|| Error::new(ErrorKind::Unavailable, "MLFLOW_TRACKING_URI names no MLflow server"))?;
        let Some(rest) = named.strip_prefix("azureml://") else { return Self::at(&named) };
        let refuse = || {
            let cloud = client.cloud().name();
            Error::new(
                ErrorKind::Configuration,
                format!("MLFLOW_TRACKING_URI names a host that is not Azure ML's in {cloud}"),
            )
        };
        let url = Url::parse(&in_version_2(&format!("https://{rest}"))).map_err(|_| refuse())?;
        let host = url.host_str().unwrap_or_default();
        let is_own = client.cloud().ml_api_suffix().is_some_and(|suffix| host.ends_with(&format!(".{suffix}")));
        if !is_own {
            return Err(refuse());
        }
        // The token of a run is for Azure ML alone.
        let is_run = env.var("AZUREML_RUN_TOKEN").is_some();
        let scopes = if is_run { client.ml_scopes()? } else { client.cloud().arm_scope() };
        let service = Service::named("MLflow", url, Some(scopes))?;
        Ok(Self(Arc::new(Place::Server(Box::new((client, service))))))
    }

    /// Whether it is a plain server.
    pub(super) fn is_plain(&self) -> bool {
        match &*self.0 {
            Place::Server(server) => server.1.beside(OF_AZURE_ML, OF_AZURE_ML).is_none(),
            Place::Workspace(_) => false,
        }
    }

    pub(super) async fn reach(&self) -> Result<(ArmClient, Service), Error> {
        self.0.reach().await
    }

    pub(crate) fn of(workspace: &Workspace) -> Self {
        Self(Arc::new(Place::Workspace(workspace.clone())))
    }

    /// Milliseconds since 1970.
    pub(super) fn now(&self) -> u128 {
        let clock = match &*self.0 {
            Place::Server(_) => Clock::system(),
            Place::Workspace(workspace) => {
                workspace.signed_in().map_or_else(|_| Clock::system(), |client| client.time())
            }
        };
        clock.now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
    }

    pub(super) async fn ask(&self, verb: &str, query: &[(&str, &str)]) -> Result<Value, Error> {
        let (client, service) = self.0.reach().await?;
        let request = service.request(Method::GET, &path(verb));
        let request = query.iter().fold(request, |request, (name, value)| request.query(name, value));
        client.fetch(&request).await
    }

    pub(super) async fn change(&self, verb: &str, body: &Value) -> Result<Value, Error> {
        let (client, service) = self.0.reach().await?;
        client.fetch(&service.request(Method::POST, &path(verb)).body(body)?).await
    }

    /// A list that is asked for with a body, which also says where to go on.
    pub(super) fn pager<T: Send + 'static>(
        &self,
        verb: &'static str,
        body: Value,
        member: &'static str,
        read: fn(Value) -> Result<T, Error>,
    ) -> Pager<T> {
        let place = self.0.clone();
        Pager::new(move |turn| {
            let (place, mut body) = (place.clone(), body.clone());
            async move {
                let (client, service) = place.reach().await?;
                let first = service.request(Method::POST, &path(verb)).repeatable();
                let request = match turn {
                    Turn::First(size) => {
                        body["max_results"] = json!(size.unwrap_or(PAGE));
                        first.clone().body(&body)?
                    }
                    Turn::Next(request) => *request,
                };
                let answer: Value = client.fetch(&request).await?;
                let next = next_token(&answer).map(|token| {
                    body["max_results"] = PAGE.into();
                    body["page_token"] = token.into();
                    first.body(&body)
                });
                Page::new(items(answer, member), next.transpose()?).map(read)
            }
        })
    }

    /// A list that is asked for with a query.
    pub(super) fn question<T: Send + 'static>(
        &self,
        verb: &'static str,
        query: &[(&'static str, &str)],
        member: &'static str,
        read: fn(Value) -> Result<T, Error>,
    ) -> Pager<T> {
        let place = self.0.clone();
        let query: Vec<_> = query.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        Pager::new(move |turn| {
            let (place, query) = (place.clone(), query.clone());
            async move {
                let (client, service) = place.reach().await?;
                let first = service.request(Method::GET, &path(verb));
                let first = query.iter().fold(first, |request, (name, value)| request.query(name, value));
                let request = match turn {
                    Turn::First(Some(size)) => first.clone().query("max_results", &size.to_string()),
                    Turn::First(None) => first.clone(),
                    Turn::Next(request) => *request,
                };
                let answer: Value = client.fetch(&request).await?;
                let next = next_token(&answer).map(|token| first.query("page_token", &token));
                Page::new(items(answer, member), next).map(read)
            }
        })
    }
}

/// What the paths of a plain server begin with.
pub(super) const PLAIN: &str = "api/2.0/mlflow";
/// What the path of Azure ML's server has in it.
pub(super) const OF_AZURE_ML: &str = "/mlflow/v2.0/";

/// How many items a page has, unless somebody says otherwise.
const PAGE: u32 = 1000;

impl Workspace {
    /// What the experiments and runs of the workspace log.
    pub fn tracking(&self) -> Tracking {
        Tracking::of(self)
    }
}

impl Place {
    async fn reach(&self) -> Result<(ArmClient, Service), Error> {
        match self {
            Self::Server(server) => Ok((**server).clone()),
            Self::Workspace(workspace) => workspace.mlflow().await,
        }
    }
}

/// Azure ML's path for clients of MLflow 2 and 3 (observed: azureml-mlflow 1.62).
pub(crate) fn in_version_2(url: &str) -> String {
    url.replacen("/mlflow/v1.0/", OF_AZURE_ML, 1)
}

/// A 404 is none.
pub(super) fn if_there(answer: Result<Value, Error>) -> Result<Option<Value>, Error> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(error) if ArmError::of(&error).is_some_and(|arm| arm.status() == 404) => Ok(None),
        Err(error) => Err(error),
    }
}

pub(super) fn odd(what: &str) -> Error {
    unreadable(&format!("{what} is missing"))
}

fn path(verb: &str) -> String {
    format!("{PLAIN}/{verb}")
}

/// Nothing is left out where there is nothing: the server writes no empty lists.
fn items(mut answer: Value, member: &str) -> Vec<Value> {
    match answer.get_mut(member).map(Value::take) {
        Some(Value::Array(items)) => items,
        _ => Vec::new(),
    }
}

fn next_token(answer: &Value) -> Option<String> {
    let token = answer.get("next_page_token")?.as_str()?;
    Some(token.to_owned()).filter(|token| !token.is_empty())
}
