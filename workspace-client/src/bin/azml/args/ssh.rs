//! A session with SSH.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct SshArgs {
    /// The file with your private key [default: what the SSH client tries by itself]
    #[arg(short = 'f', long, value_name = "FILE")]
    pub(crate) private_key_file_path: Option<PathBuf>,

    /// What runs there instead of a shell
    #[arg(last = true, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
}
