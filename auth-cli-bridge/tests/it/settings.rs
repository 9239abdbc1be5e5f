//! Settings and clouds.

use std::fs;

use auth_cli_bridge::{CliConfig, Clouds, ConfigDir, cloud_named, configured_cloud};
use auth_core::{Cloud, Env};
use tempfile::TempDir;

use crate::support::{case, copy_of, shown};

/// The environment of a directory with this content in one of its files.
fn with(file: &str, text: &str, variables: &[(&str, &str)]) -> (TempDir, Env) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join(file), text).unwrap();
    let path = folder.path().to_str().unwrap().to_owned();
    let env = Env::fake(variables.iter().copied().chain([("AZURE_CONFIG_DIR", path.as_str())]));
    (folder, env)
}

#[test]
fn a_variable_beats_the_file_and_the_file_is_optional() {
    let text = "[defaults]\ngroup = rg-file\nworkspace = ws-file\n[core]\noutput =\n";
    let (_folder, env) = with("config", text, &[("AZURE_DEFAULTS_GROUP", "rg-variable"), ("AZURE_CLOUD_NAME", "X")]);
    let config = CliConfig::load(&env).unwrap();
    assert_eq!(config.default("group").unwrap().as_deref(), Some("rg-variable"));
    assert_eq!(config.default("Workspace").unwrap().as_deref(), Some("ws-file"));
    assert_eq!(config.get("core", "output").unwrap(), None);
    assert_eq!(config.cloud_name().unwrap().as_deref(), Some("X"));
    let nothing = CliConfig::load(&Env::fake::<&str, &str>([])).unwrap();
    assert_eq!(nothing.cloud_name().unwrap(), None);
}

#[test]
fn the_active_cloud_may_be_one_of_one_s_own() {
    let env = |name: &str| {
        Env::fake([("AZURE_CONFIG_DIR", case(name).join("azure").into_os_string().into_string().unwrap())])
    };
    let cloud = configured_cloud(&env("custom-cloud-explicit-endpoints")).unwrap().unwrap();
    assert_eq!((cloud.name(), cloud.authority_host()), ("AirGap", "login.rig.example"));
    assert_eq!(cloud.resource_manager().as_str(), "https://management.rig.example/");
    assert_eq!(cloud.arm_scope().as_str(), "https://management.rig.example//.default");
    assert_eq!((cloud.storage_suffix(), cloud.key_vault_suffix()), (Some("core.rig"), Some(".vault.rig")));
    assert!(cloud.portal().is_some() && cloud.ml_scope().is_none());
    assert_eq!(configured_cloud(&env("china-default")).unwrap(), Some(Cloud::china()));
    assert_eq!(configured_cloud(&Env::fake::<&str, &str>([])).unwrap(), None);
}

#[test]
fn each_cloud_remembers_its_subscription() {
    let clouds = Clouds::load(&ConfigDir::at(case("two-clouds").join("azure"))).unwrap();
    let last = |cloud: &Cloud| clouds.last_subscription(cloud).unwrap();
    assert_eq!(last(&Cloud::us_government()).as_deref(), Some("c0b1c2d3-0000-4000-8000-00000000000f"));
    assert_eq!(last(&Cloud::china()), None);
}

#[test]
fn a_section_of_a_known_cloud_changes_its_endpoints() {
    let text = "[AzureCloud]\nendpoint_resource_manager = https://arm.proxy.example\nendpoint_portal = https://portal.azure.example/\n";
    let (_folder, env) = with("clouds.config", text, &[]);
    let cloud = cloud_named(&env, "azurecloud").unwrap();
    assert_eq!(cloud.resource_manager().as_str(), "https://arm.proxy.example/");
    assert_eq!(cloud.authority(), Cloud::public().authority());
    assert_eq!(cloud.ml_scope().unwrap().as_str(), "https://ml.azure.example/.default");
}

#[test]
fn a_cloud_that_cannot_be_used_says_why() {
    let text = "\
        [Whole Cloud]\nendpoint_active_directory = https://login.example\nendpoint_resource_manager = https://arm.example\n\
        endpoint_active_directory_resource_id = https://arm.example/\n\
        [Half]\nendpoint_active_directory = https://login.example\n\
        [Plain]\nendpoint_active_directory = http://login.example\nendpoint_resource_manager = https://arm.example\n\
        endpoint_active_directory_resource_id = https://arm.example/\n";
    let (folder, env) = with("clouds.config", text, &[]);
    assert_eq!(cloud_named(&env, "whole cloud").unwrap().name(), "Whole Cloud");
    let errors = ["Half", "Plain", "Nope"].map(|name| shown(&cloud_named(&env, name).unwrap_err(), folder.path()));
    insta::assert_snapshot!(errors.join("\n"), @r#"
    Configuration: [dir]/clouds.config says no endpoint_resource_manager for cloud "Half"
      help: az cloud update --name "Half" --endpoint-resource-manager <URL>
    Configuration: the authority of cloud "Plain" is "http://login.example", which is neither https nor on this machine
      help: an endpoint is an https URL with a host, or an http URL on this machine (localhost, 127.0.0.1 or [::1])
    Configuration: there is no cloud named "Nope"
      help: the cloud must be one of AzureCloud, AzureChinaCloud, AzureUSGovernment, Half, Plain, Whole Cloud
    "#);
}

#[test]
fn a_malformed_file_is_named_and_left_alone() {
    let errors = ["config", "clouds.config"].map(|file| {
        let (folder, env) = with(file, "name = X\n", &[("AZURE_CLOUD_NAME", "AzureCloud")]);
        let error = shown(&configured_cloud(&env).unwrap_err(), folder.path());
        assert_eq!(fs::read_to_string(folder.path().join(file)).unwrap(), "name = X\n");
        error
    });
    insta::assert_snapshot!(errors.join("\n"), @r"
    Store: [dir]/config is not an INI file: there is an option before the first section
      help: correct that file, or remove it and set what you need with `az config set`
    Store: [dir]/clouds.config is not an INI file: there is an option before the first section
      help: correct that file, or remove it and register your clouds again: az cloud register
    ");
}

#[test]
fn a_byte_order_mark_does_no_harm() {
    let folder = copy_of("china-default");
    let path = folder.path().join("config");
    fs::write(&path, [b"\xef\xbb\xbf", fs::read(&path).unwrap().as_slice()].concat()).unwrap();
    let env = Env::fake([("AZURE_CONFIG_DIR", folder.path().to_str().unwrap())]);
    assert_eq!(configured_cloud(&env).unwrap(), Some(Cloud::china()));
}
