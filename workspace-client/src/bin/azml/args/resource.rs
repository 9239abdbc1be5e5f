//! What the commands for resources of any kind take.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use workspace_client::resources::asset::ListView;

use super::{EditArgs, WorkspaceArgs};
use crate::commands::{Described, Listed, Parent as _};
use crate::completion::names;

// The commands of a kind that a file describes. (Its description would take the place of the kind's.)
#[derive(Debug, Subcommand)]
pub(crate) enum TableCommand<K: Described> {
    #[command(about = format!("Create one {}, or replace it", K::NAME))]
    Create(CreateArgs<K>),
    #[command(about = format!("Change one {}", K::NAME))]
    Update(UpdateArgs<K>),
    #[command(about = format!("List the {}s of the {}", K::NAME, K::Parent::NAME))]
    List(ListArgs<K>),
    #[command(about = format!("Show one {}", K::NAME))]
    Show(ShowArgs<K>),
    #[command(about = format!("Delete one {}", K::NAME))]
    Delete(RemoveArgs<K>),
}

// The commands of a kind that a file describes, and that is never changed.
#[derive(Debug, Subcommand)]
pub(crate) enum FixedCommand<K: Described> {
    #[command(about = format!("Create one {}", K::NAME))]
    Create(CreateArgs<K>),
    #[command(about = format!("Show one {}", K::NAME))]
    Show(ShowArgs<K>),
    #[command(about = format!("Delete one {}", K::NAME))]
    Delete(RemoveArgs<K>),
}

#[derive(Debug, Args)]
pub(crate) struct CreateArgs<K: Described> {
    #[command(flatten)]
    pub(crate) described: DescriptionArgs,

    /// The name [default: that of the file]
    #[arg(short, long)]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) parent: K::Parent,

    #[command(flatten)]
    pub(crate) options: K::CreateOptions,

    #[command(flatten)]
    pub(crate) showing: K::ShowOptions,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArgs<K: Described> {
    /// A YAML file with the members that change
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) changes: EditArgs,

    /// The name [default: that of the file]
    #[arg(short, long, add = names(|ws| K::of(ws, &K::Parent::default()).list()))]
    pub(crate) name: Option<String>,

    #[command(flatten)]
    pub(crate) parent: K::Parent,

    #[command(flatten)]
    pub(crate) options: K::UpdateOptions,

    #[command(flatten)]
    pub(crate) showing: K::ShowOptions,

    /// Do not wait for the end
    #[arg(long)]
    pub(crate) no_wait: bool,

    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ShowArgs<K: Described> {
    #[command(flatten)]
    pub(crate) name: NameArgs<K>,
    #[command(flatten)]
    pub(crate) showing: K::ShowOptions,
}

#[derive(Debug, Args)]
pub(crate) struct ListArgs<K: Described> {
    #[command(flatten)]
    pub(crate) limit: LimitArgs,
    #[command(flatten)]
    pub(crate) parent: K::Parent,
    #[command(flatten)]
    pub(crate) options: K::ListOptions,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
}

/// Nothing: it lies in the workspace itself.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct NoParent {}

/// Nothing: the commands of the kind take what every kind takes.
#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct NoOptions {}

/// The endpoint that it lies in.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct EndpointArgs {
    /// The endpoint
    #[arg(short, long, value_name = "NAME")]
    pub(crate) endpoint_name: Option<String>,
}

/// How many of a list.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LimitArgs {
    /// At most so many
    #[arg(short = 'r', long, value_name = "NUMBER", default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) max_results: u32,
}

impl LimitArgs {
    pub(crate) fn or_all(self, all: bool) -> Self {
        if all { Self { max_results: u32::MAX } } else { self }
    }
}

/// Which of a list.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct ViewArgs {
    /// Also those that are archived
    #[arg(long, conflicts_with = "archived_only")]
    pub(crate) include_archived: bool,

    /// Only those that are archived
    #[arg(long)]
    pub(crate) archived_only: bool,
}

impl ViewArgs {
    pub(crate) fn view(self) -> ListView {
        match self {
            Self { archived_only: true, .. } => ListView::Archived,
            Self { include_archived: true, .. } => ListView::All,
            Self { .. } => ListView::Active,
        }
    }
}

/// What is said of a resource in a file.
#[derive(Debug, Args)]
pub(crate) struct DescriptionArgs {
    /// A YAML file that describes it, as az ml takes it
    #[arg(short, long)]
    pub(crate) file: Option<PathBuf>,

    /// Set a member of the file, such as tags.team=x
    #[arg(long, value_name = "MEMBER=VALUE", num_args = 1.., action = clap::ArgAction::Append)]
    pub(crate) set: Vec<String>,
}

/// Which resource of a kind.
#[derive(Debug, Args)]
pub(crate) struct NameArgs<K: Listed> {
    #[arg(short, long, help = format!("The {}", K::NAME), add = names(|ws| K::of(ws, &K::Parent::default()).list()))]
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) parent: K::Parent,
    #[command(flatten)]
    pub(crate) workspace: WorkspaceArgs,
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
    pub(crate) waiting: WaitArgs<K>,
    /// Do not ask whether that is meant
    #[arg(short, long)]
    pub(crate) yes: bool,
}
