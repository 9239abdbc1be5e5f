//! Long lists of jobs.

use super::azure::Azure;
use super::cost::{Cost, in_turn};
use super::place::{Place, WORKSPACE};
use super::table::{Figure, Table};

/// The list whose time is told; of the others, memory alone.
const MEASURED: usize = 10_000;
const COUNTS: [usize; 3] = [1_000, MEASURED, 50_000];

pub(super) fn measure(place: &Place, table: &mut Table) -> Result<(), String> {
    for count in COUNTS {
        println!("Listing {count} jobs ...");
        let azure = Azure::start(&place.program("azure"), count, place.folder())?;
        let is_all = |printed: &str| printed == count.to_string();
        let stream = |_| place.as_service(&place.program("list-jobs"), &azure)?.run(is_all);
        let ml_client = |_| -> Result<Cost, String> {
            let mut client = place.ml_client_as_service("jobs", &azure)?;
            client.command.args(WORKSPACE);
            client.run(is_all)
        };
        let what = format!("{} jobs, taken one after the other", thousands(count));
        if count != MEASURED {
            let [ours, theirs] = in_turn(1, [&stream, &ml_client])?;
            table.add(&what, &[Figure::PeakMemory], 1, &ours, &theirs);
            continue;
        }
        let azml = |_| -> Result<Cost, String> {
            let mut azml = place.as_service(&place.azml, &azure)?;
            let [subscription, group, name] = WORKSPACE;
            azml.command.args(["job", "list", "--max-results", &count.to_string(), "-o", "json"]);
            azml.command.args(["--subscription", subscription, "-g", group, "-w", name]);
            azml.run(|printed| {
                serde_json::from_str(printed).is_ok_and(|all: Vec<serde_json::Value>| all.len() == count)
            })
        };
        let [ours, azml, theirs] = in_turn(place.runs, [&stream, &azml, &ml_client])?;
        table.add(&what, &Figure::ALL, place.runs, &ours, &theirs);
        table.add(
            "the same with `azml job list -o json`, which prints them all",
            &Figure::ALL,
            place.runs,
            &azml,
            &theirs,
        );
    }
    Ok(())
}

fn thousands(count: usize) -> String {
    format!("{},{:03}", count / 1000, count % 1000)
}
