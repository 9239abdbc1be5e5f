//! Blobs as files.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use workspace_client::resources::datastore::DatastoreKind;

use super::{TableCommand, WorkspaceArgs};

#[derive(Debug, Subcommand)]
pub(crate) enum DatastoreCommand {
    #[command(flatten)]
    Table(TableCommand<DatastoreKind>),
    /// Show a datastore or a folder in one as files for reading, until Ctrl-C
    #[cfg(target_os = "linux")]
    Mount(MountArgs),
}

#[derive(Debug, Args)]
pub(crate) struct MountArgs {
    /// What is mounted: azureml://datastores/NAME/paths/PATH, for data also azureml:NAME:VERSION, for a datastore also its name
    #[arg(long)]
    pub(crate) path: String,

    /// The folder where the files appear, else mount/data in the home directory; it is created where it is missing
    #[arg(long, value_name = "FOLDER")]
    pub(crate) mount_point: Option<PathBuf>,

    /// For reading (ro_mount), which is all that azml does
    #[arg(long, value_enum, default_value_t = MountMode::RoMount, value_name = "MODE")]
    pub(crate) mode: MountMode,

    /// What az ml does on a compute instance alone, and azml nowhere
    #[arg(long, hide = true)]
    pub(crate) persistent: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
pub(crate) enum MountMode {
    RoMount,
    RwMount,
}
