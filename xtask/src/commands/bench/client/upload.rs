//! Files go to a real Azurite.

use std::path::Path;

use reqwest::Method;
use xtask::emulator::Emulator;

use super::super::super::block_on;
use super::super::super::storage::{self, Azurite};
use super::cost::{Cost, in_turn};
use super::place::Place;
use super::table::{Figure, Table};

const CONTAINER: &str = "bench";
const FILES: usize = 2_000;
/// In bytes.
const SMALL: usize = 4 << 10;
const LARGE: usize = 200_000_000;

pub(super) fn measure(place: &Place, table: &mut Table) -> Result<(), String> {
    let azure = Emulator::start();
    let storage = Azurite::start(&azure, place.folder())?;
    let made = [(Method::PUT, "bench?restype=container", "", 201)];
    block_on(async { storage::expect(&storage.url, &azure, &made).await })??;
    let container = format!("{}/{CONTAINER}?{}", storage.url, storage::sas(CONTAINER)?);
    let (many, one) = (place.folder().join("many"), place.folder().join("one.bin"));
    fill(&many, &one).map_err(|error| format!("the files that are to be uploaded cannot be written: {error}"))?;

    for (what, source, files) in [
        (format!("{FILES} files of {} KiB to Azurite", SMALL >> 10), many, FILES),
        (format!("a file of {} MB to Azurite", LARGE / 1_000_000), one, 1),
    ] {
        println!("Uploading {what} ...");
        let is_all = |printed: &str| printed == files.to_string();
        // Every run has a place of its own, where nothing is yet.
        let ours = |run| -> Result<Cost, String> {
            let mut ours = place.measured(&place.program("upload"))?;
            ours.command.envs(azure.env()).env("CONTAINER", &container);
            ours.command.arg(&source).arg(format!("ours-{run}"));
            ours.run(is_all)
        };
        let theirs = |run| -> Result<Cost, String> {
            let mut client = place.ml_client("upload")?;
            client.command.envs(azure.env()).env("CONTAINER", &container);
            client.command.arg(&source).arg(format!("theirs-{run}"));
            client.run(is_all)
        };
        let [ours, theirs] = in_turn(place.runs, [&ours, &theirs])?;
        table.add(&what, &Figure::ALL, place.runs, &ours, &theirs);
    }
    Ok(())
}

fn fill(many: &Path, one: &Path) -> std::io::Result<()> {
    for number in 0..FILES {
        let folder = many.join(format!("{:02}", number % 20));
        std::fs::create_dir_all(&folder)?;
        std::fs::write(folder.join(format!("{number:04}.txt")), format!("{number:08}").repeat(SMALL / 8))?;
    }
    let block: Vec<u8> = (0..=u8::MAX).cycle().take(LARGE).collect();
    std::fs::write(one, block)
}
