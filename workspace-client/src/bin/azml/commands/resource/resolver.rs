//! What a description refers to, brought to Azure.

use std::path::{Path, PathBuf};

use auth_core::{Error, ErrorKind};
use workspace_client::resources::asset::code::Codes;
use workspace_client::resources::asset::environment::Environments;
use workspace_client::resources::asset::{AssetKind, Assets, Reference};
use workspace_client::resources::datastore::DatastorePath;
use workspace_client::transfer::Snapshot;
use workspace_client::{Registry, Workspace};

use crate::progress::Progress;

/// The datastore of what is uploaded, where none is named (observed: azure-ai-ml 1.35).
const DATASTORE: &str = "workspaceblobstore";

/// What makes ids of references, and places in Azure of files on this machine.
pub(crate) struct Resolver {
    home: Home,
    /// Where files are looked for.
    pub(crate) folder: PathBuf,
    progress: Progress,
    /// Whether Azure is asked and given nothing, so that only what is wrong here is found.
    is_dry: bool,
}

/// Where what is described is to lie.
#[derive(Clone)]
enum Home {
    /// For this version of an asset of it.
    Registry {
        registry: Registry,
        kind: &'static str,
        name: String,
        version: String,
    },
    Workspace(Workspace),
}

impl Resolver {
    pub(crate) fn new(ws: Workspace, folder: PathBuf) -> Self {
        Self { home: Home::Workspace(ws), folder, progress: Progress::new(), is_dry: false }
    }

    pub(crate) fn in_registry<K: AssetKind>(registry: Registry, name: &str, version: &str, folder: PathBuf) -> Self {
        let home = Home::Registry { registry, kind: K::NAME, name: name.to_owned(), version: version.to_owned() };
        Self { home, folder, progress: Progress::new(), is_dry: false }
    }

    /// The workspace, which has what is referred to, and datastores for what is uploaded.
    pub(crate) fn ws(&self) -> Result<&Workspace, Error> {
        match &self.home {
            Home::Workspace(ws) => Ok(ws),
            Home::Registry { registry, kind, name, version } => {
                let registry = registry.name();
                let message = format!("what is created in registry {registry} cannot use what only a workspace has");
                Err(Error::new(ErrorKind::Configuration, message).with_help(format!(
                    "create version {version} in a workspace, then: azml {kind} share --name {name} --version {version} --registry-name {registry}"
                )))
            }
        }
    }

    pub(crate) fn dry(ws: Workspace, folder: PathBuf) -> Self {
        Self { is_dry: true, ..Self::new(ws, folder) }
    }

    /// The same for what a file in another folder says.
    pub(crate) fn below(&self, folder: PathBuf) -> Self {
        Self { home: self.home.clone(), folder, progress: Progress::new(), is_dry: self.is_dry }
    }

    pub(crate) fn is_dry(&self) -> bool {
        self.is_dry
    }

    /// The id of an asset.
    pub(crate) async fn asset<K: AssetKind>(&self, assets: &Assets<K>, said: &str) -> Result<String, Error> {
        let reference = Reference::parse(said)?;
        if self.is_dry { Ok(reference.to_string()) } else { assets.resolve(&reference).await }
    }

    /// The environments beside what is described.
    pub(crate) fn environments(&self) -> Environments {
        match &self.home {
            Home::Registry { registry, .. } => registry.environments(),
            Home::Workspace(ws) => ws.environments(),
        }
    }

    fn codes(&self) -> Codes {
        match &self.home {
            Home::Registry { registry, .. } => registry.codes(),
            Home::Workspace(ws) => ws.codes(),
        }
    }

    /// The id of code: a folder of this machine, or code that Azure has.
    pub(crate) async fn code(&self, said: &str) -> Result<String, Error> {
        if is_reference(said) {
            return self.asset(&self.codes(), said).await;
        }
        let Some(path) = self.local_code(said) else { return Ok(said.to_owned()) };
        let files = Snapshot::of(path).await?;
        if self.is_dry {
            return Ok(said.to_owned());
        }
        let observer = self.progress.observer(format!("uploading {said}"));
        let code = self.codes().upload(&files, &observer).await;
        self.progress.done();
        code
    }

    /// Where code lies on this machine, if it does.
    pub(crate) fn local_code(&self, said: &str) -> Option<PathBuf> {
        let is_elsewhere = is_reference(said) || is_url(said) || said.starts_with("git+");
        (!is_elsewhere).then(|| self.local(said))
    }

    /// The place of data: an asset, a URI, or what is uploaded for it.
    pub(crate) async fn data(&self, said: &str, kind: &str) -> Result<String, Error> {
        if said.starts_with("azureml://") || is_url(said) || said.starts_with("runs:/") {
            return Ok(said.to_owned());
        }
        if is_reference(said) {
            return match kind {
                "custom_model" | "mlflow_model" | "triton_model" => self.asset(&self.ws()?.models(), said).await,
                _ => self.asset(&self.ws()?.data(), said).await,
            };
        }
        Ok(self.upload(said, None).await?.to_string())
    }

    /// Where the files at a path are once they are uploaded.
    pub(crate) async fn upload(&self, said: &str, datastore: Option<&str>) -> Result<DatastorePath, Error> {
        let files = Snapshot::of(self.local(said)).await?;
        let datastore = datastore.map_or(DATASTORE, name_of);
        if self.is_dry {
            return Ok(DatastorePath::new(datastore, said));
        }
        let observer = self.progress.observer(format!("uploading {said}"));
        let place = self.ws()?.datastores().upload(datastore, &files, &observer).await;
        self.progress.done();
        place
    }

    /// The URI of files for the version of an asset that is to be created in a registry; none in a workspace.
    pub(crate) async fn share<K: AssetKind>(
        &self,
        said: &str,
        assets: impl Fn(&Registry) -> Assets<K>,
    ) -> Result<Option<String>, Error> {
        let Home::Registry { registry, name, version, .. } = &self.home else { return Ok(None) };
        let files = Snapshot::of(self.local(said)).await?;
        let observer = self.progress.observer(format!("uploading {said}"));
        let uri = assets(registry).upload_for(name, version, &files, &observer).await;
        self.progress.done();
        uri.map(Some)
    }

    /// The URL of an uploaded folder, which images are built of.
    pub(crate) async fn build_context(&self, said: &str) -> Result<String, Error> {
        if is_url(said) {
            return Ok(said.to_owned());
        }
        if let Some(uri) = self.share(said, Registry::environments).await? {
            return Ok(format!("{uri}/"));
        }
        let place = self.upload(said, None).await?;
        if self.is_dry {
            return Ok(place.to_string());
        }
        let container = self.ws()?.datastores().container(place.datastore()).await?;
        Ok(format!("{}/{}", container.url(), place.path()))
    }

    /// The id of a compute; none where Azure finds machines itself.
    pub(crate) fn compute(&self, said: &str) -> Result<Option<String>, Error> {
        match name_of(said) {
            "serverless" => Ok(None),
            "local" => Err(Error::new(ErrorKind::Configuration, "azml runs no jobs on this machine")
                .with_help("name a compute of the workspace: azml compute list")),
            id if id.starts_with('/') => Ok(Some(id.to_owned())),
            name => Ok(Some(format!("{}/computes/{name}", self.ws()?.resource_id()?))),
        }
    }

    /// The id of a datastore.
    pub(crate) fn datastore(&self, said: &str) -> Result<String, Error> {
        match name_of(said) {
            id if id.starts_with('/') => Ok(id.to_owned()),
            name => Ok(format!("{}/datastores/{name}", self.ws()?.resource_id()?)),
        }
    }

    fn local(&self, said: &str) -> PathBuf {
        self.folder.join(Path::new(said.strip_prefix("file:").map_or(said, |path| path.trim_start_matches("//"))))
    }
}

/// Whether a text names something in Azure, and not a file.
pub(crate) fn is_reference(said: &str) -> bool {
    said.starts_with("azureml:") || said.starts_with("/subscriptions/")
}

/// Whether a text is the address of something outside Azure ML.
pub(crate) fn is_url(said: &str) -> bool {
    ["http://", "https://", "wasb://", "wasbs://", "abfss://", "adl://"].iter().any(|start| said.starts_with(start))
}

/// A name or an id, without what says that it is one.
pub(crate) fn name_of(said: &str) -> &str {
    said.strip_prefix("azureml:").unwrap_or(said)
}
