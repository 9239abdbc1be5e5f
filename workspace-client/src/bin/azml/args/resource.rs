//! What the commands for resources of any kind take.

use std::marker::PhantomData;

use clap::{Args, Subcommand};

use super::WorkspaceArgs;
use crate::commands::Listed;
use crate::completion::names;

/// The commands of a kind that is no more than a table of members.
#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand<K: Listed> {
    #[command(about = format!("List the {}s of the workspace", K::NAME))]
    List(ListArgs),
    #[command(about = format!("Show one {}", K::NAME))]
    Show(NameArgs<K>),
    #[command(about = format!("Delete one {}", K::NAME))]
    Delete(RemoveArgs<K>),
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

/// How many of a list.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LimitArgs {
    /// At most so many
    #[arg(short = 'r', long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_results: u32,
}

/// Which resource of a kind.
#[derive(Debug, Args)]
pub(crate) struct NameArgs<K: Listed> {
    #[arg(short, long, help = format!("The {}", K::NAME), add = names(|ws| K::of(ws).list()))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
    #[arg(skip)]
    pub(crate) kind: PhantomData<fn() -> K>,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs<K: Listed> {
    #[command(flatten)]
    pub(crate) name: NameArgs<K>,
    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RemoveArgs<K: Listed> {
    #[command(flatten)]
    pub(crate) name: NameArgs<K>,
    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,
    /// Do not ask whether that is meant
    #[arg(short, long)]
    pub(crate) yes: bool,
}
