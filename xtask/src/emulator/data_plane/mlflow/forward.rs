//! A real tracking server answers. It learns nothing of tokens.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};

use super::MlflowError;

/// How long it may take.
const DEADLINE: Duration = Duration::from_secs(30);

pub(super) async fn forward(
    server: &str,
    path: &str,
    (method, uri, headers, body): (&Method, &Uri, &HeaderMap, Bytes),
) -> Response {
    let query = uri.query().map(|query| format!("?{query}")).unwrap_or_default();
    let url = format!("{}/{path}{query}", server.trim_end_matches('/'));
    match ask(method, &url, headers, body).await {
        Ok(response) => response,
        Err(error) => {
            let message = format!("The tracking server does not answer: {error}.");
            MlflowError { status: StatusCode::BAD_GATEWAY, code: "TEMPORARILY_UNAVAILABLE", message }.into_response()
        }
    }
}

async fn ask(method: &Method, url: &str, headers: &HeaderMap, body: Bytes) -> Result<Response, reqwest::Error> {
    let client = reqwest::Client::builder().no_proxy().timeout(DEADLINE).build()?;
    let mut request = client.request(method.clone(), url).body(body);
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        request = request.header(header::CONTENT_TYPE, kind);
    }
    let answer = request.send().await?;
    let (status, kind) = (answer.status(), answer.headers().get(header::CONTENT_TYPE).cloned());
    let mut response = Response::new(Body::from(answer.bytes().await?));
    *response.status_mut() = status;
    if let Some(kind) = kind {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    Ok(response)
}
