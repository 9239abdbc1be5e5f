//! What Blob Storage says when it refuses.

use std::fmt;

use auth_core::{Error, ErrorKind};
use object_store::client::HttpResponse;
use reqwest::StatusCode;

use super::access::Access;

/// A refusal of Blob Storage, with what a person may read of it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    host: String,
    with: With,
    status: StatusCode,
    code: Option<String>,
    request: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum With {
    Nothing,
    Sas,
    Token,
}

impl Refusal {
    /// Reads an answer. Only its code is kept: the rest may repeat what was sent, and the code says it all.
    pub(super) async fn read(host: &str, access: &Access, answer: HttpResponse) -> Self {
        let header = |name| answer.headers().get(name)?.to_str().ok().map(ToOwned::to_owned);
        let (status, code, request) = (answer.status(), header("x-ms-error-code"), header("x-ms-request-id"));
        let code = match code {
            Some(code) => Some(code),
            None => answer.into_body().bytes().await.ok().and_then(|body| code_in(&String::from_utf8_lossy(&body))),
        };
        let with = match access {
            Access::Anonymous => With::Nothing,
            Access::Identity(_) => With::Token,
            Access::Sas(_) => With::Sas,
        };
        Self {
            host: host.to_owned(),
            with,
            status,
            code: code.filter(|code| is_word(code)),
            request: request.filter(|id| is_word(id)),
        }
    }

    /// The refusal behind an error of the library, if there is one.
    pub(super) fn of(error: &object_store::Error) -> Option<&Self> {
        source(error)
    }

    /// Whether the blob, and not only what it lies in, is missing.
    pub(super) fn is_missing_blob(&self) -> bool {
        // The answer to HEAD has no body, and not every server sends the header.
        self.status == StatusCode::NOT_FOUND && self.code.as_deref().is_none_or(|code| code == "BlobNotFound")
    }

    /// Whether a blob is there already that should have been new.
    pub(super) fn is_existing_blob(&self) -> bool {
        let is_told = self.status == StatusCode::CONFLICT && self.code.as_deref() == Some("BlobAlreadyExists");
        is_told || self.is_other_version()
    }

    /// Whether a condition was not met.
    pub(super) fn is_other_version(&self) -> bool {
        self.status == StatusCode::PRECONDITION_FAILED
            && self.code.as_deref().is_none_or(|code| code == "ConditionNotMet")
    }

    pub(super) fn is_transient(&self) -> bool {
        let waits = [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT];
        self.status.is_server_error() || waits.contains(&self.status)
    }

    /// As an error about this blob.
    fn about(&self, blob: &str) -> Error {
        let (kind, why, help) = self.meaning();
        let status = self.status.as_u16();
        let code = self.code.as_deref().map(|code| format!(" {code}")).unwrap_or_default();
        let error = Error::new(kind, format!("{} refused {blob}: {why} ({status}{code})", self.host));
        let error = error.with_help(help).with_status(status).with_transient(self.is_transient());
        if let Some(request) = &self.request { error.with_correlation_id(request) } else { error }
    }

    /// The codes that people come across (Microsoft, "Status and error codes", "Blob Storage error codes").
    fn meaning(&self) -> (ErrorKind, &'static str, &'static str) {
        use ErrorKind::{Network, Protocol, Rejected, Throttled};
        const NETWORK: &str =
            "check Networking of the storage account in the Azure portal: whether it lets this machine in";
        const ROLE: &str =
            "ask its owner for the role Storage Blob Data Contributor on the storage account or the container";
        const SAS: &str = "ask for a new SAS for this container, with the permissions read, create, write and list";
        const SIGN_IN: &str = "use a SAS, or an identity";
        let code = self.code.as_deref().unwrap_or_default();
        match (code, self.with, self.status.as_u16()) {
            ("AuthorizationFailure", With::Token, _) => {
                (Rejected, "its network rules, or the roles of this identity, forbid it", NETWORK)
            }
            ("AuthorizationFailure", With::Sas, _) => {
                (Rejected, "its network rules, or those of the SAS, forbid it", NETWORK)
            }
            ("AuthorizationPermissionMismatch", With::Token, _) => (Rejected, "this identity has no role for it", ROLE),
            (
                "AuthorizationPermissionMismatch"
                | "AuthorizationServiceMismatch"
                | "AuthorizationResourceTypeMismatch",
                With::Sas,
                _,
            ) => (Rejected, "the SAS does not allow it", SAS),
            ("ContainerNotFound", ..) => (Rejected, "there is no such container", "check the URL of the container"),
            ("BlobNotFound", ..) => (Rejected, "there is no such blob", "check its name; upper and lower case differ"),
            ("KeyBasedAuthenticationNotPermitted", ..) => {
                (Rejected, "it takes no SAS that was signed with its key", "sign in instead")
            }
            ("NoAuthenticationInformation" | "PublicAccessNotPermitted" | "ResourceNotFound", With::Nothing, _) => {
                (Rejected, "it lets nobody in without a name", SIGN_IN)
            }
            ("ConditionNotMet", ..) | (_, _, 412) => (Rejected, "it was changed meanwhile", "start again"),
            ("AuthenticationFailed", With::Sas, _) | (_, With::Sas, 401 | 403) => {
                (Rejected, "it does not accept the SAS, which may have expired", SAS)
            }
            (_, With::Token, 401) => (
                Rejected,
                "it does not accept the token",
                "sign in to the tenant of the storage account: azml login --tenant",
            ),
            (_, With::Token, 403) => (Rejected, "this identity may not do it", ROLE),
            (_, With::Nothing, 401 | 403) => (Rejected, "it lets nobody in without a name", SIGN_IN),
            (_, _, 404) => (Rejected, "there is no such thing", "check the URL of the container, and the name"),
            (_, _, 429 | 503) => {
                (Throttled, "it is busy", "wait a minute, and start again: what is done is not done twice")
            }
            (_, _, 500..) => (Network, "it failed", "wait a minute, and start again: what is done is not done twice"),
            (_, _, 300..=399) => (
                Protocol,
                "it leads elsewhere, where neither a SAS nor a token must go",
                "check the URL of the container",
            ),
            _ => (Rejected, "it does not take the request", "check the URL of the container, and the name"),
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} answered with {} {}", self.host, self.status.as_u16(), self.code.as_deref().unwrap_or_default())
    }
}

impl std::error::Error for Refusal {}

/// An error of the library, as one about this blob. Its own text may hold whole answers, and is left out.
pub(super) fn explained(error: &object_store::Error, host: &str, blob: &str) -> Error {
    if let Some(refusal) = Refusal::of(error) {
        return refusal.about(blob);
    }
    if let Some(error) = source::<Error>(error) {
        return error.clone();
    }
    match source::<object_store::path::Error>(error) {
        Some(_) => {
            Error::new(ErrorKind::Protocol, format!("{host} has a blob in {blob} whose name cannot be one of a file"))
                .with_help("name a folder or a blob that has none such in it")
        }
        None => Error::new(ErrorKind::Protocol, format!("the answer of {host} about {blob} cannot be understood")),
    }
}

/// The first cause of this type.
fn source<T: std::error::Error + 'static>(error: &object_store::Error) -> Option<&T> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(found) = error.downcast_ref() {
            return Some(found);
        }
        cause = error.source();
    }
    None
}

fn code_in(body: &str) -> Option<String> {
    let (_, rest) = body.split_once("<Code>")?;
    Some(rest.split_once("</Code>")?.0.to_owned())
}

/// Codes and ids are; anything else is not shown.
fn is_word(text: &str) -> bool {
    !text.is_empty() && text.len() <= 64 && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
}
