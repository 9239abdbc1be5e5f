//! The list of the blobs in a container.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use axum::response::{IntoResponse as _, Response};

use super::call::Call;
use super::read::date;
use super::store::Blob;

/// One page of these blobs, in the form of Azure Blob Storage.
pub(super) fn answer(call: &Call<'_>, blobs: &BTreeMap<String, Blob>) -> Response {
    let [prefix, delimiter, marker] = ["prefix", "delimiter", "marker"].map(|name| call.parameter(name));
    let most = call.parameter("maxresults").parse().ok().filter(|most| *most > 0).unwrap_or(5000);
    let with_metadata = call.parameter("include").split(',').any(|part| part == "metadata");
    let mut folders = BTreeSet::new();
    let (mut items, mut next, mut count) = (String::new(), "", 0);
    for (name, blob) in blobs.iter().filter(|(name, _)| name.as_str() >= marker) {
        let folder = (!delimiter.is_empty()).then(|| name[prefix.len()..].split_once(delimiter)).flatten();
        if folder.is_some_and(|(folder, _)| folders.contains(folder)) {
            continue;
        }
        if count == most {
            next = name;
            break;
        }
        count += 1;
        if let Some((folder, _)) = folder {
            folders.insert(folder);
            let shown = escaped(&format!("{prefix}{folder}{delimiter}"));
            let _ = write!(items, "<BlobPrefix><Name>{shown}</Name></BlobPrefix>");
        } else {
            write_blob(&mut items, name, blob, with_metadata);
        }
    }
    let body = format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ContainerName=\"{}\"><Prefix>{}</Prefix>\
         <Blobs>{items}</Blobs><NextMarker>{}</NextMarker></EnumerationResults>",
        escaped(&call.container),
        escaped(prefix),
        escaped(next),
    );
    ([("content-type", "application/xml")], body).into_response()
}

fn write_blob(items: &mut String, name: &str, blob: &Blob, with_metadata: bool) {
    let md5 = blob.md5.as_ref().map(|md5| format!("<Content-MD5>{}</Content-MD5>", escaped(md5))).unwrap_or_default();
    let mut metadata = String::new();
    for (name, value) in blob.metadata.iter().filter(|_| with_metadata) {
        let _ = write!(metadata, "<{name}>{}</{name}>", escaped(value));
    }
    let _ = write!(
        items,
        "<Blob><Name>{}</Name><Properties><Creation-Time>{written}</Creation-Time><Last-Modified>{written}</Last-Modified>\
         <Etag>{}</Etag><Content-Length>{}</Content-Length><Content-Type>{}</Content-Type>{md5}<BlobType>BlockBlob</BlobType>\
         <LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties><Metadata>{metadata}</Metadata></Blob>",
        escaped(name),
        blob.etag.trim_matches('"'),
        blob.content.len(),
        escaped(&blob.content_type),
        written = date(blob.written),
    );
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
