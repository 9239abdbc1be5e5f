use std::collections::BTreeMap;
use std::fmt::Write as _;

use auth_core::Error;
use serde::Deserialize;
use serde_json::{Value, json};

use super::*;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Thing {
    is_on: Option<bool>,
    items: Vec<Item>,
    max_instances: Option<u64>,
    size: Option<String>,
    tags: BTreeMap<String, Option<String>>,
    version: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    kind: Kind,
    #[serde(default)]
    weight: f64,
}

#[derive(Debug, Deserialize, PartialEq)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Large,
    VerySmall,
}

fn described(yaml: &str) -> Result<Description, Error> {
    let file = tempfile::NamedTempFile::new().unwrap();
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(file.path(), yaml).unwrap();
    let mut described = Description::read(Some(file.path())).map_err(|error| {
        let text = error.to_string().replace(&file.path().display().to_string(), "thing.yml");
        Error::new(error.kind(), text)
    })?;
    described.file = Some("thing.yml".to_owned());
    Ok(described)
}

fn edited(start: Value, edits: &[Edit], as_text: bool) -> Result<Value, Error> {
    let mut description = Description::of(start);
    description.edit(edits, as_text)?;
    Ok(description.members)
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

fn told(text: &mut String, of: &str, error: &Error) {
    let _ = writeln!(text, "{of:?}\n  {error}");
    if let Some(help) = error.help() {
        let _ = writeln!(text, "  next: {help}");
    }
}

#[test]
fn scalars_are_what_is_wanted_of_them() {
    let yaml = "version: 1.10\nmax_instances: \"4\"\nis_on: \"True\"\nsize: 010\n\
                tags: {a: 1.0, b: 0x1F, c: no, d: 2020-01-01, e: , f: 12:30:45, g: 1_000, h: 1e3, i: .inf, j: yes}\n\
                items:\n  - {kind: very_small, weight: 1}\n  - kind: large\n    weight: '1.5'\n";
    let thing: Thing = described(yaml).unwrap().parse("a thing").unwrap();
    assert_eq!((thing.version.as_deref(), thing.max_instances, thing.is_on), (Some("1.10"), Some(4), Some(true)));
    let tags: Vec<_> = thing.tags.values().map(|value| value.as_deref().unwrap_or("none")).collect();
    assert_eq!(tags, ["1.0", "0x1F", "no", "2020-01-01", "none", "12:30:45", "1_000", "1e3", ".inf", "yes"]);
    assert_eq!(thing.size.as_deref(), Some("010"));
    let items: Vec<_> = thing.items.iter().map(|item| (&item.kind, item.weight)).collect();
    assert_eq!(items, [(&Kind::VerySmall, 1.0), (&Kind::Large, 1.5)]);
    let anchored = "tags: &all {a: 1.20}\nitems: []\nsize: &s 1.30\nversion: *s\n";
    let thing: Thing = described(anchored).unwrap().parse("a thing").unwrap();
    assert_eq!((thing.version.as_deref(), thing.tags["a"].as_deref()), (Some("1.30"), Some("1.20")));
}

#[test]
fn a_single_letter_is_text_as_it_is_to_python() {
    let members = described("a: y\nb: N\nc: [n, yes]\nd: off\n").unwrap().members().clone();
    assert_eq!(members, json!({"a": "y", "b": "N", "c": ["n", true], "d": false}));
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_never_with_its_value() {
    let mut text = String::new();
    for yaml in [
        "size: x\nmax_instancs: canary\n",
        "frob: canary\n",
        "size: [canary]\n",
        "size:\n  canary: 1\n",
        "max_instances: canary\n",
        "max_instances: -1\n",
        "max_instances: 1.5\n",
        "is_on: canary\n",
        "tags:\n  a: x\n  b: [canary]\n",
        "items:\n  - kind: large\n  - weight: 1\n",
        "items:\n  - kind: canary\n",
        "items:\n  - kind: large\n    weigth: canary\n",
        "items: canary\n",
        "size: x\nsize: canary\n",
        "size: *canary\n",
        "size: \"canary\n",
        "size: canary: canary\n",
        "size: x\n---\nsize: canary\n",
        "canary",
        "- canary\n",
    ] {
        let error = described(yaml).and_then(|thing| thing.parse::<Thing>("a thing")).unwrap_err();
        told(&mut text, &yaml.replace("canary", "[value]"), &error);
    }
    assert!(!text.contains("canary"), "{text}");
    insta::assert_snapshot!("file_errors", text);
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut yaml = "a: &a [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for (one, other) in ("abcdefgh".chars()).zip("bcdefghi".chars()) {
        let _ = writeln!(yaml, "{other}: &{other} [*{one}, *{one}, *{one}, *{one}, *{one}, *{one}, *{one}, *{one}]");
    }
    let error = described(&yaml).unwrap_err().to_string();
    assert!(error.ends_with("it holds more than a description does"), "{error}");
}

#[test]
fn members_are_set_added_and_removed_as_the_azure_cli_does() {
    let start = json!({"tags": {"a": "1"}, "size": "S", "items": [{"name": "x", "n": 1}, {"name": "y"}], "none": null});
    let set = |settings: &[&str]| Edit::Set(words(settings));
    let edits = [
        set(&["tags.b=x=y", "max_instances=4", "on=true", "off=False", "network.subnet=/s", "empty=", "none.x=1"]),
        set(&["items[0].n=2", "items[name=y].n=3", "list=['a', {'b': 1}]", "text=a: b", "quoted=\"4\""]),
        Edit::Add(words(&["items", "name=z", "n=4", "plain", "name=last"])),
        Edit::Add(words(&["fresh.list", "5", "[6]"])),
        Edit::Remove(words(&["tags.a"])),
        Edit::Remove(words(&["items", "0"])),
    ];
    let expected = json!({
        "tags": {"b": "x=y"}, "max_instances": 4, "on": true, "off": false, "network": {"subnet": "/s"}, "empty": "",
        "none": {"x": 1}, "list": ["a", {"b": 1}], "text": "a: b", "quoted": "4", "size": "S", "fresh": {"list": [5, [6]]},
        "items": [{"name": "y", "n": 3}, {"name": "z", "n": "4"}, "plain", {"name": "last"}],
    });
    assert_eq!(edited(start, &edits, false).unwrap(), expected);
    let as_text = edited(json!({}), &[set(&["a=1", "b={}"]), Edit::Add(words(&["c", "2"]))], true).unwrap();
    assert_eq!(as_text, json!({"a": "1", "b": "{}", "c": ["2"]}));
}

#[test]
fn a_change_that_leads_nowhere_says_where_it_ends() {
    let start = json!({"tags": {"team": "x"}, "size": "S", "items": [{"name": "x"}, {"name": "x"}]});
    let mut text = String::new();
    for (verb, list) in [
        ("set", &["canary"][..]),
        ("set", &["=canary"]),
        ("set", &["a.=canary"]),
        ("set", &["size.x=canary"]),
        ("set", &["items.x=canary"]),
        ("set", &["items[2].x=canary"]),
        ("set", &["items[name=x].y=canary"]),
        ("set", &["items[name=z].y=canary"]),
        ("set", &["tags[0]=canary"]),
        ("add", &["size", "canary"]),
        ("remove", &["tags.tem"]),
        ("remove", &["items", "7"]),
        ("remove", &["items", "x", "y"]),
    ] {
        let words = words(list);
        let edit = match verb {
            "add" => Edit::Add(words),
            "remove" => Edit::Remove(words),
            _ => Edit::Set(words),
        };
        told(
            &mut text,
            &list.join(" ").replace("canary", "[value]"),
            &edited(start.clone(), &[edit], false).unwrap_err(),
        );
    }
    let mut unknown = Description::of(json!({}));
    unknown.edit(&[Edit::Set(words(&["max_instnces=1", "size=canary"]))], false).unwrap();
    told(&mut text, "max_instnces=1", &unknown.parse::<Thing>("a thing").unwrap_err());
    let mut odd = Description::of(json!({}));
    odd.edit(&[Edit::Set(words(&["max_instances=canary"]))], false).unwrap();
    told(&mut text, "max_instances=[value]", &odd.parse::<Thing>("a thing").unwrap_err());
    assert!(!text.contains("canary"), "{text}");
    insta::assert_snapshot!("edit_errors", text);
}
