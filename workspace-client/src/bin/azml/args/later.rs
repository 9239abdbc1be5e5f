//! Commands that are described when they are needed.

use clap::{ArgMatches, Command, Error, FromArgMatches, Subcommand};

/// The commands of a group. They are described when one of them is called, or the help or the completion tells of them: all that azml
/// knows takes longer to describe than to answer.
#[derive(Debug)]
pub(crate) struct Later<T>(pub(crate) T);

impl<T: Subcommand> Subcommand for Later<T> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(T::augment_subcommands)
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(T::augment_subcommands_for_update)
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }
}
