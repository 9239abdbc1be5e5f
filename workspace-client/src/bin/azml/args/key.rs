//! `azml key`.

use auth_cache::Protection;
use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub(crate) enum KeyCommand {
    /// Show where the key is, how long it lasts there, and where it may be
    ///
    /// It changes nothing. It ends with 1 if a login cannot be opened. What it prints is text, or with -o a list of findings.
    Show,
    /// Seal every login with the key of the first place that can be reached, from wherever its key is now
    ///
    /// No login is lost if this is interrupted: run it again. Nothing is printed on stdout unless --output is given.
    Move {
        /// The places, in order of preference, separated by commas: keyring, keyutils, passphrase, key-file [default: what
        /// AZML_PROTECTION says]
        ///
        /// The passphrase is taken from AZML_PASSPHRASE.
        #[arg(long, value_name = "PLACES", value_parser = workspace_client::storage::parse_protection)]
        to: Option<Protection>,
    },
    /// Seal every login with a new key in the same place
    ///
    /// A passphrase stays the same, and makes another key. To change it, move the key to another place, and back with the new
    /// passphrase. Nothing is printed on stdout unless --output is given.
    Rotate,
}
