//! One workspace is shown.

use std::path::Path;

use super::azure::Azure;
use super::cost::{Cost, in_turn};
use super::place::{Place, WORKSPACE};
use super::table::{Figure, Table};

/// The processor time is too short for `time`.
const FIGURES: [Figure; 2] = [Figure::Time, Figure::PeakMemory];

pub(super) fn measure(place: &Place, table: &mut Table) -> Result<(), String> {
    println!("Showing a workspace ...");
    let azure = Azure::start(&place.program("azure"), 1, place.folder())?;
    let runs = place.runs * 4;
    let [subscription, group, name] = WORKSPACE;
    let is_shown = |printed: &str| printed.contains(name);
    let show = ["workspace", "show", "--subscription", subscription, "-g", group, "-n", name];
    let url = format!(
        "https://management.azure.com/subscriptions/{subscription}/resourceGroups/{group}/providers\
         /Microsoft.MachineLearningServices/workspaces/{name}?api-version=2025-12-01"
    );

    let azml = |_| -> Result<Cost, String> {
        let mut azml = place.as_service(&place.azml, &azure)?;
        azml.command.args(show);
        azml.run(is_shown)
    };
    let ml_client = |_| -> Result<Cost, String> {
        let mut client = place.ml_client_as_service("workspace", &azure)?;
        client.command.args(WORKSPACE);
        client.run(is_shown)
    };
    let [ours, theirs] = in_turn(runs, [&azml, &ml_client])?;
    table.add(
        "`azml workspace show`, `MLClient.workspaces.get`; each signs in with a secret",
        &FIGURES,
        runs,
        &ours,
        &theirs,
    );

    let azml = |_| -> Result<Cost, String> {
        let mut azml = place.as_person(&place.azml, &azure)?;
        azml.command.args(show);
        azml.run(is_shown)
    };
    let az = |_| -> Result<Cost, String> {
        let mut az = place.as_person(&place.azure_cli, &azure)?;
        az.command.args(["rest", "--url", &url]);
        az.run(is_shown)
    };
    let [ours, theirs] = in_turn(runs, [&azml, &az])?;
    table.add("`azml workspace show`, `az rest`; a valid Azure CLI login", &FIGURES, runs, &ours, &theirs);

    let nothing = |_| place.measured(Path::new("/bin/true"))?.run(str::is_empty);
    let start = |_| place.ml_client("start")?.run(|printed| printed.contains("MLClient"));
    let [ours, theirs] = in_turn(runs, [&nothing, &start])?;
    table.add("for comparison: `/bin/true`, Python that only imports `azure.ai.ml`", &FIGURES, runs, &ours, &theirs);
    Ok(())
}
