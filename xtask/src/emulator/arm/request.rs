//! A request to Azure Resource Manager, taken apart.

use std::collections::BTreeMap;

use axum::http::{HeaderMap, Method};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::super::state::State as Memory;
use super::error::ArmError;

/// A request. Paths are compared without regard to case, as Azure does.
pub(super) struct ArmRequest<'a> {
    pub(super) method: &'a Method,
    /// What links in answers start with.
    pub(super) origin: &'a str,
    pub(super) path: &'a str,
    pub(super) query: BTreeMap<String, String>,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
}

impl ArmRequest<'_> {
    /// A parameter of the query.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, ArmError> {
        serde_json::from_slice(self.body).map_err(|error| ArmError::unreadable_body(&error))
    }

    /// The body as JSON, which may be missing.
    pub(super) fn optional_json(&self) -> Result<Value, ArmError> {
        if self.body.is_empty() { Ok(json!({})) } else { self.json() }
    }

    /// One page of a list. The link to the next one goes to the host that was asked.
    pub(super) fn page(&self, memory: &Memory, items: &[Value]) -> Result<Value, ArmError> {
        self.page_of("value", memory, items)
    }

    /// One page of a list whose items lie in this member.
    pub(super) fn page_of(&self, member: &str, memory: &Memory, items: &[Value]) -> Result<Value, ArmError> {
        let start = match self.parameter("$skip").or_else(|| self.parameter("$skiptoken")) {
            Some(token) => {
                skipped(token).filter(|start| *start <= items.len()).ok_or_else(|| ArmError::bad_skip_token(token))?
            }
            None => 0,
        };
        let wanted = ["count", "pageSize"].iter().filter_map(|name| self.parameter(name)?.parse().ok()).min();
        let size = memory.world.page_size.min(wanted.unwrap_or(usize::MAX)).max(1);
        let end = items.len().min(start + size);
        let mut page = json!({member: items[start..end]});
        if end < items.len() {
            let mut query = self.query.clone();
            query.insert("$skip".into(), URL_SAFE_NO_PAD.encode(format!("from:{end}")));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(&query).finish();
            page["nextLink"] = json!(format!("{}{}?{query}", self.origin, self.path));
        }
        Ok(page)
    }
}

/// The segments of a path, decoded after it was taken apart, so that an encoded slash stays in its name.
pub(super) fn segments(path: &str) -> Vec<String> {
    path.split('/').filter(|segment| !segment.is_empty()).map(percent_decoded).collect()
}

fn skipped(token: &str) -> Option<usize> {
    let token = String::from_utf8(URL_SAFE_NO_PAD.decode(token).ok()?).ok()?;
    token.strip_prefix("from:")?.parse().ok()
}

fn percent_decoded(segment: &str) -> String {
    // The form decoder does percent sequences; a plus in a path is a plus, and so are its other signs.
    let pair = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
    url::form_urlencoded::parse(pair.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}
