//! Proxies, certificates, and with `--online` the hosts themselves.

use std::time::{Duration, Instant};

use auth_core::http::network_error;
use auth_core::{AccessToken, Authentication as _, Clock, ClockSkew, Error, TokenRequest};
use auth_msi::Principal;
use url::Url;
use workspace_client::auth::InteractiveLoginAuthentication;

use super::finding::Finding;
use crate::context::Context;

const PROXIES: [&str; 6] = ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
const BUNDLES: [&str; 2] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"];
/// How long a host may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What the environment says about the way to Azure.
pub(super) fn settings(context: &Context) -> Vec<Finding> {
    let env = &context.env;
    let mut findings = Vec::new();
    for name in PROXIES {
        if let Some(value) = env.var(name) {
            findings.push(Finding::ok(name, shown_proxy(&value)));
        }
    }
    if findings.is_empty() {
        findings.push(Finding::absent("proxy", "none is set"));
    }
    for name in ["NO_PROXY", "no_proxy"] {
        if let Some(value) = env.var(name) {
            findings.push(Finding::ok(name, value));
        }
    }
    let bundles: Vec<_> = BUNDLES.iter().filter_map(|name| Some((*name, env.var(name)?))).collect();
    // Building the client reads every one of them.
    match context.http.get() {
        Ok(_) if bundles.is_empty() => findings.push(Finding::ok("certificates", "the system's authorities")),
        Ok(_) => findings.extend(bundles.into_iter().map(|(name, path)| Finding::ok(name, path))),
        Err(error) => findings.push(Finding::from_error("certificates and proxies", &error)),
    }
    findings
}

/// Asks the two hosts that every sign-in needs, and for a token. Nobody is asked to sign in.
pub(super) async fn ask(auth: &InteractiveLoginAuthentication, context: &Context) -> Vec<Finding> {
    let cloud = auth.cloud();
    let document = |base: &Url, path: &str| format!("{}/{path}", base.as_str().trim_end_matches('/'));
    let authority = document(cloud.authority(), "organizations/v2.0/.well-known/openid-configuration");
    let manager = document(cloud.resource_manager(), "metadata/endpoints?api-version=2019-05-01");
    let mut findings = vec![
        reach("authority", cloud.authority(), &authority, context).await,
        reach("resource manager", cloud.resource_manager(), &manager, context).await,
    ];
    let (started, now) = (Instant::now(), Clock::system().now());
    findings.push(match auth.token(&TokenRequest::arm(cloud)).await {
        Ok(token) if token.obtained_on().is_some_and(|obtained| obtained + Duration::from_secs(1) < now) => {
            let until = time::OffsetDateTime::from(token.expires_on());
            let (hour, minute) = (until.hour(), until.minute());
            let whose = whose(&token);
            Finding::ok(
                "token",
                format!(
                    "for Azure Resource Manager, from the cache, valid until {hour:02}:{minute:02} UTC, of {whose}"
                ),
            )
        }
        Ok(token) => {
            let (took, whose) = (millis(started), whose(&token));
            Finding::ok("token", format!("for Azure Resource Manager, after {took}, of {whose}"))
        }
        Err(error) => Finding::from_error("token", &error),
    });
    findings
}

/// A machine may answer with the token of somebody who is signed in on it, and not with that of its identity.
fn whose(token: &AccessToken) -> String {
    Principal::of(token).map_or_else(|_| "somebody whom it does not name".to_owned(), |principal| principal.to_string())
}

/// Any answer will do: it shows the way, and the time of day.
async fn reach(subject: &str, base: &Url, url: &str, context: &Context) -> Finding {
    let host = base.host_str().unwrap_or_default();
    let started = Instant::now();
    let asked = async {
        let answer = context.http.get()?.get(url).timeout(PATIENCE).send().await.map_err(network_error)?;
        Ok::<_, Error>(answer.headers().clone())
    };
    match asked.await {
        Err(error) => Finding::from_error(subject, &error),
        Ok(headers) => match ClockSkew::seen_in(&headers, Clock::system().now()) {
            None => Finding::ok(subject, format!("{host} answered after {}", millis(started))),
            Some(skew) => Finding::warning(subject, format!("the clock of this machine is {skew} that of {host}"))
                .with_help("set this machine's clock: services refuse tokens that are not yet or no longer valid"),
        },
    }
}

/// A proxy without its user and password.
fn shown_proxy(value: &str) -> String {
    let with_scheme = if value.contains("://") { value.to_owned() } else { format!("http://{value}") };
    let Ok(mut url) = Url::parse(&with_scheme) else { return "a URL that cannot be read".to_owned() };
    let has_password = !url.username().is_empty() || url.password().is_some();
    let _ = url.set_username("").and_then(|()| url.set_password(None));
    url.set_query(None);
    format!("{}{}", url, if has_password { " (with a user name or password)" } else { "" })
}

fn millis(started: Instant) -> String {
    format!("{} ms", started.elapsed().as_millis())
}

#[cfg(test)]
mod tests {
    use super::shown_proxy;

    #[test]
    fn the_password_of_a_proxy_is_not_shown() {
        let shown = shown_proxy("http://ada:canary@proxy.example:3128/?key=canary");
        assert_eq!(shown, "http://proxy.example:3128/ (with a user name or password)");
        assert_eq!(shown_proxy("proxy.example:3128"), "http://proxy.example:3128/");
        assert!(!shown_proxy("ada:canary@proxy.example").contains("canary"));
        assert!(!shown_proxy("://canary").contains("canary"));
    }
}
