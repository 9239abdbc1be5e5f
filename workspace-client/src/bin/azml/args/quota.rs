//! `azml quota`.

use clap::{Args, Subcommand};

use super::RegionArgs;

#[derive(Debug, Subcommand)]
pub(crate) enum QuotaCommand {
    /// List the quotas of the subscription in a region
    List(RegionArgs),
    /// Give a workspace so much of a family of machines
    Update(UpdateQuotaArgs),
}

#[derive(Debug, Args)]
pub(crate) struct UpdateQuotaArgs {
    /// The quota's id, as azml quota list prints it
    #[arg(long)]
    pub(crate) id: String,

    /// How many cores; -1 for as many as the subscription has
    #[arg(long, allow_negative_numbers = true)]
    pub(crate) limit: i64,

    #[command(flatten)]
    pub(crate) region: RegionArgs,
}
