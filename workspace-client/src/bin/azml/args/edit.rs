//! The arguments of the Azure CLI's generic update.

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};

use crate::description::Edit;

/// Changes of a resource, in the order in which they were said.
///
/// It is written by hand because the derived code neither keeps that order nor tells one `--add` from the next.
#[derive(Clone, Debug, Default)]
pub(crate) struct EditArgs {
    pub(crate) edits: Vec<Edit>,
    pub(crate) force_string: bool,
}

/// What any of these arguments is in.
pub(super) const GROUP: &str = "change";

impl Args for EditArgs {
    fn augment_args(command: Command) -> Command {
        let words = |name: &'static str, value: &'static str, help: &'static str| {
            let arg = Arg::new(name).long(name).value_name(value).num_args(1..).action(ArgAction::Append);
            arg.group(GROUP).help(help)
        };
        command
            .arg(words(
                "set",
                "MEMBER=VALUE",
                "Set a member, as show names it: tags.team=x, items[0].size=1, items[name=x].size=1",
            ))
            .arg(words(
                "add",
                "LIST VALUE",
                "Add to a list: the list, then values, or NAME=VALUE pairs that make one item",
            ))
            .arg(words("remove", "MEMBER", "Remove a member, or an item of a list: the list, then its index from 0"))
            .arg(
                Arg::new("force_string")
                    .long("force-string")
                    .action(ArgAction::SetTrue)
                    .help("Take every value of --set and --add as text"),
            )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for EditArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut edits = Vec::new();
        for name in ["add", "remove", "set"] {
            let mut places = matches.indices_of(name).into_iter().flatten();
            for words in matches.get_occurrences::<String>(name).into_iter().flatten() {
                let words: Vec<_> = words.cloned().collect();
                let place = places.by_ref().take(words.len()).min();
                let edit = match name {
                    "add" => Edit::Add(words),
                    "remove" => Edit::Remove(words),
                    _ => Edit::Set(words),
                };
                edits.push((place, edit));
            }
        }
        edits.sort_by_key(|(place, _)| *place);
        let edits = edits.into_iter().map(|(_, edit)| edit).collect();
        Ok(Self { edits, force_string: matches.get_flag("force_string") })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use clap::ArgGroup;

    use super::*;

    #[test]
    fn changes_keep_the_order_in_which_they_were_said() {
        let words = ["x", "--set", "a=1", "b=2", "--remove", "c", "--add", "d", "1", "--set", "e=3", "--add", "f", "2"];
        let matches = EditArgs::augment_args(Command::new("x").group(ArgGroup::new(GROUP).multiple(true)))
            .try_get_matches_from(words)
            .unwrap();
        let edits = EditArgs::from_arg_matches(&matches).unwrap().edits;
        let said = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let expected = [
            Edit::Set(said(&["a=1", "b=2"])),
            Edit::Remove(said(&["c"])),
            Edit::Add(said(&["d", "1"])),
            Edit::Set(said(&["e=3"])),
            Edit::Add(said(&["f", "2"])),
        ];
        assert_eq!(edits, expected);
    }
}
