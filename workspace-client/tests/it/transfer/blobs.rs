//! As much of Blob Storage as the transfers use.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use auth_core::Secret;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use md5::{Digest as _, Md5};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate, matchers};
use workspace_client::transfer::Container;

pub(super) const SAS: &str = "sv=2024-11-04&sp=rcwl&sig=canary%2Bsignature%3D";

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Blob {
    pub(super) content: Vec<u8>,
    /// Headers that tell about it, such as `x-ms-meta-name`.
    pub(super) headers: BTreeMap<String, String>,
    version: u32,
}

#[derive(Debug, Default)]
struct State {
    blobs: BTreeMap<String, Blob>,
    blocks: BTreeMap<String, Vec<u8>>,
    answers: Vec<ResponseTemplate>,
}

/// A container whose blobs a test can see.
pub(super) struct Blobs {
    server: MockServer,
    state: Arc<Mutex<State>>,
}

struct Answering(Arc<Mutex<State>>);

impl Blobs {
    pub(super) async fn start() -> Self {
        let (server, state) = (MockServer::start().await, Arc::<Mutex<State>>::default());
        Mock::given(matchers::any()).respond_with(Answering(state.clone())).mount(&server).await;
        Self { server, state }
    }

    pub(super) fn url(&self) -> String {
        format!("{}/account/box", self.server.uri())
    }

    pub(super) fn container(&self) -> Container {
        Container::from_sas_uri(&Secret::new(format!("{}?{SAS}", self.url()))).unwrap()
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.state.lock().unwrap().blobs.keys().cloned().collect()
    }

    pub(super) fn blob(&self, name: &str) -> Blob {
        self.state.lock().unwrap().blobs[name].clone()
    }

    pub(super) fn put(&self, name: &str, content: &[u8]) {
        let mut blob = Blob { content: content.to_vec(), ..Blob::default() };
        blob.headers.insert("content-md5".into(), md5(content));
        let mut state = self.state.lock().unwrap();
        blob.version = state.blobs.get(name).map_or(0, |earlier| earlier.version + 1);
        state.blobs.insert(name.into(), blob);
    }

    /// The next requests are answered with these.
    pub(super) fn answer_with(&self, answers: impl IntoIterator<Item = ResponseTemplate>) {
        self.state.lock().unwrap().answers.extend(answers);
    }

    pub(super) async fn requests(&self) -> Vec<Request> {
        self.server.received_requests().await.unwrap()
    }

    /// What was asked so far, such as `PUT src/a`, without parameters that differ by chance.
    pub(super) async fn asked(&self) -> Vec<String> {
        let requests = self.requests().await;
        let shown = requests.iter().map(|request| {
            let comp = request.url.query_pairs().find(|(name, _)| name == "comp").map(|(_, comp)| format!(" {comp}"));
            format!("{} {}{}", request.method, name(request), comp.unwrap_or_default())
        });
        shown.collect()
    }

    pub(super) async fn forget_requests(&self) {
        self.server.reset().await;
        Mock::given(matchers::any()).respond_with(Answering(self.state.clone())).mount(&self.server).await;
    }
}

pub(super) fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| value.to_str().unwrap())
}

pub(super) fn md5(content: &[u8]) -> String {
    BASE64_STANDARD.encode(Md5::digest(content))
}

pub(super) fn refusal(status: u16, code: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).insert_header("x-ms-error-code", code).insert_header("x-ms-request-id", "some-id")
}

fn name(request: &Request) -> String {
    let path = request.url.path().trim_start_matches("/account/box").trim_start_matches('/');
    let path = path.replace('+', "%2B");
    let decoded = url::form_urlencoded::parse(path.as_bytes()).next();
    decoded.map(|(name, _)| name.into_owned()).unwrap_or_default()
}

impl Respond for Answering {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut state = self.0.lock().unwrap();
        if !state.answers.is_empty() {
            return state.answers.remove(0);
        }
        let query: BTreeMap<_, _> = request.url.query_pairs().into_owned().collect();
        let comp = query.get("comp").map_or("", String::as_str);
        match (request.method.as_str(), comp) {
            ("GET", "list") => state.list(query.get("prefix").map_or("", String::as_str)),
            ("GET" | "HEAD", _) => state.read(request),
            ("PUT", "block") => {
                state.blocks.insert(query["blockid"].clone(), request.body.clone());
                created()
            }
            ("PUT", "blocklist") => {
                let list = String::from_utf8(request.body.clone()).unwrap();
                let ids = list.split('<').filter_map(|tag| {
                    tag.split_once('>').filter(|(name, _)| name.contains("committed") || *name == "Latest")
                });
                let content = ids
                    .filter(|(name, _)| !name.starts_with('/'))
                    .flat_map(|(_, id)| state.blocks[id].clone())
                    .collect();
                state.write(request, content)
            }
            _ => {
                if header(request, "if-none-match").is_some() && state.blobs.contains_key(&name(request)) {
                    return refusal(409, "BlobAlreadyExists");
                }
                state.write(request, request.body.clone())
            }
        }
    }
}

impl State {
    fn write(&mut self, request: &Request, content: Vec<u8>) -> ResponseTemplate {
        let kept = ["x-ms-meta-", "content-md5", "x-ms-blob-content-md5"];
        let headers =
            request.headers.iter().filter(|(name, _)| kept.iter().any(|start| name.as_str().starts_with(start)));
        let mut headers: BTreeMap<_, _> =
            headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        if let Some(md5) = headers.remove("x-ms-blob-content-md5") {
            headers.insert("content-md5".into(), md5);
        }
        let version = self.blobs.get(&name(request)).map_or(0, |earlier| earlier.version + 1);
        self.blobs.insert(name(request), Blob { content, headers, version });
        created()
    }

    fn read(&self, request: &Request) -> ResponseTemplate {
        let Some(blob) = self.blobs.get(&name(request)) else { return refusal(404, "BlobNotFound") };
        let tag = etag(blob);
        if header(request, "if-match").is_some_and(|wanted| wanted != tag) {
            return refusal(412, "ConditionNotMet");
        }
        let mut answer = ResponseTemplate::new(200).insert_header("etag", tag).insert_header("last-modified", MODIFIED);
        let Some(range) = header(request, "range") else {
            for (name, value) in &blob.headers {
                answer = answer.insert_header(name.as_str(), value.as_str());
            }
            // HEAD tells the length without the content; wiremock takes it from the body, but for an empty one.
            if blob.content.is_empty() {
                return answer.insert_header("content-length", "0");
            }
            return answer.set_body_bytes(blob.content.clone());
        };
        let (start, end) = range.strip_prefix("bytes=").unwrap().split_once('-').unwrap();
        let (start, end) = (start.parse::<usize>().unwrap(), end.parse::<usize>().unwrap());
        let content = &blob.content[start..=end];
        let place = format!("bytes {start}-{end}/{}", blob.content.len());
        let mut partial =
            ResponseTemplate::new(206).insert_header("etag", etag(blob)).insert_header("content-range", place);
        if header(request, "x-ms-range-get-content-md5").is_some() {
            partial = partial.insert_header("content-md5", md5(content));
        }
        partial.insert_header("last-modified", MODIFIED).set_body_bytes(content)
    }

    fn list(&self, prefix: &str) -> ResponseTemplate {
        use std::fmt::Write as _;
        let mut items = String::new();
        for (name, blob) in self.blobs.iter().filter(|(name, _)| name.starts_with(prefix)) {
            let (length, tag) = (blob.content.len(), etag(blob));
            write!(
                items,
                "<Blob><Name>{name}</Name><Properties><Last-Modified>{MODIFIED}</Last-Modified><Etag>{tag}</Etag>\
                 <Content-Length>{length}</Content-Length><Content-Type>application/octet-stream</Content-Type></Properties></Blob>"
            )
            .unwrap();
        }
        let text = format!(
            "<?xml version=\"1.0\"?><EnumerationResults><Blobs>{items}</Blobs><NextMarker/></EnumerationResults>"
        );
        ResponseTemplate::new(200).set_body_raw(text, "application/xml")
    }
}

pub(super) const MODIFIED: &str = "Sun, 06 Nov 1994 08:49:37 GMT";

fn etag(blob: &Blob) -> String {
    format!("0x8D{}", blob.version)
}

fn created() -> ResponseTemplate {
    ResponseTemplate::new(201).insert_header("etag", "0x8D0").insert_header("last-modified", MODIFIED)
}
