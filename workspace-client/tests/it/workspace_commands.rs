//! `azml workspace`, against the emulator.

use serde_json::json;
use xtask::emulator::{defaults, secrets};

use crate::compute_commands::Desk;
use crate::emulator::json;

fn snapshot(name: &str, text: &str) {
    let filters = vec![
        (r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[id]"),
        (r"(newws[a-z]+?)[0-9a-f]{4,}", "$1[random]"),
        (r"correlation id \S+", "correlation id [id]"),
    ];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

#[test]
fn a_workspace_lives_from_its_creation_to_its_end() {
    let desk = Desk::new();
    let said = ["--tags", "team=x", "--display-name", "New", "-m", "allow_internet_outbound", "-l", "northeurope"];
    let created = desk.azml(&[&["workspace", "create", "-n", "new-ws"], &said[..]].concat()).success();
    snapshot("workspace_create", &created);
    let sent = desk.azure.requests().into_iter().rfind(|request| request.method == "PUT").unwrap();
    let sent: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    let properties = &sent["properties"]["parameters"]["properties"]["value"];
    assert_eq!(properties["managedNetwork"], json!({"isolationMode": "AllowInternetOutbound"}));

    let changed = json(desk.azml(&["workspace", "update", "-n", "new-ws", "--description", "changed"]));
    assert_eq!((&changed["description"], &changed["display_name"]), (&json!("changed"), &json!("New")));
    let sent = desk.azure.requests().into_iter().rfind(|request| request.method == "PATCH").unwrap();
    assert_eq!(sent.body, r#"{"properties":{"description":"changed"}}"#);
    desk.home.write("change.yml", "display_name: Newer\nimage_build_compute: cpu\n");
    let update = [
        "workspace",
        "update",
        "-n",
        "new-ws",
        "-f",
        "change.yml",
        "--set",
        "tags.stage=test",
        "--display-name",
        "Newest",
    ];
    assert_eq!(json(desk.azml(&update))["display_name"], "Newest");
    let sent = desk.azure.requests().into_iter().rfind(|request| request.method == "PATCH").unwrap();
    let sent: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    let expected = json!({"properties": {"friendlyName": "Newest", "imageBuildCompute": "cpu"}, "tags": {"stage": "test", "team": "x"}});
    assert_eq!(sent, expected);

    let patched = |args: &[&str]| {
        desk.azml(&[&["workspace", "update", "-n", "new-ws"], args].concat()).success();
        let sent = desk.azure.requests().into_iter().rfind(|request| request.method == "PATCH").unwrap();
        serde_json::from_str::<serde_json::Value>(&sent.body).unwrap()
    };
    assert_eq!(
        patched(&["--remove", "tags.team", "--set", "description=edited"]),
        json!({"properties": {"description": "edited"}, "tags": {"stage": "test"}})
    );
    let rule = |address: &str| json!({"value": address});
    let acls = |action: &str, rules: serde_json::Value| json!({"properties": {"networkAcls": {"defaultAction": action, "ipRules": rules}}});
    let rules = json!([rule("203.0.113.0/24"), rule("198.51.100.7")]);
    assert_eq!(patched(&["--network-acls", "203.0.113.0/24,198.51.100.7"]), acls("Deny", rules.clone()));
    let more = json!([rules[0], rules[1], rule("192.0.2.1")]);
    assert_eq!(patched(&["--add", "network_acls.ip_rules", "value=192.0.2.1"]), acls("Deny", more));
    assert_eq!(patched(&["--network-acls", "none"]), acls("Allow", json!([])));
    assert_eq!(patched(&["-r", "false"]), json!({"properties": {"allowRoleAssignmentOnRG": false}}));
    let wrong = [&["--set", "display_naem=x"][..], &["--remove", "display_name"], &["--set", "workspace_id=x"]];
    let wrong = wrong.map(|args| desk.azml(&[&["workspace", "update", "-n", "new-ws"], args].concat()).failure());
    snapshot("workspace_update_wrong", &wrong.join("\n"));

    let delete = ["workspace", "delete", "-n", "new-ws", "--all-resources", "-p", "-y"];
    assert_eq!(desk.azml(&delete).success(), "");
    let deleted = desk.azure.requests().into_iter().filter(|request| request.method == "DELETE").count();
    assert_eq!(deleted, 5, "Log Analytics, Application Insights, storage, the vault and the workspace");
    assert_eq!(desk.azml(&["workspace", "show", "-n", "new-ws"]).code, 1);
}

#[test]
fn a_workspace_is_created_from_its_file() {
    let desk = Desk::new();
    let storage = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
    let file = format!(
        "$schema: https://azuremlschemas.azureedge.net/latest/workspace.schema.json\n\
         name: new-ws\nlocation: westeurope\ndisplay_name: File\ndescription: from a file\nhbi_workspace: true\n\
         public_network_access: Disabled\nimage_build_compute: cpu\ntags: {{team: vision}}\n\
         customer_managed_key: {{key_vault: /vault, key_uri: 'https://v.vault.azure.net/keys/k/1'}}\n\
         network_acls: {{default_action: Deny, ip_rules: [{{value: 203.0.113.0/24}}]}}\n\
         serverless_compute: {{custom_subnet: /subnet, no_public_ip: true}}\nallow_roleassignment_on_rg: false\n\
         managed_network:\n  isolation_mode: allow_only_approved_outbound\n  outbound_rules:\n\
         \x20 - {{name: pypi, type: fqdn, destination: pypi.org}}\n\
         \x20 - {{name: tag, type: service_tag, destination: {{service_tag: AzureMonitor, protocol: TCP, port_ranges: '443'}}}}\n\
         \x20 - {{name: blob, type: private_endpoint, destination: {{service_resource_id: {storage}, subresource_target: blob, spark_enabled: true}}}}\n"
    );
    desk.home.write("ws.yml", &file);
    let created =
        json(desk.azml(&["workspace", "create", "-f", "ws.yml", "--set", "tags.stage=test", "-l", "northeurope"]));
    assert_eq!((&created["name"], &created["location"]), (&json!("new-ws"), &json!("northeurope")));
    assert_eq!((&created["display_name"], &created["tags"]["stage"]), (&json!("File"), &json!("test")));
    let sent = desk.azure.requests().into_iter().rfind(|request| request.method == "PUT").unwrap();
    let sent: serde_json::Value = serde_json::from_str(&sent.body).unwrap();
    snapshot(
        "workspace_file",
        &serde_json::to_string_pretty(&sent["properties"]["parameters"]["properties"]["value"]).unwrap(),
    );
}

#[test]
fn keys_are_printed_where_they_are_asked_for_and_nowhere_else() {
    let desk = Desk::new();
    let name = defaults::WORKSPACE;
    let run = desk.azml(&["workspace", "list-keys", "-n", name, "--debug"]);
    let is_told = |text: &str| secrets::ALL.iter().any(|secret| text.contains(secret));
    assert!(!is_told(&run.stderr), "{}", run.stderr);
    snapshot("workspace_list_keys", &run.success());
    for args in [&["sync-keys"][..], &["diagnose"], &["show"], &["provision-network", "--include-spark"]] {
        let run = desk.azml(&[&["workspace"], args, &["-n", name, "--debug"]].concat());
        assert!(run.code == 0 && !is_told(&run.stdout) && !is_told(&run.stderr), "{args:?}: {}", run.stderr);
    }
    snapshot("workspace_diagnose", &desk.azml(&["workspace", "diagnose", "-n", name]).success());
    let network = json(desk.azml(&["workspace", "provision-network", "-n", name]));
    assert_eq!(network, json!({"status": "Active", "spark_ready": false}));
}

#[test]
fn what_goes_wrong_with_a_workspace_is_told() {
    let desk = Desk::new();
    let mut told = String::new();
    let mut wrong = |args: &[&str], code: i32| {
        let run = desk.azml(&[&["workspace"], args].concat());
        assert_eq!((run.code, run.stdout.as_str()), (code, ""), "{args:?}: {}", run.stderr);
        told += &["$ azml workspace ", &args.join(" "), "\n", &run.stderr, "\n"].concat();
    };
    wrong(&["create", "-n", defaults::WORKSPACE], 1);
    wrong(&["create", "-n", "new-ws", "-g", "absent"], 1);
    wrong(&["create", "-n", "new-ws", "--kind", "project"], 1);
    wrong(&["create"], 1);
    desk.home.write("wrong.yml", "name: new-ws\nlocaton: westeurope\n");
    wrong(&["create", "-f", "wrong.yml"], 1);
    desk.home.write("rule.yml", "name: new-ws\nmanaged_network:\n  isolation_mode: disabled\n  outbound_rules:\n  - {name: blob, type: private_endpoint, destination: a}\n");
    wrong(&["create", "-f", "rule.yml"], 1);
    wrong(&["delete", "-n", defaults::WORKSPACE], 1);
    wrong(&["update", "-n", defaults::WORKSPACE, "-c", "/registry"], 1);
    wrong(&["update", "-n", defaults::WORKSPACE], 2);
    wrong(&["list-keys", "-n", "absent"], 1);
    snapshot("workspace_errors", &told);
    assert!(desk.azure.requests().iter().all(|request| !["DELETE", "PATCH", "PUT"].contains(&request.method.as_str())));
}

#[test]
fn a_managed_network_lets_traffic_out_where_rules_say_so() {
    let desk = crate::compute_commands::Desk::new();
    let rules = |args: &[&str]| desk.azml(&[&["workspace", "outbound-rule"], args].concat());
    let pypi = rules(&["set", "--rule", "pypi", "--type", "fqdn", "--destination", "*.pypi.org"]);
    let pypi = crate::emulator::json(pypi);
    assert_eq!((&pypi["type"], &pypi["destination"]), (&serde_json::json!("fqdn"), &serde_json::json!("*.pypi.org")));
    rules(&[
        "set",
        "--rule",
        "tag",
        "--type",
        "service_tag",
        "--service-tag",
        "AzureMonitor",
        "--port-ranges",
        "80, 443",
    ])
    .success();
    let missing = rules(&["set", "--rule", "blob", "--type", "private_endpoint"]);
    assert_eq!((missing.code, missing.stderr.contains("--service-resource-id")), (2, true), "{}", missing.stderr);
    let tag = ["set", "--rule", "own", "--type", "service_tag", "--service-tag", "AzureMonitor"];
    let own = crate::emulator::json(rules(&[&tag[..], &["--address-prefixes", "10.0.0.0/24,10.0.1.0/24"]].concat()));
    assert_eq!(own["destination"]["addressPrefixes"], serde_json::json!(["10.0.0.0/24", "10.0.1.0/24"]));
    rules(&["remove", "--rule", "own", "--yes"]).success();
    let storage = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Storage/storageAccounts/a";
    let blob = ["set", "--rule", "blob", "--type", "private_endpoint", "--service-resource-id", storage];
    rules(&[&blob[..], &["--subresource-target", "blob", "--fqdns", "a.blob.example"]].concat()).success();
    let sent = desk.azure.requests().iter().rfind(|request| request.method == "PUT").unwrap().body.clone();
    assert_eq!(serde_json::from_str::<serde_json::Value>(&sent).unwrap()["properties"]["fqdns"][0], "a.blob.example");
    rules(&["remove", "--rule", "blob", "--yes"]).success();
    let names = || rules(&["list", "--query", "[].name", "-o", "tsv"]).success();
    assert_eq!(names(), "pypi\ntag\n");
    let tag = crate::emulator::json(rules(&["show", "--rule", "tag"]));
    assert_eq!(tag["destination"]["portRanges"], "80, 443");
    rules(&["remove", "--rule", "pypi", "--yes"]).success();
    assert_eq!(names(), "tag\n");
}
