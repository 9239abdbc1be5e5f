//! A fresh process that signs in with a client secret.

use std::process::Command;
use std::time::Duration;

use cache_bench::Failure;
use xtask::emulator::Emulator;

use super::process;
use crate::setting::Effort;
use crate::table::Row;

pub(super) fn measure(effort: Effort) -> Result<Vec<Row>, Failure> {
    let azure = Emulator::start();
    let command = |name: &str| {
        let mut command = Command::new(process::sibling(name)?);
        command.arg(azure.https_url()).env_clear().env("SSL_CERT_FILE", azure.ca_file());
        Ok::<_, Failure>(command)
    };
    let (ours, theirs) = process::in_turn(effort.of(40, 5), &mut command("cold-ours")?, &mut command("cold-theirs")?)?;
    let what = "a fresh process signs in with a client secret, start to end";
    Ok(vec![Row::new(what, ours).theirs(theirs).at_most(Duration::from_millis(15))])
}
