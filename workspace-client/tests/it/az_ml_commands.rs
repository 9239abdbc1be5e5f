//! Whoever knows `az ml` finds its commands and options in `azml` (Microsoft: "az ml", Azure CLI reference).

use crate::azml::Home;

/// They run containers on this machine, and azml runs none.
const LEFT_OUT: [&str; 3] = ["--local", "--local-enable-gpu", "--vscode-debug"];

/// Of every asset, `-d` is the description.
const SHORT_FOR_ANOTHER: &str = "environment create --dockerfile-path/-d";

/// Each line has a command and its options, beside those that every command has; a short form follows a slash.
const COMMANDS: &str = include_str!("az_ml_commands.txt");

fn offers(home: &Home, words: &[&str], help: &str, option: &str) -> bool {
    let has = |line: &str, form: &str| line.split([' ', ',']).any(|word| word == form);
    let is_shown = help.lines().any(|line| option.split('/').all(|form| has(line, form)));
    // The help does not show all of them.
    is_shown || !option.contains('/') && home.azml(&[words, &[option, "--help"]].concat()).code == 0
}

#[test]
fn every_command_of_az_ml_is_there_with_its_options() {
    let home = Home::new();
    let mut missing = Vec::new();
    let mut left_out = 0;
    for line in COMMANDS.lines() {
        let (command, options) = line.split_once(':').unwrap();
        let words: Vec<&str> = command.split(' ').collect();
        let run = home.azml(&[&words[..], &["--help"]].concat());
        if run.code != 0 {
            missing.push(command.to_owned());
            continue;
        }
        for option in options.split_whitespace() {
            if LEFT_OUT.contains(&option) {
                assert!(!offers(&home, &words, &run.stdout, option), "{command} {option} is there: it is not left out");
                left_out += 1;
            } else if !offers(&home, &words, &run.stdout, option) {
                missing.push(format!("{command} {option}"));
            }
        }
    }
    assert!(COMMANDS.lines().count() > 100 && left_out > 0);
    assert_eq!(missing, [SHORT_FOR_ANOTHER]);
}
