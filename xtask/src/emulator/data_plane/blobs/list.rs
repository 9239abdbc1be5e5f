//! The list of the blobs in a container.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};

/// One page of the blobs whose names begin with the prefix, in the form of Azure Blob Storage.
pub(super) fn answer(container: &str, query: &BTreeMap<String, String>, blobs: &[(String, Vec<u8>)]) -> Response {
    let parameter = |name: &str| query.get(name).map(String::as_str).unwrap_or_default();
    let [prefix, delimiter, marker] = ["prefix", "delimiter", "marker"].map(parameter);
    let most = parameter("maxresults").parse().unwrap_or(5000);
    let mut folders = BTreeSet::new();
    let mut items = String::new();
    let mut next = "";
    let (mut count, found) = (0, blobs.iter().filter(|(name, _)| name.starts_with(prefix) && name.as_str() >= marker));
    for (name, content) in found {
        if count == most {
            next = name;
            break;
        }
        let folder = (!delimiter.is_empty()).then(|| name[prefix.len()..].split_once(delimiter)).flatten();
        if let Some((folder, _)) = folder {
            if folders.insert(folder) {
                let _ = write!(
                    items,
                    "<BlobPrefix><Name>{}</Name></BlobPrefix>",
                    escaped(&format!("{prefix}{folder}{delimiter}"))
                );
                count += 1;
            }
            continue;
        }
        let _ = write!(
            items,
            "<Blob><Name>{}</Name><Properties><Creation-Time>{written}</Creation-Time><Last-Modified>{written}</Last-Modified>\
             <Etag>{etag}</Etag><Content-Length>{}</Content-Length><Content-Type>text/plain</Content-Type><BlobType>BlockBlob</BlobType>\
             <LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties><Metadata /></Blob>",
            escaped(name),
            content.len(),
            written = super::WRITTEN,
            etag = super::etag(content).trim_matches('"'),
        );
        count += 1;
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"{container}\"><Prefix>{}</Prefix>\
         <Blobs>{items}</Blobs><NextMarker>{}</NextMarker></EnumerationResults>",
        escaped(prefix),
        escaped(next),
    );
    ([("content-type", "application/xml")], body).into_response()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
