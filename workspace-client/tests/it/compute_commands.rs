//! `azml compute`, against the emulator.

use serde_json::{Value, json};
use xtask::emulator::{Effect, Emulator, Fault, defaults};

use crate::azml::{Home, Run};
use crate::emulator::{azml, json, login};

/// A person who has signed in, in a folder that belongs to a workspace.
pub(crate) struct Desk {
    pub(crate) home: Home,
    pub(crate) azure: Emulator,
}

impl Desk {
    pub(crate) fn new() -> Self {
        let (home, azure) = (Home::new(), Emulator::start());
        login(&home, &azure, &["--no-browser"], None).success();
        let [subscription, group, name] = [defaults::SUBSCRIPTION, defaults::RESOURCE_GROUP, defaults::WORKSPACE];
        let config = json!({"subscription_id": subscription, "resource_group": group, "workspace_name": name});
        home.write(".azureml/config.json", &config.to_string());
        azure.clear_requests();
        Self { home, azure }
    }

    pub(crate) fn azml(&self, args: &[&str]) -> Run {
        azml(&self.home, &self.azure, args)
    }

    fn compute(&self, args: &[&str]) -> Run {
        self.azml(&[&["compute"], args].concat())
    }

    fn create(&self, name: &str, more: &[&str]) -> Value {
        json(self.compute(&[&["create", "--name", name], more].concat()))
    }

    fn show(&self, name: &str) -> Value {
        json(self.compute(&["show", "--name", name]))
    }

    /// What was sent last with this method.
    fn sent(&self, method: &str) -> Value {
        let requests = self.azure.requests();
        let request =
            requests.iter().rev().find(|request| request.method == method && !request.body.is_empty()).unwrap();
        serde_json::from_str(&request.body).unwrap()
    }
}

fn snapshot(name: &str, text: &str) {
    let filters = vec![(r#""created_on": "[^"]+""#, r#""created_on": "[time]""#)];
    insta::with_settings!({filters => filters, omit_expression => true}, { insta::assert_snapshot!(name, text) });
}

#[test]
fn a_cluster_lives_from_its_creation_to_its_end() {
    let desk = Desk::new();
    let created = desk
        .create("cpu", &["--type", "AmlCompute", "--min-instances", "1", "--tags", "team=x", "--tier", "low_priority"]);
    assert_eq!((&created["provisioning_state"], &created["min_instances"]), (&json!("Succeeded"), &json!(1)));
    snapshot("compute_show_cluster", &desk.compute(&["show", "-n", "cpu"]).success());
    assert_eq!(desk.compute(&["list-nodes", "-n", "cpu", "--query", "[].node_state", "-o", "tsv"]).success(), "idle\n");

    let updated = json(desk.compute(&["update", "-n", "cpu", "--max-instances", "8"]));
    let scale = ["min_instances", "max_instances", "idle_time_before_scale_down"].map(|name| updated[name].clone());
    assert_eq!(scale, [1, 8, 120]);
    let settings = json!({"minNodeCount": 1, "maxNodeCount": 8, "nodeIdleTimeBeforeScaleDown": "PT2M"});
    assert_eq!(desk.sent("PATCH"), json!({"properties": {"properties": {"scaleSettings": settings}}}));
    let updated = json(desk.compute(&["update", "-n", "cpu", "--set", "min_instances=2", "max_instances=9"]));
    assert_eq!([&updated["min_instances"], &updated["max_instances"]], [&json!(2), &json!(9)]);
    let wrong = |args: &[&str]| desk.compute(&[&["update", "-n", "cpu"], args].concat()).failure();
    let wrong = [
        wrong(&["--set", "size=x"]),
        wrong(&["--set", "max_instnces=3"]),
        wrong(&["--set", "max_instances=canary"]),
        wrong(&["--set", "canary"]),
        wrong(&["--remove", "max_instances"]),
        wrong(&["--remove", "tags.tem"]),
        wrong(&["--add", "size", "canary"]),
    ];
    let wrong = wrong.join("\n");
    assert!(!wrong.contains("canary"), "{wrong}");
    snapshot("compute_update_errors", &wrong);

    assert_eq!(desk.compute(&["delete", "-n", "cpu", "--yes"]).success(), "");
    let gone = desk.compute(&["show", "-n", "cpu"]);
    assert_eq!((gone.code, gone.stdout.as_str()), (1, ""));
    insta::with_settings!({filters => vec![(r"correlation id \S+", "correlation id [id]")], omit_expression => true}, {
        insta::assert_snapshot!("compute_not_found", gone.stderr);
    });
}

#[test]
fn the_tags_and_the_identity_of_a_compute_are_changed_with_everything_that_it_has() {
    let desk = Desk::new();
    desk.create("cpu", &["--type", "amlcompute", "--tags", "team=x", "--size", "Standard_DS12_v2"]);
    desk.create("ada-ci", &["--type", "computeinstance"]);
    let update = ["update", "-n", "cpu", "--identity-type", "UserAssigned", "-i", "/one,/two", "--max-instances", "7"];
    let updated = json(desk.compute(&[&update[..], &["--set", "tags.stage=test"]].concat()));
    assert_eq!((&updated["max_instances"], &updated["size"]), (&json!(7), &json!("Standard_DS12_v2")));
    assert_eq!(updated["tags"], json!({"team": "x", "stage": "test"}));
    let identity = json!({"type": "UserAssigned", "userAssignedIdentities": {"/one": {}, "/two": {}}});
    assert_eq!(desk.sent("PUT")["identity"], identity);
    let updated = json(desk.compute(&["update", "-n", "ada-ci", "--tags", "team=y"]));
    assert_eq!((&updated["tags"], &updated["state"]), (&json!({"team": "y"}), &json!("Running")));
    let nothing = desk.compute(&["update", "-n", "cpu"]);
    assert_eq!((nothing.code, nothing.stdout.as_str()), (2, ""));
    snapshot("compute_update_instance", &desk.compute(&["update", "-n", "ada-ci", "--max-instances", "2"]).failure());
}

#[test]
fn a_password_is_sent_and_told_to_nobody() {
    let desk = Desk::new();
    desk.home.write("password", "canary-password\n");
    let account = ["--admin-username", "ada", "--admin-password", "@password"];
    let created = desk.compute(&[&["create", "-n", "cpu", "--type", "amlcompute", "--debug"], &account[..]].concat());
    assert!(!created.stdout.contains("canary") && !created.stderr.contains("canary"), "{created:?}");
    let sent = json!({"adminUserName": "ada", "adminUserPassword": "canary-password"});
    assert_eq!(desk.sent("PUT")["properties"]["properties"]["userAccountCredentials"], sent);
    let vm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm";
    let attach = ["attach", "-n", "vm1", "-t", "virtualmachine", "--resource-id", vm];
    let attached = desk.compute(&[&attach[..], &account].concat());
    assert!(!attached.stdout.contains("canary") && !attached.stderr.contains("canary"), "{attached:?}");
    let sent = json!({"password": "canary-password", "username": "ada"});
    assert_eq!(desk.sent("PUT")["properties"]["properties"]["administratorAccount"], sent);
    let open = ["--admin-username", "ada", "--admin-password", "canary"];
    let attached = desk.compute(&[&attach[..], &open].concat());
    assert_eq!(attached.code, 0);
    snapshot("compute_password_in_the_open", &attached.stderr);
}

#[test]
fn an_instance_is_stopped_and_started() {
    let desk = Desk::new();
    desk.create("ada-ci", &["--type", "computeinstance", "--size", "Standard_DS12_v2"]);
    snapshot("compute_show_instance", &desk.compute(&["show", "-n", "ada-ci"]).success());
    for (verb, state) in [("stop", "Stopped"), ("start", "Running"), ("restart", "Running")] {
        assert_eq!(desk.compute(&[verb, "-n", "ada-ci"]).success(), "", "{verb}");
        assert_eq!(desk.show("ada-ci")["state"], state, "{verb}");
    }
    for (more, is_on) in [(&["--disable"][..], false), (&[], true)] {
        assert_eq!(desk.compute(&[&["enable-sso", "-n", "ada-ci"], more].concat()).success(), "");
        assert_eq!(desk.show("ada-ci")["enable_sso"], is_on);
    }
    assert_eq!(desk.compute(&["stop", "-n", "ada-ci", "--no-wait"]).success(), "");
    assert_eq!(desk.show("ada-ci")["state"], "Stopping");
}

#[test]
fn the_computes_of_a_workspace_are_listed() {
    let desk = Desk::new();
    assert_eq!(desk.compute(&["list"]).success(), "[]\n");
    desk.create("cpu", &["--type", "amlcompute"]);
    desk.create("gpu", &["--type", "amlcompute", "--size", "Standard_NC6s_v3"]);
    desk.create("ada-ci", &["--type", "computeinstance"]);
    snapshot("compute_list_table", &desk.compute(&["list", "-o", "table"]).success());
    let names = |args: &[&str]| {
        let run = desk.compute(&[&["list", "--query", "[].name", "-o", "tsv"], args].concat());
        (run.stdout.split_whitespace().map(str::to_owned).collect::<Vec<_>>(), run.stderr)
    };
    assert_eq!(names(&["--type", "AMLCOMPUTE"]), (vec!["cpu".to_owned(), "gpu".to_owned()], String::new()));
    let (some, told) = names(&["--max-results", "2"]);
    assert_eq!((some.len(), told.as_str()), (2, "warning: there are more than 2; --max-results shows more of them\n"));
}

#[test]
fn a_file_describes_a_compute_and_the_command_line_changes_it() {
    let desk = Desk::new();
    desk.home.write(
        "ci.yml",
        "$schema: https://azuremlschemas.azureedge.net/latest/computeInstance.schema.json\nname: from-file\ntype: computeinstance\n\
         size: Standard_DS3_v2\nidle_time_before_shutdown_minutes: 30\nidentity:\n  type: user_assigned\n  \
         user_assigned_identities:\n    - resource_id: /identities/one\nnetwork_settings:\n  vnet_name: net\n  subnet: inner\n",
    );
    let set = ["--set", "idle_time_before_shutdown_minutes=45", "network_settings.subnet=other"];
    let created = json(desk.compute(&[&["create", "-f", "ci.yml", "--size", "Standard_DS12_v2"], &set[..]].concat()));
    assert_eq!((&created["name"], &created["idle_time_before_shutdown_minutes"]), (&json!("from-file"), &json!(45)));
    insta::assert_json_snapshot!("compute_create_body", desk.sent("PUT"));
}

#[test]
fn what_was_shown_can_be_sent_back_and_numbers_are_text_where_text_is_wanted() {
    let desk = Desk::new();
    desk.create("cpu", &["--type", "amlcompute", "--tags", "team=x"]);
    let shown = desk.compute(&["show", "-n", "cpu", "-o", "yaml"]).success();
    desk.home.write("shown.yml", &format!("{shown}\n"));
    let again = json(desk.compute(&["create", "--file", "shown.yml", "--set", "tags.release=1.10", "max_instances=6"]));
    assert_eq!(again["tags"], json!({"team": "x", "release": "1.10"}));
    desk.create("ada-ci", &["--type", "computeinstance", "--ssh-key-value", "ssh-rsa AAAA"]);
    let shown = desk.compute(&["show", "-n", "ada-ci", "-o", "yaml"]).success();
    assert!(shown.contains("ssh_port:") && shown.contains("private_ip_address:"), "{shown}");
    desk.home.write("shown.yml", &format!("{shown}\n"));
    desk.compute(&["create", "--file", "shown.yml"]).success();
    desk.home.write(
        "numbers.yml",
        "name: 007\ntype: amlcompute\nmax_instances: \"3\"\ntags: {version: 1.0, on: yes, none: }\n",
    );
    let created = json(desk.compute(&["create", "--file", "numbers.yml"]));
    assert_eq!((&created["name"], &created["max_instances"]), (&json!("007"), &json!(3)));
    assert_eq!(created["tags"], json!({"version": "1.0", "on": "yes", "none": ""}));
}

#[test]
fn what_exists_is_attached_and_detached() {
    let desk = Desk::new();
    let id = "/subscriptions/s/resourceGroups/g/providers/Microsoft.ContainerService/managedClusters/k";
    let args =
        ["attach", "-n", "k8s", "--type", "Kubernetes", "--resource-id", id, "--identity-type", "SystemAssigned"];
    let attached = json(desk.compute(&args));
    assert_eq!(
        (&attached["type"], &attached["namespace"], &attached["resource_id"]),
        (&json!("kubernetes"), &json!("default"), &json!(id))
    );
    assert_eq!(attached["identity"]["type"], "system_assigned");
    let vm = "/subscriptions/s/resourceGroups/g/providers/Microsoft.Compute/virtualMachines/vm";
    desk.home.write("vm/vm.yml", &format!("name: vm1\ntype: virtualmachine\nresource_id: {vm}\nssh_settings: {{admin_username: ada, ssh_private_key_file: key}}\n"));
    desk.home.write("vm/key", "canary-of-a-key");
    let attached = desk.compute(&["attach", "-f", "vm/vm.yml", "--ssh-port", "2222"]);
    assert!(!attached.stdout.contains("canary") && !attached.stderr.contains("canary"), "{attached:?}");
    assert_eq!(json(attached)["name"], "vm1");
    let sent = desk.azure.requests().into_iter().rfind(|request| request.method == "PUT").unwrap();
    let sent: Value = serde_json::from_str(&sent.body).unwrap();
    let account = serde_json::json!({"privateKeyData": "canary-of-a-key", "username": "ada"});
    let expected = serde_json::json!({"computeType": "VirtualMachine", "resourceId": vm, "properties": {"administratorAccount": account, "sshPort": 2222}});
    assert_eq!(sent["properties"], expected);
    let refused = desk.compute(&["attach", "-n", "vm2", "-t", "virtualmachine", "--resource-id", vm]).failure();
    assert!(refused.starts_with("error: a virtual machine needs ssh_settings"), "{refused}");
    let folder = ["--admin-username", "ada", "--ssh-private-key-file", "vm"];
    let refused =
        desk.compute(&[&["attach", "-n", "vm2", "-t", "virtualmachine", "--resource-id", vm], &folder[..]].concat());
    assert!(refused.failure().contains("is not a plain file of at most 64 KiB"));
    desk.compute(&["detach", "-n", "k8s", "--yes"]).success();
    let detached = desk.azure.requests().into_iter().find(|request| request.method == "DELETE").unwrap();
    assert_eq!(detached.query["underlyingResourceAction"], "Detach");
}

#[test]
fn a_region_is_that_of_the_workspace_unless_it_is_named() {
    let desk = Desk::new();
    snapshot("compute_list_sizes_table", &desk.compute(&["list-sizes", "-o", "table"]).success());
    snapshot(
        "compute_list_usage_table",
        &desk.compute(&["list-usage", "--location", "northeurope", "-o", "table"]).success(),
    );
    let none = desk.compute(&["list-sizes", "--type", "synapsespark"]).success();
    assert_eq!(none, "[]\n");
    let mut regions: Vec<_> = desk
        .azure
        .requests()
        .iter()
        .filter_map(|request| {
            let (_, rest) = request.path.split_once("/locations/")?;
            Some(rest.split('/').next()?.to_owned())
        })
        .collect();
    regions.dedup();
    assert_eq!(regions, ["westeurope", "northeurope", "westeurope"]);
}

#[test]
fn what_goes_wrong_is_told_with_its_reasons() {
    let desk = Desk::new();
    let mut told = String::new();
    let mut wrong = |args: &[&str]| {
        let run = desk.compute(args);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{args:?}: {}", run.stderr);
        told += &["$ azml compute ", &args.join(" "), "\n", &run.stderr, "\n"].concat();
    };
    wrong(&["create", "--name", "cpu"]);
    wrong(&["create", "--type", "amlcompute"]);
    wrong(&["create", "--name", "cpu", "--type", "virtualmachine"]);
    wrong(&["create", "--name", "cpu", "--type", "amlcompute", "--set", "sizes=x"]);
    wrong(&["create", "--name", "cpu", "--type", "amlcompute", "--subnet", "inner"]);
    wrong(&["create", "--name", "cpu", "--type", "amlcompute", "--tier", "fast"]);
    wrong(&["create", "--name", "ci", "--type", "computeinstance", "--min-instances", "1"]);
    wrong(&["create", "--file", "absent.yml"]);
    for (name, yaml) in [
        ("unknown.yml", "type: amlcompute\nname: cpu\nmax_instancs: canary\n"),
        ("deep.yml", "type: amlcompute\nname: cpu\nnetwork_settings:\n  vnet: canary\n"),
        ("type.yml", "type: amlcompute\nname: cpu\nmax_instances: canary\n"),
        ("syntax.yml", "type: amlcompute\nname: \"canary\n"),
        ("network.yml", "type: amlcompute\nname: cpu\nnetwork_settings:\n  vnet_name: net\n"),
        ("ssh.yml", "type: amlcompute\nname: cpu\nssh_settings:\n  admin_username: ada\n"),
    ] {
        desk.home.write(name, yaml);
        wrong(&["create", "--file", name]);
    }
    wrong(&["show", "--name", "../x"]);
    wrong(&["delete", "--name", "cpu"]);
    let reasons = json!([{"code": "QuotaExceeded", "message": "There are 4 cores left.", "target": "vmSize"}]);
    let failed =
        json!({"status": "Failed", "error": {"code": "BadArgument", "message": "It cannot be.", "details": reasons}});
    desk.azure.add_fault(Fault::new("/operationsStatus/", Effect::json(200, &failed)));
    wrong(&["create", "--name", "cpu", "--type", "amlcompute"]);
    assert!(!told.contains("canary"), "{told}");
    insta::with_settings!({filters => vec![(r"correlation id \S+", "correlation id [id]")], omit_expression => true}, {
        insta::assert_snapshot!("compute_errors", told);
    });
}
