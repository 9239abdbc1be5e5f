//! Providers that a subscription does not know yet, such as that of Azure ML in a new one.

use std::time::Duration;

use auth_core::{Error, ErrorKind};
use reqwest::Method;
use serde_json::Value;

use super::{ArmClient, ArmError, Request, Service, tenants};

/// The version of the API, the verb, and the pause between two questions (observed: azure-mgmt-core, its policy for registrations).
const VERSION: &str = "2016-02-01";
const REGISTER: &str = "/register";
const PAUSE: Duration = Duration::from_secs(10);
/// How long is waited for the registration. Azure goes on with it.
const DEADLINE: Duration = Duration::from_secs(600);

/// What must be registered before a request can be answered.
#[derive(Debug, PartialEq)]
pub(super) struct Registration {
    subscription: String,
    /// The namespace, such as `Microsoft.MachineLearningServices`.
    provider: String,
}

impl Registration {
    /// What the refusal of a request says is missing. Only Resource Manager is believed.
    pub(super) fn missing(client: &ArmClient, request: &Request, refusal: &Error) -> Option<Self> {
        let arm = ArmError::of(refusal)?;
        let is_missing = arm.status() == 409 && arm.code() == Some("MissingSubscriptionRegistration");
        if !is_missing || request.url.origin() != client.cloud().resource_manager().origin() {
            return None;
        }
        let subscription = tenants::subscription(&request.url)?;
        Some(Self { subscription, provider: namespace(arm.message()?)?.to_owned() })
    }

    /// Registers it, and waits until Azure says that it is. Where Azure does not let us, that is the refusal it was before.
    pub(super) async fn settle(&self, client: &ArmClient, refusal: Error) -> Result<(), Error> {
        let Self { subscription, provider } = self;
        tracing::info!(%subscription, "the subscription does not know {provider} yet, which is registered there now");
        if let Err(error) = client.exchange_once(&self.ask(client, Method::POST, REGISTER)).await {
            tracing::debug!(%error, "{provider} could not be registered");
            let command = self.command(&Method::POST, REGISTER);
            return Err(refusal.with_help(format!("let somebody who may register it do so: {command}")));
        }
        let started = client.clock.now();
        loop {
            client.clock.sleep(PAUSE).await;
            match client.exchange_once(&self.ask(client, Method::GET, "")).await {
                Ok(answer) if is_registered(&answer.json()?) => return Ok(()),
                Ok(_) => {}
                Err(error) if error.is_transient() => {
                    tracing::debug!(%error, "the registration could not be looked at");
                }
                Err(error) => return Err(error),
            }
            // A clock that was set back has not moved.
            if client.clock.now().duration_since(started).unwrap_or_default() >= DEADLINE {
                return Err(self.too_slow());
            }
        }
    }

    fn ask(&self, client: &ArmClient, method: Method, verb: &str) -> Request {
        let request = Service::resource_manager(client.cloud()).request(method, &self.path(verb));
        // What is registered already stays so.
        request.query("api-version", VERSION).repeatable()
    }

    fn path(&self, verb: &str) -> String {
        format!("/subscriptions/{}/providers/{}{verb}", self.subscription, self.provider)
    }

    fn too_slow(&self) -> Error {
        let Self { subscription, provider } = self;
        let limit = DEADLINE.as_secs();
        let message = format!("{provider} has not been registered in subscription {subscription} within {limit} s");
        Error::new(ErrorKind::Timeout, message)
            .with_help(format!("Azure goes on with it; see how far it is: {}", self.command(&Method::GET, "")))
    }

    /// The same for a person.
    fn command(&self, method: &Method, verb: &str) -> String {
        format!("azml rest {method} '{}?api-version={VERSION}'", self.path(verb))
    }
}

/// The namespace in a text like "The subscription is not registered to use namespace 'Microsoft.Web'. See ...".
fn namespace(message: &str) -> Option<&str> {
    let is_namespace = |text: &&str| {
        text.contains('.') && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.') && !text.starts_with('.')
    };
    message.split('\'').skip(1).step_by(2).find(is_namespace)
}

fn is_registered(answer: &Value) -> bool {
    let state = answer.get("registrationState").and_then(Value::as_str);
    state.is_some_and(|state| state.eq_ignore_ascii_case("Registered"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_namespace_is_the_one_in_quotes_and_nothing_that_leads_elsewhere() {
        let found = |quoted: &str| {
            namespace(&format!("The subscription is not registered to use namespace '{quoted}'. See x"))
                .map(str::to_owned)
        };
        assert_eq!(found("Microsoft.MachineLearningServices").as_deref(), Some("Microsoft.MachineLearningServices"));
        for other in ["", "x", "..", "../Microsoft.Web", "Microsoft.Web/register?x", "Microsoft.Web%2F"] {
            assert_eq!(found(other), None, "{other}");
        }
        assert_eq!(namespace("'x' is not in 'Microsoft.Web'"), Some("Microsoft.Web"));
        assert_eq!(namespace("Microsoft.Web is not registered"), None);
    }
}
