//! What Azure Resource Manager says when it refuses.

use std::fmt;
use std::sync::Arc;

use auth_core::claims::Challenge;
use auth_core::{AccessToken, Cloud, EntraError, Error, ErrorKind, SignInCommand, Tenant, TokenRequest};
use reqwest::StatusCode;
use reqwest::header::HeaderMap;
use serde_json::Value;
use url::Url;

use super::error_body::{self, ErrorDetail, one_line, without_markup};
use super::exchange::Answer;

/// A refusal of Azure Resource Manager: the source of the [`Error`] that reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArmError {
    service: &'static str,
    status: u16,
    code: Option<String>,
    message: Option<String>,
    details: Vec<ErrorDetail>,
    request_id: Option<String>,
    correlation_id: Option<String>,
}

impl ArmError {
    /// The refusal behind an error, if there is one.
    pub fn of(error: &Error) -> Option<&Self> {
        let mut cause = std::error::Error::source(error);
        while let Some(error) = cause {
            let shared = error.downcast_ref::<Arc<dyn std::error::Error + Send + Sync>>();
            let found = error.downcast_ref().or_else(|| shared.and_then(|shared| shared.downcast_ref()));
            if found.is_some() {
                return found;
            }
            cause = error.source();
        }
        None
    }

    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The error code, such as `AuthorizationFailed`.
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// What it said, on one line.
    pub fn message(&self) -> Option<&str> {
        self.message.as_deref()
    }

    /// Finds the request in Microsoft's logs.
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }

    /// Finds the request in Microsoft's logs, and the others that belong to it.
    pub fn correlation_id(&self) -> Option<&str> {
        self.correlation_id.as_deref()
    }

    /// The reasons, as far as they are told: of a request that does not fit, each of its mistakes.
    pub fn details(&self) -> &[ErrorDetail] {
        &self.details
    }

    /// A failure that a successful answer tells about, such as that of an operation.
    pub(super) fn reported(answer: &Answer, body: &Value) -> Self {
        Self::new(answer, body)
    }

    fn read(answer: &Answer) -> Self {
        if let Ok(body) = serde_json::from_slice(&answer.body) {
            return Self::new(answer, &body);
        }
        let page = one_line(&without_markup(&String::from_utf8_lossy(&answer.body)));
        Self { message: Some(page).filter(|text| !text.is_empty()), ..Self::new(answer, &Value::Null) }
    }

    fn new(answer: &Answer, body: &Value) -> Self {
        let header = |name: &str| header(&answer.headers, name);
        let (said, details) = error_body::read(body);
        Self {
            service: answer.service,
            status: answer.status.as_u16(),
            code: said.code.or_else(|| header("x-ms-error-code")),
            message: said.message,
            details,
            request_id: header("x-ms-request-id"),
            correlation_id: header("x-ms-correlation-request-id"),
        }
    }
}

impl fmt::Display for ArmError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code.as_deref();
        match self.status {
            // A failure that is told later, when the request itself was a success long since.
            200..300 => write!(f, "{} reports {}", self.service, code.unwrap_or("a failure"))?,
            status => {
                write!(f, "{} answered {status}", self.service)?;
                code.map_or(Ok(()), |code| write!(f, " {code}"))?;
            }
        }
        if let Some(message) = &self.message {
            write!(f, ": {}", message.trim_end_matches('.'))?;
        }
        for detail in self.details.iter().filter(|detail| detail.message.is_some() && detail.message != self.message) {
            write!(f, "; {detail}")?;
        }
        Ok(())
    }
}

impl std::error::Error for ArmError {}

/// Whether the token is good but of another tenant than the subscription's; another token of the same one is no use then.
pub(super) fn is_wrong_tenant(answer: &Answer) -> bool {
    ArmError::read(answer).code() == Some("InvalidAuthenticationTokenTenant")
}

/// The error for an answer that is not a success, to a request with this token, the answer to what was asked; if one was sent.
pub(super) fn refusal(url: &Url, answer: &Answer, sent: Option<(&TokenRequest, &AccessToken)>, cloud: &Cloud) -> Error {
    let tenant = sent.and_then(|(asked, token)| asked.requested_tenant().or(token.tenant()));
    let arm = ArmError::read(answer);
    let host = url.host_str().unwrap_or_default();
    let challenge = Challenge::from_headers(&answer.headers);
    let demanded = challenge.claims().filter(|_| answer.status == StatusCode::UNAUTHORIZED);
    let kind = match answer.status {
        _ if demanded.is_some() => ErrorKind::Interaction,
        StatusCode::TOO_MANY_REQUESTS => ErrorKind::Throttled,
        status if status.is_server_error() => ErrorKind::Network,
        status if status.is_client_error() => ErrorKind::Rejected,
        _ => ErrorKind::Protocol,
    };
    let what = match answer.status {
        _ if is_wrong_tenant(answer) => "it wants a token of another tenant",
        _ if demanded.is_some() => "it demands another sign-in",
        StatusCode::UNAUTHORIZED if sent.is_none() => "it does not let anybody in without the right key",
        StatusCode::UNAUTHORIZED => "it does not accept the token",
        StatusCode::FORBIDDEN => "the permission is missing",
        StatusCode::NOT_FOUND => "there is no such resource",
        StatusCode::TOO_MANY_REQUESTS => "too many requests",
        status if status.is_server_error() => "it has a problem of its own",
        _ => "it does not take the request",
    };
    let mut error = Error::new(kind, format!("{host} refused: {what}"))
        .with_retry_after(answer.retry_after)
        .with_status(answer.status.as_u16());
    // Another sign-in is no use where none was sent.
    let is_known = sent.is_some() || !matches!(answer.status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN);
    if let Some(help) = help(answer, &arm, tenant, cloud, demanded).filter(|_| is_known) {
        error = error.with_help(help);
    }
    if let Some(id) = arm.correlation_id().or(arm.request_id()) {
        error = error.with_correlation_id(id);
    }
    if let Some(claims) = demanded {
        error = error.with_entra(EntraError {
            error: "insufficient_claims".to_owned(),
            claims: Some(claims.to_owned()),
            tenant: tenant.cloned(),
            scopes: sent.map(|(asked, _)| asked.scopes().clone()),
            ..EntraError::default()
        });
    }
    error.with_source(arm)
}

fn help(
    answer: &Answer,
    arm: &ArmError,
    tenant: Option<&Tenant>,
    cloud: &Cloud,
    demanded: Option<&str>,
) -> Option<String> {
    let sign_in = SignInCommand::new(cloud);
    Some(match answer.status {
        _ if is_wrong_tenant(answer) => match tenant_in(answer, arm, cloud) {
            Some(tenant) => format!("sign in to that tenant: {}", sign_in.tenant(&tenant)),
            None => format!("sign in to the subscription's tenant: {sign_in} --tenant TENANT"),
        },
        _ if demanded.is_some() => {
            format!("sign in again: {}", sign_in.tenant(tenant).claims(demanded))
        }
        StatusCode::UNAUTHORIZED => format!("sign in again: {} --force", sign_in.tenant(tenant)),
        StatusCode::FORBIDDEN => {
            "ask an owner of the resource for a role such as Reader or AzureML Data Scientist; azml account show tells who you are"
                .to_owned()
        }
        StatusCode::TOO_MANY_REQUESTS => match answer.retry_after {
            Some(wait) => format!("try again in {} s", wait.as_secs()),
            None => "try again in a minute".to_owned(),
        },
        status if status.is_server_error() => "try again in a minute".to_owned(),
        _ => return None,
    })
}

fn tenant_in(answer: &Answer, arm: &ArmError, cloud: &Cloud) -> Option<Tenant> {
    let in_message = || {
        let (_, after) = arm.message()?.split_once("must match")?;
        after.split(['/', '\'', ' ']).find_map(|word| Tenant::parse(word).ok().filter(Tenant::is_id))
    };
    in_message().or_else(|| Challenge::from_headers(&answer.headers).tenant(cloud))
}

fn header(headers: &HeaderMap, name: &str) -> Option<String> {
    Some(one_line(headers.get(name)?.to_str().ok()?)).filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { body: body.into(), ..Answer::empty(StatusCode::from_u16(status).unwrap()) }
    }

    fn refused(url: &str, answer: &Answer) -> Error {
        let cloud = Cloud::public();
        let token = AccessToken::new("t", auth_core::clock::from_unix(4_000_000_000));
        refusal(&Url::parse(url).unwrap(), answer, Some((&TokenRequest::arm(&cloud), &token)), &cloud)
    }

    fn read(body: &str) -> (Option<String>, Option<String>) {
        let error = ArmError::read(&answer(400, body));
        (error.code, error.message)
    }

    #[test]
    fn code_and_message_are_found_in_every_shape() {
        let cases = [
            (r#"{"error":{"code":"C","message":"M"}}"#, Some("C"), Some("M")),
            (r#"{"Error":{"Code":"C","Message":"M"}}"#, Some("C"), Some("M")),
            (r#"{"code":"C","message":"M\r\n  next\u0007 line"}"#, Some("C"), Some("M next line")),
            (r#"{"error_code":"RESOURCE_DOES_NOT_EXIST","message":"M"}"#, Some("RESOURCE_DOES_NOT_EXIST"), Some("M")),
            (r#"{"error":"invalid_token","error_description":"M"}"#, Some("invalid_token"), Some("M")),
            (r#"{"odata.error":{"code":"C","message":{"lang":"en","value":"M"}}}"#, Some("C"), Some("M")),
            (r#"{"error":{"code":"C","details":[{"code":"D"},{"message":"M"}]}}"#, Some("C"), Some("M")),
            (r#"{"error":{"code":42,"message":""}}"#, Some("42"), None),
            (r#"{"error":null}"#, None, None),
            ("[]", None, None),
            ("\"text\"", None, None),
            ("", None, None),
            (
                "<html><head><title>502</title></head><body>Bad <b>Gateway</b></body></html>",
                None,
                Some("502 Bad Gateway"),
            ),
            ("upstream connect error", None, Some("upstream connect error")),
        ];
        for (body, code, message) in cases {
            assert_eq!(read(body), (code.map(Into::into), message.map(Into::into)), "{body}");
        }
    }

    #[test]
    fn every_reason_is_told_however_deep_it_lies() {
        let detail =
            |code: &str, message: &str, target: &str| json!({"code": code, "message": message, "target": target});
        let mut outer = detail("ValidationFailed", "Two members do not fit.", "properties");
        outer["details"] = json!([detail("Required", "It is missing.", "vmSize"), {"code": "TooSmall"}]);
        let body = json!({"error": {
            "code": "BadRequest", "message": "No.", "details": [outer], "innererror": {"code": "A", "innerError": {"code": "B"}},
        }});
        let error = ArmError::read(&answer(400, &body.to_string()));
        let codes: Vec<_> = error.details().iter().filter_map(|detail| detail.code.as_deref()).collect();
        assert_eq!(codes, ["ValidationFailed", "Required", "TooSmall", "A", "B"]);
        assert_eq!(
            error.to_string(),
            "Azure Resource Manager answered 400 BadRequest: No; properties: ValidationFailed: Two members do not fit; \
             vmSize: Required: It is missing"
        );
        let mut endless = json!({"message": "x"});
        for _ in 0..12 {
            endless = json!({"message": "x", "details": [endless, endless]});
        }
        assert!(ArmError::reported(&answer(200, ""), &endless).details().len() <= 20);
    }

    #[test]
    fn a_long_message_is_cut() {
        let (_, message) = read(&format!(r#"{{"message":"{}"}}"#, "ä".repeat(5000)));
        assert_eq!(message.unwrap().chars().count(), 1003);
    }

    #[test]
    fn the_refusal_is_found_behind_the_error_and_carries_the_ids() {
        let mut answer = answer(403, r#"{"error":{"code":"AuthorizationFailed","message":"No."}}"#);
        answer.headers.insert("x-ms-request-id", "r-1".parse().unwrap());
        answer.headers.insert("x-ms-correlation-request-id", "c-1".parse().unwrap());
        let error = refused("https://management.azure.com/x", &answer);
        assert_eq!(error.kind(), ErrorKind::Rejected);
        let arm = ArmError::of(&error).unwrap();
        assert_eq!((arm.status(), arm.code(), arm.message()), (403, Some("AuthorizationFailed"), Some("No.")));
        assert_eq!((arm.request_id(), arm.correlation_id()), (Some("r-1"), Some("c-1")));
        assert_eq!(arm.to_string(), "Azure Resource Manager answered 403 AuthorizationFailed: No");
        assert!(ArmError::of(&Error::new(ErrorKind::Rejected, "x").with_source(error)).is_some());
        assert!(ArmError::of(&Error::new(ErrorKind::Rejected, "x")).is_none());
    }

    #[test]
    fn the_tenant_that_a_subscription_trusts_is_named() {
        let id = "8c4d7b20-61fe-4f3a-b522-0000000fab02";
        let message = format!(
            "The access token is from the wrong issuer 'https://sts.windows.net/3f2a9c1e-5b7d-4e60-9a11-0000000c0501/'. It must match \
             the tenant 'https://sts.windows.net/{id}/' associated with this subscription."
        );
        let body = json!({"error": {"code": "InvalidAuthenticationTokenTenant", "message": message}});
        let error = refused("https://management.azure.com/x", &answer(401, &body.to_string()));
        assert_eq!(error.to_string(), "management.azure.com refused: it wants a token of another tenant");
        assert_eq!(error.help(), Some(format!("sign in to that tenant: azml login --tenant {id}").as_str()));
    }

    #[test]
    fn the_kind_follows_the_status() {
        let kind = |status| {
            let error = refused("https://h/", &answer(status, ""));
            (error.kind(), error.is_transient())
        };
        assert_eq!(kind(404), (ErrorKind::Rejected, false));
        assert_eq!(kind(429), (ErrorKind::Throttled, true));
        assert_eq!(kind(503), (ErrorKind::Network, true));
        assert_eq!(kind(302), (ErrorKind::Protocol, false));
    }
}
