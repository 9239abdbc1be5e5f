//! What README.md tells: from a table to the answers of its model, against the emulator.

use std::path::Path;
use std::process::Command;

use xtask::emulator::LoggedRequest;

use crate::compute_commands::Desk;
use crate::emulator::json;
use crate::job_files::copy;

/// The lines of the shell in this section.
fn script(readme: &str, section: &str) -> String {
    let (_, section) = readme.split_once(section).unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    let (block, _) = block.split_once("```").unwrap();
    block.to_owned()
}

#[test]
fn the_story_of_the_readme_ends_well() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = std::fs::read_to_string(root.join("../README.md")).unwrap();
    let script = script(&readme, "### From a table to its model's answers");
    let desk = Desk::new();
    copy(&desk, &root.join("examples/prices"), ".");
    let azml = Path::new(env!("CARGO_BIN_EXE_azml")).parent().unwrap();
    let path = std::env::join_paths([azml, Path::new("/usr/bin"), Path::new("/bin")]).unwrap();
    let mut shell = Command::new("/bin/sh");
    shell
        .env_clear()
        .envs(desk.home.variables())
        .envs(desk.azure.env())
        .env("PATH", path)
        .current_dir(desk.home.path());
    let told = shell.args(["-euxc", &script]).output().unwrap();
    let (stdout, stderr) = (String::from_utf8(told.stdout).unwrap(), String::from_utf8(told.stderr).unwrap());
    assert!(told.status.success(), "{stdout}\n{stderr}");
    let last = stdout.lines().last().unwrap();
    assert_eq!(
        last, r#"{"deployment":"blue","echo":{"rooms":[5,6]},"endpoint":"prices"}"#,
        "all traffic goes to the deployment"
    );
    assert!(stdout.contains("epoch 3: loss 0.2500\n") && stdout.contains("\nloss  0.25\n"), "{stdout}");
    assert!(desk.home.path().join("out/named-outputs/model").read_dir().unwrap().count() > 0);
    assert_eq!(desk.azml(&["online-endpoint", "list"]).success(), "[]\n");
    assert_eq!(desk.azml(&["compute", "list"]).success(), "[]\n");
    assert_eq!(
        json(desk.azml(&["model", "show", "-n", "prices", "-v", "1"]))["path"],
        "azureml://jobs/train-1/outputs/model"
    );
    let requests = desk.azure.requests();
    for uploaded in ["prices.csv", "train.py", "score.py"] {
        let is_upload = |request: &&LoggedRequest| request.method == "PUT" && request.path.ends_with(uploaded);
        assert_eq!(requests.iter().filter(is_upload).count(), 1, "{uploaded} is uploaded once");
    }
}
