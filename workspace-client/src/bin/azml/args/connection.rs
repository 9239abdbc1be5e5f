//! `azml connection`.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ConnectionTypeArgs {
    /// Only those of this type, such as azure_open_ai or git
    #[arg(short = 't', long = "type", value_name = "TYPE")]
    pub(crate) kind: Option<String>,

    #[command(flatten)]
    pub(crate) secrets: SecretsArgs,
}

#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct SecretsArgs {
    /// Print with what it signs in, too
    #[arg(short, long)]
    pub(crate) populate_secrets: bool,
}
