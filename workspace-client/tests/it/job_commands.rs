//! `azml job`, against the emulator.

use serde_json::json;

use crate::compute_commands::Desk;
use crate::emulator::json;

#[test]
fn jobs_are_listed_shown_streamed_and_archived() {
    let desk = Desk::new();
    desk.azure.change_world(|world| world.jobs = 3);
    let names = |more: &[&str]| {
        let text = desk.azml(&[&["job", "list", "--query", "[].name", "-o", "tsv"], more].concat()).success();
        text.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    let all = names(&[]);
    assert_eq!(all.len(), 3);
    let name = all[0].as_str();
    let shown = json(desk.azml(&["job", "show", "--name", name]));
    assert_eq!(
        (&shown["name"], &shown["type"], &shown["status"]),
        (&json!(name), &json!("command"), &json!("Completed"))
    );
    let table = desk.azml(&["job", "list", "-o", "table", "-r", "1"]);
    assert!(table.stdout.starts_with("Name ") && table.stderr.contains("more than 1"), "{table:?}");

    let streamed = desk.azml(&["job", "stream", "-n", name]);
    assert_eq!(streamed.code, 0, "{}", streamed.stderr);
    assert!(!streamed.stdout.is_empty() && streamed.stderr.contains("-- user_logs/std_log.txt"), "{streamed:?}");

    let none = desk.azml(&["job", "show", "-n", "none"]).failure();
    assert!(none.starts_with("error: there is no job none in workspace ml-dev of resource group rg-ml"), "{none}");
}
