//! The managed identity protocol of App Service, api-version 2019-08-01 (Microsoft, "How to use managed identities for App Service
//! and Azure Functions", REST endpoint reference), without a managed identity behind it: what is asked, and whether it may be.

use auth_core::{Scope, Scopes, Secret};
use hyper::header::{HOST, HeaderName, HeaderValue, ORIGIN};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, StatusCode};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::allow_list::AllowList;
use super::answer::Refusal;

/// Where tokens are asked for (observed: App Service).
pub(super) const PATH: &str = "/msi/token";
const API_VERSION: &str = "2019-08-01";
const IDENTITY_HEADER: HeaderName = HeaderName::from_static("x-identity-header");
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");
/// What chooses among managed identities, in App Service's own words and in those of its siblings.
const SELECTORS: &[&str] = &["client_id", "clientid", "mi_res_id", "msi_res_id", "object_id", "principal_id"];

/// Who is answered, and for what.
#[derive(Debug)]
pub(super) struct Rules {
    pub(super) header: Secret,
    /// The names by which the endpoint may be called. None for a socket, which no browser reaches.
    pub(super) hosts: Option<Vec<String>>,
    pub(super) allow_list: AllowList,
    /// Whose login it is.
    pub(super) whom: String,
}

/// What a client may have a token for.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) resource: String,
    pub(super) scopes: Scopes,
}

impl Rules {
    /// What a request asks for, if it may.
    pub(super) fn check(&self, head: &Parts) -> Result<Wanted, Refusal> {
        let refuse = |status, message: &str| Err(Refusal::new(status, message));
        if !self.is_host(head) {
            let message =
                "the Host of this request is not an address of this endpoint; azml identity serve --host adds a name";
            return refuse(StatusCode::FORBIDDEN, message);
        }
        if head.headers.contains_key(ORIGIN) || head.headers.contains_key(FETCH_SITE) {
            return refuse(StatusCode::FORBIDDEN, "browsers are not answered");
        }
        if head.uri.path() != PATH {
            return Err(Refusal::new(StatusCode::NOT_FOUND, format!("there is only {PATH}")));
        }
        if head.method != Method::GET {
            return refuse(StatusCode::METHOD_NOT_ALLOWED, "there is only GET");
        }
        if !self.knows_header(head) {
            return refuse(StatusCode::UNAUTHORIZED, "X-IDENTITY-HEADER is not that of this endpoint");
        }
        if parameter(head, "api-version")?.as_deref() != Some(API_VERSION) {
            return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("api-version must be {API_VERSION}")));
        }
        for selector in SELECTORS {
            if parameter(head, selector)?.is_some() {
                let whom = &self.whom;
                let hint = if selector.contains("client") { ", which AZURE_CLIENT_ID may have set" } else { "" };
                let message = format!(
                    "this endpoint serves the login of {whom}, and has no managed identity; ask again without {selector}{hint}"
                );
                return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
            }
        }
        let Some(resource) = parameter(head, "resource")? else {
            return refuse(StatusCode::BAD_REQUEST, "resource is missing");
        };
        let is_sound = |resource: &str| Scope::default_of(resource);
        is_sound(resource.strip_suffix("/.default").unwrap_or(&resource))
            .map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        let allowed = self.allow_list.allowed(&resource).and_then(|allowed| is_sound(&allowed).ok());
        let Some(scope) = allowed else {
            let message = format!("{resource} is not allowed here; azml identity serve --allow {resource} allows it");
            return Err(Refusal::new(StatusCode::FORBIDDEN, message));
        };
        Ok(Wanted { resource, scopes: scope.into() })
    }

    /// Whether the request names this endpoint: a page whose own name leads here (DNS rebinding) names itself. Ports are not
    /// looked at, as a forwarded one is another.
    fn is_host(&self, head: &Parts) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let named = only(head, HOST).and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
        let is_own = |named: &Authority| {
            !named.as_str().contains('@') && hosts.iter().any(|host| host.eq_ignore_ascii_case(named.host()))
        };
        // A target in absolute form goes before the header (RFC 9112, 3.2.2).
        named.is_some_and(|named| is_own(&named)) && head.uri.authority().is_none_or(is_own)
    }

    fn knows_header(&self, head: &Parts) -> bool {
        let value = only(head, IDENTITY_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        value.ct_eq(self.header.expose().as_bytes()).into()
    }
}

/// A parameter of the query that is not blank; one that is there twice is refused, as others might read the other one.
fn parameter(head: &Parts, name: &str) -> Result<Option<String>, Refusal> {
    let query = head.uri.query().unwrap_or_default();
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(known, _)| known.eq_ignore_ascii_case(name));
    let value = values.next().map(|(_, value)| value.into_owned());
    if values.next().is_some() {
        return Err(Refusal::new(StatusCode::BAD_REQUEST, format!("{name} is there twice")));
    }
    Ok(value.filter(|value| !value.trim().is_empty()))
}

/// The value of a header that is there once.
fn only(head: &Parts, name: HeaderName) -> Option<&HeaderValue> {
    let mut values = head.headers.get_all(name).iter();
    values.next().filter(|_| values.next().is_none())
}

#[cfg(test)]
mod tests {
    use auth_core::Cloud;
    use hyper::Request;

    use super::*;

    const HEADER: &str = "a-header-that-nobody-guesses";
    const ARM: &str = "api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com";

    type Headers<'a> = &'a [(&'a str, &'a str)];

    fn rules() -> Rules {
        Rules {
            header: HEADER.into(),
            hosts: Some(vec!["127.0.0.1".to_owned(), "localhost".to_owned()]),
            allow_list: AllowList::new(&Cloud::public(), &[]).unwrap(),
            whom: "ada@contoso.example".to_owned(),
        }
    }

    /// A request that is right but for these changes.
    fn asked(method: &str, target: &str, headers: Headers<'_>) -> Result<Wanted, Refusal> {
        let mut request = Request::builder().method(method).uri(target);
        let right = [("host", "127.0.0.1:50000"), ("x-identity-header", HEADER), ("metadata", "true")];
        let kept = right.iter().filter(|(name, _)| headers.iter().all(|(changed, _)| changed != name));
        for (name, value) in kept.chain(headers.iter().filter(|(_, value)| !value.is_empty())) {
            request = request.header(*name, *value);
        }
        rules().check(&request.body(()).unwrap().into_parts().0)
    }

    fn status(answer: Result<Wanted, Refusal>) -> u16 {
        answer.map_or_else(|refusal| refusal.status.as_u16(), |_| 200)
    }

    #[test]
    fn a_right_request_asks_for_exactly_its_resource() {
        for (resource, scope) in [
            ("https%3A%2F%2Fmanagement.azure.com", "https://management.azure.com/.default"),
            ("https://management.core.windows.net/", "https://management.core.windows.net//.default"),
            ("https://ml.azure.com/.default", "https://ml.azure.com/.default"),
        ] {
            let target = format!("{PATH}?API-Version=2019-08-01&resource={resource}&client_id=");
            assert_eq!(asked("GET", &target, &[]).unwrap().scopes.as_str(), scope);
        }
        for host in ["127.0.0.1", "LOCALHOST:50000", "localhost:8081"] {
            assert_eq!(status(asked("GET", &format!("{PATH}?{ARM}"), &[("host", host)])), 200, "{host}");
        }
    }

    #[test]
    fn whatever_else_is_asked_is_refused_with_its_reason() {
        let right = format!("{PATH}?{ARM}");
        let resource = |resource: &str| format!("{PATH}?api-version=2019-08-01&resource={resource}");
        let cases: &[(&str, &str, Headers<'_>)] = &[
            ("GET", &right, &[("host", "evil.example")]),
            ("GET", &right, &[("host", "127.0.0.1.evil.example:50000")]),
            ("GET", &right, &[("host", "")]),
            ("GET", &right, &[("host", "localhost"), ("host", "evil.example")]),
            ("GET", &right, &[("host", "evil@localhost")]),
            ("GET", &format!("http://evil.example{PATH}?{ARM}"), &[]),
            ("GET", &right, &[("origin", "null")]),
            ("GET", &right, &[("sec-fetch-site", "same-origin")]),
            ("GET", "/", &[]),
            ("GET", &format!("{PATH}/?{ARM}"), &[]),
            ("POST", &right, &[]),
            ("OPTIONS", &right, &[]),
            ("GET", &right, &[("x-identity-header", "")]),
            ("GET", &right, &[("x-identity-header", "a-header-that-nobody-guesseS")]),
            ("GET", &right, &[("x-identity-header", HEADER), ("x-identity-header", "other")]),
            ("GET", PATH, &[]),
            ("GET", &format!("{PATH}?api-version=2017-09-01&resource=x"), &[]),
            ("GET", &format!("{right}&client_id=0a1b2c3d"), &[]),
            ("GET", &format!("{right}&mi_res_id=%2Fsubscriptions"), &[]),
            ("GET", &format!("{right}&resource=https://graph.microsoft.com"), &[]),
            ("GET", &format!("{PATH}?api-version=2019-08-01"), &[]),
            ("GET", &resource("https%3A%2F%2Fgraph.microsoft.com"), &[]),
            ("GET", &resource("https://management.azure.com/%0d%0aX:1"), &[]),
            ("GET", &resource("*"), &[]),
        ];
        let told = cases.iter().map(|(method, target, headers)| {
            let refusal = asked(method, target, headers).unwrap_err();
            let target = target.replace(&right, "[right]");
            format!("{method} {target} {headers:?}\n  {} {}", refusal.status.as_u16(), refusal.message)
        });
        insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @r##"
        GET [right] [("host", "evil.example")]
          403 the Host of this request is not an address of this endpoint; azml identity serve --host adds a name
        GET [right] [("host", "127.0.0.1.evil.example:50000")]
          403 the Host of this request is not an address of this endpoint; azml identity serve --host adds a name
        GET [right] [("host", "")]
          403 the Host of this request is not an address of this endpoint; azml identity serve --host adds a name
        GET [right] [("host", "localhost"), ("host", "evil.example")]
          403 the Host of this request is not an address of this endpoint; azml identity serve --host adds a name
        GET [right] [("host", "evil@localhost")]
          403 the Host of this request is not an address of this endpoint; azml identity serve --host adds a name
        GET http://evil.example[right] []
          403 the Host of this request is not an address of this endpoint; azml identity serve --host adds a name
        GET [right] [("origin", "null")]
          403 browsers are not answered
        GET [right] [("sec-fetch-site", "same-origin")]
          403 browsers are not answered
        GET / []
          404 there is only /msi/token
        GET /msi/token/?api-version=2019-08-01&resource=https%3A%2F%2Fmanagement.azure.com []
          404 there is only /msi/token
        POST [right] []
          405 there is only GET
        OPTIONS [right] []
          405 there is only GET
        GET [right] [("x-identity-header", "")]
          401 X-IDENTITY-HEADER is not that of this endpoint
        GET [right] [("x-identity-header", "a-header-that-nobody-guesseS")]
          401 X-IDENTITY-HEADER is not that of this endpoint
        GET [right] [("x-identity-header", "a-header-that-nobody-guesses"), ("x-identity-header", "other")]
          401 X-IDENTITY-HEADER is not that of this endpoint
        GET /msi/token []
          400 api-version must be 2019-08-01
        GET /msi/token?api-version=2017-09-01&resource=x []
          400 api-version must be 2019-08-01
        GET [right]&client_id=0a1b2c3d []
          400 this endpoint serves the login of ada@contoso.example, and has no managed identity; ask again without client_id, which AZURE_CLIENT_ID may have set
        GET [right]&mi_res_id=%2Fsubscriptions []
          400 this endpoint serves the login of ada@contoso.example, and has no managed identity; ask again without mi_res_id
        GET [right]&resource=https://graph.microsoft.com []
          400 resource is there twice
        GET /msi/token?api-version=2019-08-01 []
          400 resource is missing
        GET /msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fgraph.microsoft.com []
          403 https://graph.microsoft.com is not allowed here; azml identity serve --allow https://graph.microsoft.com allows it
        GET /msi/token?api-version=2019-08-01&resource=https://management.azure.com/%0d%0aX:1 []
          400 "https://management.azure.com/\r\nX:1/.default" is not a scope: only letters, digits and _ - . : / may occur
        GET /msi/token?api-version=2019-08-01&resource=* []
          400 "*/.default" is not a scope: only letters, digits and _ - . : / may occur
        "##);
    }

    #[test]
    fn through_a_socket_any_host_may_be_named() {
        let rules = Rules { hosts: None, ..rules() };
        let request = Request::get(format!("{PATH}?{ARM}")).header("X-Identity-Header", HEADER);
        assert!(rules.check(&request.body(()).unwrap().into_parts().0).is_ok());
    }
}
