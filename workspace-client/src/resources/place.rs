//! Where resources of a kind lie, and the three roads there.

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::root::{Reached, Root};
use super::verb::Within;
use super::{Kind, Verb};
use crate::arm::{ArmClient, ArmError, Pager, Poller, Request, Turn, check_name, item};

/// Where resources of a kind lie.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    root: Root,
    /// Below the root: types and names.
    path: Vec<String>,
    /// What a person calls one of the resources.
    name: &'static str,
    api_version: String,
}

impl Place {
    /// The resources of kind `K` in this root.
    pub(crate) fn of<K: Kind>(root: Root) -> Self {
        Self { root, path: vec![K::SEGMENT.to_owned()], name: K::NAME, api_version: K::API_VERSION.to_owned() }
    }

    /// The root itself, which its own verbs are asked of.
    pub(crate) fn itself<K: Kind>(root: Root) -> Self {
        Self { path: Vec::new(), ..Self::of::<K>(root) }
    }

    /// The resources of kind `K` that lie in the resource of this name, in the same version of the API.
    pub(crate) fn below<K: Kind>(&self, name: &str) -> Self {
        let mut path = self.path.clone();
        path.extend([name.to_owned(), K::SEGMENT.to_owned()]);
        Self { root: self.root.clone(), path, name: K::NAME, api_version: self.api_version.clone() }
    }

    /// What lies in the same root at this segment of a path.
    pub(super) fn beside(&self, segment: &str) -> Self {
        Self { path: vec![segment.to_owned()], ..self.clone() }
    }

    pub(crate) fn at_version(self, api_version: impl Into<String>) -> Self {
        Self { api_version: api_version.into(), ..self }
    }

    pub(crate) fn root(&self) -> &Root {
        &self.root
    }

    /// The id of what lies below, at these types and names.
    pub(crate) fn id(&self, below: &[&str]) -> Result<String, Error> {
        self.path_from(&self.root.id()?, &self.path, below.iter().copied())
    }

    /// What asks here.
    #[cfg(feature = "transfer")]
    pub(crate) async fn reached_client(&self) -> Result<ArmClient, Error> {
        Ok(self.root.reach().await?.client)
    }

    /// What a request that takes no time is answered with.
    pub(crate) async fn fetch<T: DeserializeOwned>(&self, verb: Verb) -> Result<T, Error> {
        let reached = self.root.reach().await?;
        let request = self.request(&reached, &verb)?;
        match reached.client.fetch(&request).await {
            Ok(found) => Ok(found),
            Err(error) => Err(self.explain(&reached.client, &verb, error).await),
        }
    }

    /// Starts what may take longer.
    pub(crate) async fn begin<T: DeserializeOwned + 'static>(&self, verb: Verb) -> Result<Poller<T>, Error> {
        let reached = self.root.reach().await?;
        let request = self.request(&reached, &verb)?;
        match reached.client.begin(request).await {
            Ok(poller) => Ok(poller),
            Err(error) => Err(self.explain(&reached.client, &verb, error).await),
        }
    }

    /// A list that comes in pages.
    pub(crate) fn pager<T: DeserializeOwned + Send + 'static>(&self, verb: Verb) -> Pager<T> {
        let place = self.clone();
        Pager::new(move |turn| {
            let (place, verb) = (place.clone(), verb.clone());
            async move {
                let reached = place.root.reach().await?;
                let request = match turn {
                    Turn::First(size) => place.request(&reached, &verb.clone().of_size(size))?,
                    Turn::Next(request) => *request,
                };
                match reached.client.page(&request, verb.items).await {
                    Ok(page) => page.map(item),
                    Err(error) => Err(place.explain(&reached.client, &verb, error).await),
                }
            }
        })
    }

    /// A description that says where it belongs: where it says nothing, in the region of the root.
    pub(super) async fn located(&self, mut description: Value) -> Result<Value, Error> {
        if let Some(members) = description.as_object_mut().filter(|members| !members.contains_key("location")) {
            members.insert("location".to_owned(), self.root.location().await?.into());
        }
        Ok(description)
    }

    fn request(&self, reached: &Reached, verb: &Verb) -> Result<Request, Error> {
        let (base, below) = match verb.within {
            Within::Place => (&reached.path, &self.path[..]),
            Within::Subscription => (&reached.subscription, &[][..]),
        };
        let path = self.path_from(base, below, verb.path.iter().map(String::as_str))?;
        let mut request = reached.service.request(verb.method.clone(), &path).query("api-version", &self.api_version);
        for (name, value) in &verb.query {
            request = request.query(name, value);
        }
        for (name, value) in &verb.headers {
            request = request.header(name.clone(), value)?;
        }
        let request = request.body(&verb.body)?;
        let request = if verb.has_result { request } else { request.without_result() };
        Ok(if verb.is_repeatable { request.repeatable() } else { request })
    }

    fn path_from<'a>(
        &self,
        base: &str,
        place: &'a [String],
        below: impl Iterator<Item = &'a str>,
    ) -> Result<String, Error> {
        let mut path = base.to_owned();
        for segment in place.iter().map(String::as_str).chain(below) {
            check_name(&format!("{} name", self.name), segment)?;
            path.push('/');
            path.push_str(segment);
        }
        Ok(path)
    }

    /// Says what an error means here, as far as it can be told.
    async fn explain(&self, client: &ArmClient, verb: &Verb, error: Error) -> Error {
        if let Some(told) = self.root.explain(client, &error).await {
            return told;
        }
        let not_found = ArmError::of(&error).filter(|arm| arm.status() == 404).cloned();
        // What is to be made need not be there: something that it needs is not.
        let is_there_already = verb.method != Method::PUT && !self.path.is_empty();
        let subject = verb.subject().filter(|_| is_there_already);
        let (Some(arm), Some(subject)) = (not_found, subject) else { return error };
        let message = format!("there is no {} {subject} in {}", self.name, self.inside_of());
        let help = format!("azml {} list {}", self.name.replace(' ', "-"), self.options());
        let not_found = Error::new(ErrorKind::Rejected, message).with_help(help).with_status(404).with_source(arm);
        match error.correlation_id() {
            Some(id) => not_found.with_correlation_id(id),
            None => not_found,
        }
    }

    /// The options with which `azml` means this place. What lies in another resource lies in an endpoint.
    fn options(&self) -> String {
        let root = self.root.options();
        match &self.path[..] {
            [_, endpoint, ..] => format!("--endpoint-name {endpoint} {root}"),
            _ => root,
        }
    }

    /// What the resources lie in: the root, or one of its resources.
    fn inside_of(&self) -> String {
        let root = self.root.described();
        match &self.path[..] {
            [_, name, ..] => format!("{name} of {root}"),
            _ => root,
        }
    }
}
