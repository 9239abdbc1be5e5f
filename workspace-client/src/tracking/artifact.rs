//! Files that a run has kept.

use std::collections::BTreeMap;
use std::time::Duration;

use auth_core::{Error, ErrorKind, Secret};
use reqwest::Method;
use reqwest::header::HeaderName;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

use super::Tracking;
use super::server::{OF_AZURE_ML, PLAIN, odd};
use crate::arm::{ArmClient, Page, Pager, Request, Service};
use crate::resources::Json;

/// How much of a file is asked for at once.
const WINDOW: usize = 8 << 20;
/// How much a file may have that is read from a plain server, which knows no ranges.
const LARGEST: usize = 1 << 30;
/// How many bytes a slow line carries in a second.
const SLOW: usize = 256 << 10;
const ANY_TYPE: &str = "application/octet-stream";
/// Azure Blob Storage wants to know what is put there (Microsoft, "Put Blob").
const BLOB_TYPE: HeaderName = HeaderName::from_static("x-ms-blob-type");

/// A file or a folder that a run has kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Artifact(Json);

impl Artifact {
    pub(super) fn new(raw: Value) -> Result<Self, Error> {
        let json = Json(raw);
        if json.text("/path").is_none() { Err(odd("the path of an artifact")) } else { Ok(Self(json)) }
    }

    /// The path within the run.
    pub fn path(&self) -> &str {
        self.0.text("/path").unwrap_or_default()
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        self.0.boolean("/is_dir").unwrap_or_default()
    }

    /// How many bytes a file has.
    pub fn size(&self) -> Option<u64> {
        self.0.number("/file_size")
    }
}

impl Tracking {
    /// The files and folders that a run has kept, in this folder of its; an empty path is the outermost one.
    pub fn artifacts(&self, run_id: &str, path: &str) -> Pager<Artifact> {
        if self.is_plain() {
            let query = [("run_id", run_id), ("path", path)];
            return self.question("artifacts/list", &query, "files", Artifact::new);
        }
        let (tracking, run_id, folder) = (self.clone(), run_id.to_owned(), path.trim_matches('/').to_owned());
        Pager::new(move |_| {
            let (tracking, run_id, folder) = (tracking.clone(), run_id.clone(), folder.clone());
            async move {
                let Files::AzureMl(history) = tracking.files(&run_id).await? else {
                    return Err(odd("the service that knows the files of runs"));
                };
                let files = history.list().try_collect().await?;
                Page::new(in_folder(&files, &folder), None).map(Artifact::new)
            }
        })
    }

    /// Keeps a file of a run under this path, such as `plots/loss.png`; one that is there is replaced. It is held in memory, and sent at
    /// once, for which it gets a minute and a second for each 256 KiB: what is large belongs into a
    /// [datastore](crate::resources::datastore).
    ///
    /// # Errors
    /// As [`Tracking::experiment`], and [`ErrorKind::Configuration`] if that is no path within a run, or if a plain server keeps files
    /// where only its own clients can put them.
    pub async fn log_artifact(&self, run_id: &str, path: &str, content: &[u8]) -> Result<(), Error> {
        check(path)?;
        match self.files(run_id).await? {
            Files::AzureMl(history) => history.write(path, content).await,
            Files::Plain(store) => {
                let request = store.request(Method::PUT, path).bytes(content, ANY_TYPE)?;
                store.client.fetch(&request.deadline(patience(content.len())).without_result()).await
            }
        }
    }

    /// A file that a run has kept, as [`Tracking::artifacts`] lists it, whole; from a plain server at most a GiB.
    ///
    /// # Errors
    /// As [`Tracking::log_artifact`].
    pub async fn read_artifact(&self, run_id: &str, path: &str) -> Result<Vec<u8>, Error> {
        check(path)?;
        match self.files(run_id).await? {
            Files::AzureMl(history) => history.read(path).await,
            Files::Plain(store) => {
                let request = store.request(Method::GET, path).limit(LARGEST).deadline(patience(LARGEST));
                store.client.fetch_bytes(&request).await
            }
        }
    }

    /// Where the files of a run are.
    async fn files(&self, run_id: &str) -> Result<Files, Error> {
        let run = self.run(run_id).await?;
        let (client, service) = self.reach().await?;
        if let Some(service) = service.beside(OF_AZURE_ML, "/history/v1.0/") {
            let experiment = run.experiment_id().ok_or_else(|| odd("the experiment of the run"))?;
            let place = format!("experimentids/{experiment}/runs/{run_id}/artifacts");
            return Ok(Files::AzureMl(History { client, service, place }));
        }
        let uri = run.artifact_uri().unwrap_or_default();
        let Some(root) = uri.strip_prefix("mlflow-artifacts:").map(below_host) else {
            let scheme = uri.split(':').next().unwrap_or_default();
            let message =
                format!("the MLflow server keeps the files of its runs at {scheme}:, to which it gives no access");
            return Err(Error::new(ErrorKind::Configuration, message)
                .with_help("start it with --serve-artifacts, and make a new experiment"));
        };
        let place = format!("{PLAIN}-artifacts/artifacts/{root}");
        Ok(Files::Plain(Store { client, service, place }))
    }
}

/// Where the files of a run are.
enum Files {
    AzureMl(History),
    /// Behind the server itself (MLflow, "Proxied artifact access").
    Plain(Store),
}

/// What a plain server keeps.
struct Store {
    client: ArmClient,
    service: Service,
    place: String,
}

/// The service of Azure ML that knows the files of runs; they themselves are in storage, behind links (observed: azureml-mlflow 1.61).
struct History {
    client: ArmClient,
    service: Service,
    place: String,
}

/// What it tells of files that are to be written.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Begun {
    #[serde(default)]
    artifact_content_information: BTreeMap<String, Link>,
    #[serde(default)]
    errors: BTreeMap<String, Value>,
}

/// The URL is a permission by itself.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Link {
    content_uri: Secret,
}

impl Store {
    fn request(&self, method: Method, path: &str) -> Request {
        self.service.request(method, &format!("{}/{path}", self.place))
    }
}

impl History {
    fn request(&self, method: Method, verb: &str) -> Request {
        self.service.request(method, &format!("{}{verb}", self.place)).query("api-version", "v1.0")
    }

    fn list(&self) -> Pager<Json> {
        self.client.pages(self.request(Method::GET, ""))
    }

    async fn write(&self, path: &str, content: &[u8]) -> Result<(), Error> {
        let wanted =
            self.request(Method::POST, "/batch/metadata").repeatable().body(&json!({"paths": [{"path": path}]}))?;
        let mut begun: Begun = self.client.fetch(&wanted).await?;
        if let Some(refused) = begun.errors.get(path) {
            let why = refused.pointer("/error/message").and_then(Value::as_str).unwrap_or("it does not say why");
            return Err(Error::new(ErrorKind::Rejected, format!("run history takes no file {path}: {why}")));
        }
        let link = begun.artifact_content_information.remove(path);
        let storage = link.ok_or_else(|| odd("where the file is to be written"))?.storage()?;
        let request = storage.request(Method::PUT, "").header(BLOB_TYPE, "BlockBlob")?.bytes(content, ANY_TYPE)?;
        self.client.fetch(&request.deadline(patience(content.len())).without_result()).await
    }

    async fn read(&self, path: &str) -> Result<Vec<u8>, Error> {
        let link: Link = self.client.fetch(&self.request(Method::GET, "/contentinfo").query("path", path)).await?;
        let storage = link.storage()?;
        let mut content = Vec::new();
        loop {
            let request = storage.request(Method::GET, "").limit(LARGEST).deadline(patience(WINDOW));
            let (from, count) = (content.len() as u64, WINDOW as u64);
            let part = self.client.fetch_range(request, from, count).await?.unwrap_or_default();
            content.extend(&part);
            if part.len() < WINDOW {
                return Ok(content);
            }
        }
    }
}

impl Link {
    /// Nothing of ours is sent there.
    fn storage(&self) -> Result<Service, Error> {
        let url = Url::parse(self.content_uri.expose()).map_err(|_| odd("the link to a file"))?;
        Service::named("the storage of the run's files", url, None)
    }
}

/// How long so many bytes may take.
fn patience(bytes: usize) -> Duration {
    Duration::from_secs(60 + (bytes / SLOW) as u64)
}

/// What lies directly in a folder, of all files.
fn in_folder(files: &[Json], folder: &str) -> Vec<Value> {
    let prefix = if folder.is_empty() { String::new() } else { format!("{folder}/") };
    let mut found = BTreeMap::new();
    for file in files {
        let Some((path, rest)) = file.text("/path").and_then(|path| Some((path, path.strip_prefix(&prefix)?))) else {
            continue;
        };
        if let Some((name, _)) = rest.split_once('/') {
            let path = format!("{prefix}{name}");
            found.insert(path.clone(), json!({"path": path, "is_dir": true}));
        } else {
            let size: Option<u64> = file.number("/contentLength");
            found.insert(path.to_owned(), json!({"path": path, "is_dir": false, "file_size": size}));
        }
    }
    found.into_values().collect()
}

/// The path of `mlflow-artifacts:/1/abc/artifacts`, and of the same with a host, which is the server itself.
fn below_host(uri: &str) -> &str {
    match uri.strip_prefix("//") {
        Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
        None => uri.trim_start_matches('/'),
    }
}

fn check(path: &str) -> Result<(), Error> {
    if path.split('/').all(|part| !["", ".", ".."].contains(&part)) {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Configuration, format!("{path:?} is no path of a file within a run"))
        .with_help("name it as plots/loss.png"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_shows_what_lies_directly_in_it() {
        let files = ["a.txt", "plots/b.png", "plots/deep/c.png", "plotsy/d.png"];
        let files = files.map(|path| Json(json!({"path": path, "contentLength": 3})));
        let paths = |folder| {
            in_folder(&files, folder).iter().map(|it| it["path"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(paths(""), ["a.txt", "plots", "plotsy"]);
        assert_eq!(paths("plots"), ["plots/b.png", "plots/deep"]);
        assert_eq!(in_folder(&files, "")[0], json!({"path": "a.txt", "is_dir": false, "file_size": 3}));
    }

    #[test]
    fn a_path_leads_nowhere_but_into_the_run() {
        assert!(["a", "plots/loss.png", "a b/ü"].iter().all(|path| check(path).is_ok()));
        assert!(["", "/a", "a/", "a//b", "..", "a/../b", "./a"].iter().all(|path| check(path).is_err()));
        assert_eq!(below_host("/1/abc/artifacts"), "1/abc/artifacts");
        assert_eq!(below_host("//mlflow.example:5000/1/abc/artifacts"), "1/abc/artifacts");
    }
}
