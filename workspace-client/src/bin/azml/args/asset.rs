//! `azml model` and the other assets, which have a name and versions.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[cfg(target_os = "linux")]
use super::MountArgs;
use super::{DescriptionArgs, EditArgs, LimitArgs, RegistryArgs, ViewArgs, WorkspaceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum AssetCommand {
    /// Create the next version, or the one that is named
    ///
    /// What an option says goes before what --set says, and that before the file.
    Create(Box<CreateAssetArgs>),
    /// List the assets, or with --name the versions of one
    List(ListAssetArgs),
    /// Show a version
    Show(OneAssetArgs),
    /// Change the description, properties, stage or tags of a version
    Update(UpdateAssetArgs),
    /// Copy a version to a registry
    Share(ShareAssetArgs),
    /// Hide a version from lists, or without --version all of them
    Archive(SomeAssetArgs),
    /// Show a version in lists again, or without --version all of them
    Restore(SomeAssetArgs),
}

#[derive(Debug, Args)]
pub(crate) struct CreateAssetArgs {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The name
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// The version [default: the next one]
    #[arg(short, long)]
    pub(crate) version: Option<String>,

    /// What it is, such as mlflow_model or uri_folder
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,

    /// Where its files are: a folder or file of this machine, which is uploaded, or a URI
    #[arg(short, long)]
    pub(crate) path: Option<String>,

    /// The datastore to which files of this machine go [default: workspaceblobstore]
    #[arg(long)]
    pub(crate) datastore: Option<String>,

    /// How far a model is, such as Production
    #[arg(short, long)]
    pub(crate) stage: Option<String>,

    /// The folder that the image of an environment is built of
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) build_context: Option<String>,

    /// The Dockerfile in it [default: Dockerfile]
    #[arg(long, value_name = "FILE")]
    pub(crate) dockerfile_path: Option<String>,

    /// The system of an environment: linux or windows [default: linux]
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) os_type: Option<String>,

    /// The image of an environment
    #[arg(short, long)]
    pub(crate) image: Option<String>,

    /// The file with the conda packages of an environment
    #[arg(short, long)]
    pub(crate) conda_file: Option<PathBuf>,

    /// What it is for
    #[arg(short, long)]
    pub(crate) description: Option<String>,

    /// Tags, as NAME=VALUE
    #[arg(long, value_name = "NAME=VALUE", num_args = 1..)]
    pub(crate) tags: Vec<String>,

    /// Has no effect: nothing but what is said is looked at
    #[arg(long = "skip-validation")]
    _skip_validation: bool,

    /// Has no effect: there is nothing to wait for
    #[arg(long = "no-wait")]
    _no_wait: bool,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ListAssetArgs {
    /// The versions of the one with this name
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// Only the versions of a model at this stage, such as Production
    #[arg(short, long, requires = "name")]
    pub(crate) stage: Option<String>,

    #[command(flatten)]
    pub(crate) view: ViewArgs,

    #[command(flatten)]
    pub(crate) limit: LimitArgs,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct OneAssetArgs {
    /// The name
    #[arg(short, long)]
    pub(crate) name: String,

    /// The version
    #[arg(short, long, required_unless_present = "label")]
    pub(crate) version: Option<String>,

    /// The label in place of a version, such as latest
    #[arg(short, long, conflicts_with = "version")]
    pub(crate) label: Option<String>,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct SomeAssetArgs {
    /// The name
    #[arg(short, long)]
    pub(crate) name: String,

    /// The version
    #[arg(short, long)]
    pub(crate) version: Option<String>,

    /// The label in place of a version, such as latest
    #[arg(short, long, conflicts_with = "version")]
    pub(crate) label: Option<String>,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateAssetArgs {
    #[command(flatten)]
    pub(crate) asset: OneAssetArgs,

    /// How far a model is, such as Production
    #[arg(short, long)]
    pub(crate) stage: Option<String>,

    #[command(flatten)]
    pub(crate) changes: EditArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShareAssetArgs {
    /// The name
    #[arg(short, long)]
    pub(crate) name: String,

    /// The version
    #[arg(short, long)]
    pub(crate) version: String,

    /// The registry
    #[arg(long)]
    pub(crate) registry_name: String,

    /// The name that it gets there [default: its own]
    #[arg(long, value_name = "NAME")]
    pub(crate) share_with_name: Option<String>,

    /// The version that it gets there [default: its own]
    #[arg(long, value_name = "VERSION")]
    pub(crate) share_with_version: Option<String>,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ComponentCommand {
    #[command(flatten)]
    Assets(AssetCommand),
    /// List the code of a component with its hashes in catalog.json, to be signed
    PrepareForSign {
        #[command(flatten)]
        described: DescriptionArgs,
        /// Has no effect: nothing is asked of a registry
        #[arg(long = "registry-name", value_name = "NAME")]
        _registry_name: Option<String>,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum DataCommand {
    #[command(flatten)]
    Assets(AssetCommand),
    /// Start a job that brings data of a database or of another storage into a datastore, and makes an asset of it
    Import(Box<ImportDataArgs>),
    /// Show data as files for reading, until Ctrl-C
    #[cfg(target_os = "linux")]
    Mount(MountArgs),
    /// List the jobs that have made versions of an asset
    ListMaterializationStatus {
        /// The name of the asset
        #[arg(short = 'p', long, visible_short_alias = 'n')]
        name: String,

        #[command(flatten)]
        view: ViewArgs,

        #[command(flatten)]
        limit: LimitArgs,

        /// All of them
        #[arg(long, conflicts_with = "max_results")]
        all_results: bool,

        #[command(flatten)]
        workspace: WorkspaceArgs,
    },
}

#[derive(Debug, Args)]
pub(crate) struct ImportDataArgs {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The name
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    /// The version [default: the next one]
    #[arg(short, long)]
    pub(crate) version: Option<String>,

    /// Has no effect: what comes of a database is an mltable, and everything else a uri_folder
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    _kind: Option<String>,

    /// The folder that it goes to, such as azureml://datastores/workspaceblobstore/paths/imports
    #[arg(short, long, value_name = "URI")]
    pub(crate) path: Option<String>,

    /// The datastore, where there is no path
    #[arg(long)]
    pub(crate) datastore: Option<String>,

    /// What it is for
    #[arg(short, long)]
    pub(crate) description: Option<String>,

    /// Has no effect: nothing but what is said is looked at
    #[arg(long = "skip-validation")]
    _skip_validation: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    #[command(flatten)]
    Assets(AssetCommand),
    /// Download the files of a version
    ///
    /// They go to a folder that has the model's name. What is there already is not downloaded again.
    Download(DownloadModelArgs),
    /// Pack a version with what serves it into an environment, and wait until it is there
    Package(PackageModelArgs),
}

#[derive(Debug, Args)]
pub(crate) struct PackageModelArgs {
    /// The name
    #[arg(short, long)]
    pub(crate) name: String,

    /// The version
    #[arg(short, long)]
    pub(crate) version: String,

    /// The YAML file that describes the package, as az ml takes it
    #[arg(short, long)]
    pub(crate) file: PathBuf,

    /// The registry that the model is in; the environment is made in the workspace
    #[arg(long, value_name = "NAME")]
    pub(crate) registry_name: Option<String>,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DownloadModelArgs {
    /// The name
    #[arg(short, long)]
    pub(crate) name: String,

    /// The version
    #[arg(short, long)]
    pub(crate) version: String,

    /// The folder in which the model gets its own
    #[arg(short = 'p', long, value_name = "FOLDER", default_value = ".")]
    pub(crate) download_path: PathBuf,

    #[command(flatten)]
    pub(crate) registry: RegistryArgs,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}
