//! The managed identity protocol of App Service, api-version 2019-08-01 (Microsoft, "How to use managed identities for App Service
//! and Azure Functions", REST endpoint reference), without a managed identity behind it.

use std::time::Duration;

use auth_core::claims::Claims;
use auth_core::clock::to_unix;
use auth_core::{AccessToken, Error, ErrorKind, Scope, Scopes, Secret};
use hyper::header::{
    ALLOW, CACHE_CONTROL, CONTENT_TYPE, HOST, HeaderName, HeaderValue, ORIGIN, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS,
};
use hyper::http::request::Parts;
use hyper::http::uri::Authority;
use hyper::{Method, Response, StatusCode};
use serde_json::{Map, json};
use subtle::ConstantTimeEq as _;
use url::form_urlencoded;

use super::allow_list::AllowList;
use crate::report;

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

/// What a client gets.
pub(super) type Answer = Result<Granted, Refusal>;

/// A token.
#[derive(Debug)]
pub(super) struct Granted {
    pub(super) resource: String,
    pub(super) token: AccessToken,
}

/// No token, and why.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) message: String,
    retry_after: Option<Duration>,
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
                let message = format!(
                    "this endpoint serves the login of {whom}, and has no managed identity; ask again without {selector}"
                );
                return Err(Refusal::new(StatusCode::BAD_REQUEST, message));
            }
        }
        let Some(resource) = parameter(head, "resource")? else {
            return refuse(StatusCode::BAD_REQUEST, "resource is missing");
        };
        let scope = Scope::default_of(resource.strip_suffix("/.default").unwrap_or(&resource));
        let scope = scope.map_err(|error| Refusal::new(StatusCode::BAD_REQUEST, error.to_string()))?;
        if !self.allow_list.allows(&resource) {
            let message = format!("{resource} is not allowed here; azml identity serve --allow {resource} allows it");
            return Err(Refusal::new(StatusCode::FORBIDDEN, message));
        }
        Ok(Wanted { resource, scopes: scope.into() })
    }

    /// Whether the request names this endpoint: a page whose own name leads here (DNS rebinding) names itself. Ports are not
    /// looked at, as a forwarded one is another.
    fn is_host(&self, head: &Parts) -> bool {
        let Some(hosts) = &self.hosts else { return true };
        let named = only(head, HOST).and_then(|value| value.to_str().ok()?.parse::<Authority>().ok());
        named.is_some_and(|named| hosts.iter().any(|host| host.eq_ignore_ascii_case(named.host())))
    }

    fn knows_header(&self, head: &Parts) -> bool {
        let value = only(head, IDENTITY_HEADER).map(HeaderValue::as_bytes).unwrap_or_default();
        value.ct_eq(self.header.expose().as_bytes()).into()
    }
}

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// Somebody asks too often.
    pub(super) fn too_often(wait: Duration) -> Self {
        let message = "this endpoint was asked for too many tokens; azml identity serve --rate allows more";
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// There is no token. What passes by itself is a status that Microsoft's clients try again; anything else is one that they show
    /// at once (observed: azure-identity 1.27 and @azure/identity 4.14 repeat 404, 408, 429 and most of 5xx).
    pub(super) fn of(error: &Error) -> Self {
        let status = match error.kind() {
            ErrorKind::Throttled => StatusCode::TOO_MANY_REQUESTS,
            _ if error.is_transient() => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::FORBIDDEN,
        };
        Self { retry_after: error.retry_after(), ..Self::new(status, report::sentence(error)) }
    }
}

/// The answer on the wire.
pub(super) fn response(answer: &Answer) -> Response<String> {
    let (status, body) = match answer {
        Ok(granted) => (StatusCode::OK, granted.json()),
        Err(Refusal { status, message, .. }) => {
            (*status, json!({"statusCode": status.as_u16(), "message": message}).to_string())
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if status == StatusCode::METHOD_NOT_ALLOWED {
        headers.insert(ALLOW, HeaderValue::from_static("GET"));
    }
    if let Err(Refusal { retry_after: Some(wait), .. }) = answer {
        headers.insert(RETRY_AFTER, HeaderValue::from(wait.as_secs() + u64::from(wait.subsec_nanos() > 0)));
    }
    response
}

impl Granted {
    fn json(&self) -> String {
        let token = self.token.secret().expose();
        let mut members = Map::from_iter([
            ("access_token".to_owned(), json!(token)),
            ("expires_on".to_owned(), json!(to_unix(self.token.expires_on()).to_string())),
            ("resource".to_owned(), json!(self.resource)),
            ("token_type".to_owned(), json!("Bearer")),
        ]);
        if let Some(client) = Claims::peek(token).ok().and_then(|claims| claims.appid) {
            members.insert("client_id".to_owned(), json!(client));
        }
        serde_json::Value::Object(members).to_string()
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
    use auth_core::clock::from_unix;
    use hyper::Request;
    use serde_json::Value;

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
          400 this endpoint serves the login of ada@contoso.example, and has no managed identity; ask again without client_id
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

    #[test]
    fn a_token_is_answered_in_the_words_of_app_service() {
        let token = AccessToken::new("e30.eyJhcHBpZCI6ImNsaWVudC0xIn0.c2ln", from_unix(1_893_456_000));
        let answer = response(&Ok(Granted { resource: "https://ml.azure.com".to_owned(), token }));
        assert_eq!((answer.status(), &answer.headers()[CACHE_CONTROL]), (StatusCode::OK, &"no-store".parse().unwrap()));
        let expected = json!({
            "access_token": "e30.eyJhcHBpZCI6ImNsaWVudC0xIn0.c2ln",
            "client_id": "client-1",
            "expires_on": "1893456000",
            "resource": "https://ml.azure.com",
            "token_type": "Bearer",
        });
        assert_eq!(serde_json::from_str::<Value>(answer.body()).unwrap(), expected);
        let opaque = Granted { resource: "r".to_owned(), token: AccessToken::new("opaque", from_unix(1)) };
        assert!(!response(&Ok(opaque)).body().contains("client_id"));
    }

    #[test]
    fn only_what_passes_by_itself_is_worth_another_try() {
        let of = |error: Error| response(&Err(Refusal::of(&error)));
        let signed_out = of(Error::new(ErrorKind::Interaction, "nobody is signed in").with_help("azml login"));
        let told = json!({"statusCode": 403, "message": "nobody is signed in; next: azml login"});
        assert_eq!(serde_json::from_str::<Value>(signed_out.body()).unwrap(), told);
        for (kind, expected) in [
            (ErrorKind::Network, 503),
            (ErrorKind::Timeout, 503),
            (ErrorKind::Throttled, 429),
            (ErrorKind::Rejected, 403),
            (ErrorKind::Store, 403),
        ] {
            assert_eq!(of(Error::new(kind, "x")).status(), expected, "{kind:?}");
        }
        let patience = Error::new(ErrorKind::Throttled, "x").with_retry_after(Some(Duration::from_secs(7)));
        assert_eq!(of(patience).headers()[RETRY_AFTER], "7");
        let often = response(&Err(Refusal::too_often(Duration::from_millis(1))));
        assert_eq!(
            (often.status(), &often.headers()[RETRY_AFTER]),
            (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap())
        );
    }
}
