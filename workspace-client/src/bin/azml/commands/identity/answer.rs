//! What a client gets, in the words of App Service.

use std::time::Duration;

use auth_core::claims::Claims;
use auth_core::clock::to_unix;
use auth_core::{AccessToken, Error, ErrorKind};
use hyper::header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE, HeaderValue, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS};
use hyper::{Response, StatusCode};
use serde_json::{Map, json};

use crate::report;

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

impl Refusal {
    pub(super) fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), retry_after: None }
    }

    /// Somebody asks too often.
    pub(super) fn too_often(wait: Duration) -> Self {
        let message = "this endpoint was asked for too many tokens; azml identity serve --rate allows more";
        Self { retry_after: Some(wait), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }

    /// There is no token. What passes by itself gets a status that Microsoft's clients try again; everything else one that they
    /// show at once, so not 408, 429 or 5xx (observed: azure-identity 1.27), nor 404 (observed: msal-node 5).
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

#[cfg(test)]
mod tests {
    use auth_core::clock::from_unix;
    use serde_json::Value;

    use super::*;

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
