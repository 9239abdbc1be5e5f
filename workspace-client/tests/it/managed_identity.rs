//! The identity of the machine, as a way in that is there, and as a login that is kept, against the emulator.

use std::time::Duration;

use xtask::emulator::defaults::{
    ADA, CONTOSO, FABRIKAM, FABRIKAM_IDENTITY_CLIENT_ID, FEDERATION_AUDIENCE, RESOURCE_GROUP, SERVICE_PRINCIPAL_ID,
    SYSTEM_ASSIGNED_CLIENT_ID, USER_ASSIGNED_CLIENT_ID, USER_ASSIGNED_OBJECT_ID, USER_ASSIGNED_RESOURCE_ID, WORKSPACE,
};
use xtask::emulator::{Effect, Emulator, Fault, FederatedCredential, IdentityHost};

use crate::azml::{Home, Run, snapshot};
use crate::emulator::{json, login};
use crate::support::assert_no_secret;

/// azml on a machine of this kind, whose identities the loopback Azure gives.
fn azml(home: &Home, azure: &Emulator, host: IdentityHost, args: &[&str]) -> Run {
    let variables = [azure.env(), azure.managed_identity_env(host)].concat();
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    home.azml_with(args, &variables)
}

fn user(home: &Home, azure: &Emulator, host: IdentityHost) -> String {
    let show = ["account", "show", "--query", "user.name", "-o", "tsv"];
    azml(home, azure, host, &show).success().trim().to_owned()
}

/// Whose token a command gets without saying who it wants to be.
fn answers(home: &Home, azure: &Emulator, host: IdentityHost) -> String {
    let token =
        azml(home, azure, host, &["account", "get-access-token", "--query", "accessToken", "-o", "tsv"]).success();
    let claims = auth_core::claims::Claims::peek(token.trim()).unwrap();
    claims.username().map(str::to_owned).or(claims.appid).unwrap()
}

#[test]
fn the_identity_of_a_machine_signs_in_is_listed_renews_and_signs_out_like_a_person() {
    for host in
        [IdentityHost::AppService, IdentityHost::Imds, IdentityHost::LegacyAppService, IdentityHost::ServiceFabric]
    {
        let (home, azure) = (Home::new(), Emulator::start());
        let accounts = json(azml(&home, &azure, host, &["login", "--identity"]));
        assert_eq!(
            accounts[0]["user"],
            serde_json::json!({"name": SYSTEM_ASSIGNED_CLIENT_ID, "type": "servicePrincipal"}),
            "{host:?}"
        );
        assert_eq!(accounts[0]["tenantId"], CONTOSO);
        let workspace =
            ["workspace", "show", "-g", RESOURCE_GROUP, "-n", WORKSPACE, "--query", "location", "-o", "tsv"];
        assert_eq!(azml(&home, &azure, host, &workspace).success(), "westeurope\n");
        azml(&home, &azure, host, &["account", "get-access-token", "--resource", "https://ml.azure.com"]).success();
        for file in std::fs::read_dir(home.path().join("azml/tokens")).unwrap() {
            assert_no_secret(&azure, "a saved login", &std::fs::read(file.unwrap().path()).unwrap_or_default());
        }
        let run = azml(&home, &azure, host, &["logout"]);
        assert!(
            run.stderr.contains(&format!("signed out of AzureCloud: {SYSTEM_ASSIGNED_CLIENT_ID}")),
            "{}",
            run.stderr
        );
        assert!(run.stderr.contains("still there: the managed identity of "), "{}", run.stderr);
    }
}

#[test]
fn each_of_the_identities_can_be_chosen_by_each_of_its_ids() {
    let azure = Emulator::start();
    for selector in [
        ["--client-id", USER_ASSIGNED_CLIENT_ID],
        ["--object-id", USER_ASSIGNED_OBJECT_ID],
        ["--resource-id", USER_ASSIGNED_RESOURCE_ID],
    ] {
        let home = Home::new();
        let accounts =
            json(azml(&home, &azure, IdentityHost::Imds, &[&["login", "--identity"], &selector[..]].concat()));
        assert_eq!(accounts[0]["user"]["name"], USER_ASSIGNED_CLIENT_ID, "{selector:?}");
        assert_eq!(answers(&home, &azure, IdentityHost::Imds), USER_ASSIGNED_CLIENT_ID, "{selector:?}");
    }
}

#[test]
fn the_identity_that_was_chosen_goes_before_whoever_is_signed_in_on_the_machine() {
    let (home, azure, host) = (Home::new(), Emulator::start(), IdentityHost::AzureMl);
    azml(&home, &azure, host, &["login", "--identity", "--client-id", USER_ASSIGNED_CLIENT_ID]).success();
    assert_eq!(user(&home, &azure, host), USER_ASSIGNED_CLIENT_ID);
    assert_eq!(answers(&home, &azure, host), USER_ASSIGNED_CLIENT_ID);
}

#[test]
fn a_compute_instance_that_answers_with_a_person_is_told() {
    let (home, azure) = (Home::new(), Emulator::start());
    azure.change_world(|world| world.managed_identities.clear());
    let run = azml(&home, &azure, IdentityHost::AzureMl, &["login", "--identity"]);
    let warning = format!("warning: this machine answers with the token of the user {ADA}, ");
    assert!(run.stderr.contains(&warning), "{}", run.stderr);
    assert_eq!(json(run)[0]["user"], serde_json::json!({"name": ADA, "type": "user"}));
    let doctor = azml(&home, &azure, IdentityHost::AzureMl, &["doctor", "--online"]).success();
    assert!(doctor.contains("Azure ML compute gives tokens here; no sign of Service Fabric, App Service"), "{doctor}");
    assert!(doctor.contains(&format!(", of the user {ADA}, object id ")), "{doctor}");
}

#[test]
fn the_identity_of_a_machine_goes_before_the_saved_login_unless_it_is_of_another_tenant_or_not_there() {
    let (home, azure, host) = (Home::new(), Emulator::start(), IdentityHost::Imds);
    login(&home, &azure, &["--no-browser", "--tenant", FABRIKAM], None).success();
    std::fs::remove_file(home.path().join("azml/profile.json")).unwrap();
    assert_eq!(answers(&home, &azure, host), SYSTEM_ASSIGNED_CLIENT_ID);
    azure.change_world(|world| {
        world.managed_identities.retain(|identity| identity.client_id == FABRIKAM_IDENTITY_CLIENT_ID);
    });
    assert_eq!(answers(&home, &azure, host), FABRIKAM_IDENTITY_CLIENT_ID);
    let token = ["account", "get-access-token", "--tenant", CONTOSO, "--query", "tenant", "-o", "tsv"];
    assert_eq!(
        azml(&home, &azure, host, &token).success().trim(),
        CONTOSO,
        "that of the person, as the identity is of Fabrikam"
    );
    azure.change_world(|world| world.managed_identities.clear());
    assert_eq!(answers(&home, &azure, host), ADA);
}

#[test]
fn nobody_else_answers_for_an_identity_that_was_chosen_and_is_gone() {
    let (home, azure, host) = (Home::new(), Emulator::start(), IdentityHost::Imds);
    login(&home, &azure, &["--no-browser"], None).success();
    azml(&home, &azure, host, &["login", "--identity", "--client-id", USER_ASSIGNED_CLIENT_ID]).success();
    azure.change_world(|world| world.managed_identities.retain(|it| it.client_id != USER_ASSIGNED_CLIENT_ID));
    let run = azml(&home, &azure, host, &["account", "get-access-token", "--resource", "https://ml.azure.com"]);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(
        run.stderr.contains("the instance metadata service answered 400: invalid_request: Identity not found"),
        "{}",
        run.stderr
    );
}

#[test]
fn a_login_of_one_machine_is_not_answered_by_another_machine_s_identity() {
    let (home, azure) = (Home::new(), Emulator::start());
    azml(&home, &azure, IdentityHost::Imds, &["login", "--identity"]).success();
    // The same home, where a person is in front of the machine.
    let token = ["account", "get-access-token", "--resource", "https://ml.azure.com"];
    let run = azml(&home, &azure, IdentityHost::CloudShell, &token);
    assert_eq!((run.code, run.stdout.as_str()), (1, ""));
    let told = format!("this machine answers as {ADA}, and the saved login is that of {SYSTEM_ASSIGNED_CLIENT_ID}");
    assert!(run.stderr.contains(&told), "{}", run.stderr);
}

#[test]
fn a_person_who_answers_for_a_machine_keeps_a_login_of_their_own() {
    let (home, azure, host) = (Home::new(), Emulator::start(), IdentityHost::CloudShell);
    login(&home, &azure, &["--no-browser"], None).success();
    azml(&home, &azure, host, &["login", "--identity"]).success();
    assert_eq!(answers(&home, &azure, host), ADA);
    login(&home, &azure, &["--no-browser", "--force"], None).success();
    azure.clear_requests();
    let token = ["account", "get-access-token", "--resource", "https://graph.microsoft.com"];
    crate::emulator::azml(&home, &azure, &token).success();
    assert!(azure.requests().iter().any(|it| it.form.get("grant_type").is_some_and(|grant| grant == "refresh_token")));
}

#[test]
fn a_pod_signs_in_with_the_token_of_its_service_account() {
    let (home, azure) = (Home::new(), Emulator::start());
    azure.change_world(|world| {
        world.service_principals[0].federated_credentials.push(FederatedCredential {
            issuer: "https://cluster.example".into(),
            subject: "trainer".into(),
            audience: FEDERATION_AUDIENCE.into(),
        });
    });
    home.write("token", &azure.issue_federated_token("https://cluster.example", "trainer", Duration::from_secs(600)));
    let file = home.path().join("token").display().to_string();
    let mut variables = azure.env();
    for (name, value) in
        [("AZURE_TENANT_ID", CONTOSO), ("AZURE_CLIENT_ID", SERVICE_PRINCIPAL_ID), ("AZURE_FEDERATED_TOKEN_FILE", &file)]
    {
        variables.push((name.to_owned(), value.to_owned()));
    }
    let variables: Vec<_> = variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let accounts = json(home.azml_with(&["login", "--identity"], &variables));
    assert_eq!(accounts[0]["user"]["name"], SERVICE_PRINCIPAL_ID);
    home.azml_with(&["account", "get-access-token"], &variables).success();
}

#[test]
fn what_a_machine_cannot_give_is_told_with_the_next_step() {
    let azure = Emulator::start();
    azure.change_world(|world| world.signed_in = None);
    let tell = |host, args: &[&str]| {
        let home = Home::new();
        let run = azml(&home, &azure, host, &[&["login", "--identity"], args].concat());
        assert_eq!(run.stdout, "");
        // Some hosts make up an id for each request.
        let lines: Vec<_> = run.stderr.lines().filter(|line| !line.starts_with("  correlation id ")).collect();
        format!("{host:?} {}: {}\n{}\n", args.join(" "), run.code, lines.join("\n"))
    };
    let mut told = vec![
        tell(IdentityHost::Imds, &["--client-id", "0a1b2c3d-0000-4000-8000-000000000009"]),
        tell(IdentityHost::Imds, &["--client-id", "my-identity"]),
        tell(IdentityHost::Imds, &["--tenant", FABRIKAM]),
        tell(IdentityHost::Imds, &["--tenant", "nonsense.example"]),
        tell(IdentityHost::AppService, &["--client-id", "0a1b2c3d-0000-4000-8000-000000000009"]),
        tell(IdentityHost::AzureMl, &["--object-id", USER_ASSIGNED_OBJECT_ID]),
        tell(IdentityHost::ServiceFabric, &["--client-id", USER_ASSIGNED_CLIENT_ID]),
    ];
    azure.add_fault(Fault::new("/_msi/app-service", Effect::Html));
    told.push(tell(IdentityHost::AppService, &[]));
    let home = Home::new();
    let ids = ["login", "--identity", "--client-id", "x", "--object-id", "y"];
    told.push(azml(&home, &azure, IdentityHost::Imds, &ids).stderr);
    snapshot(&home, "managed_identity_refusals", &told.join("\n"));
}
