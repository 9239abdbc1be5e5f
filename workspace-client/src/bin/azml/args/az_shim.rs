//! `azml az-shim`.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum AzShimCommand {
    /// Put an az into a folder that answers az account get-access-token
    ///
    /// Put that folder first on the PATH. Everything else, and what azml does not understand, goes to the Azure CLI further down
    /// the PATH, with the same arguments.
    Install {
        /// The folder
        #[arg(long)]
        dir: PathBuf,
    },
    /// Take that az away
    Uninstall {
        /// The folder
        #[arg(long)]
        dir: PathBuf,
    },
}
