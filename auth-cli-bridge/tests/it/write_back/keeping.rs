//! Whatever is not known here survives.

use std::fs;

use auth_core::Cloud;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::{CACHE, CREDENTIALS, PROFILE, application, read, user, write_back};
use crate::support::copy_of;

#[tokio::test]
async fn unknown_members_comments_and_the_order_of_everything_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let write = |file: &str, text: &str| fs::write(folder.path().join(file), text).unwrap();
    write(CACHE, r#"{"Zeta": [1, 2.50], "Account": {"other": {"new": null}}, "AccessToken": {}, "n": 1e3}"#);
    write(CREDENTIALS, r#"[{"client_id": "other", "tenant": "t", "new": {"x": [true]}}, 7]"#);
    write(
        PROFILE,
        r#"{"new": "stra\u00dfe", "subscriptions": [{"new": 1, "id": "old", "isDefault": true}, "odd"], "end": []}"#,
    );
    write("clouds.config", "# mine\n[Other]\nendpoint_x = 1 ; not a comment\n");
    write_back(folder.path()).sign_in(&application("app", &["s"])).await.unwrap();
    let texts = [CACHE, CREDENTIALS, PROFILE, "clouds.config"].map(|file| read(folder.path(), file));
    insta::assert_snapshot!(texts.join("\n\n"), @r#"
    {
        "Zeta": [
            1,
            2.50
        ],
        "Account": {
            "other": {
                "new": null
            }
        },
        "AccessToken": {
            "-login.microsoftonline.com-accesstoken-app-3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01-https://management.core.windows.net//.default": {
                "credential_type": "AccessToken",
                "secret": "access token of app",
                "home_account_id": null,
                "environment": "login.microsoftonline.com",
                "client_id": "app",
                "target": "https://management.core.windows.net//.default",
                "realm": "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01",
                "token_type": "Bearer",
                "cached_at": "1800000000",
                "expires_on": "1800003600",
                "extended_expires_on": "1800003600"
            }
        },
        "n": 1e3,
        "AppMetadata": {
            "appmetadata-login.microsoftonline.com-app": {
                "client_id": "app",
                "environment": "login.microsoftonline.com"
            }
        }
    }

    [
        {
            "client_id": "other",
            "tenant": "t",
            "new": {
                "x": [
                    true
                ]
            }
        },
        7,
        {
            "client_id": "app",
            "tenant": "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01",
            "client_secret": "secret of app"
        }
    ]

    ﻿{"new": "stra\u00dfe", "subscriptions": [{"new": 1, "id": "old", "isDefault": false}, "odd", {"id": "s", "name": "name of s", "state": "Enabled", "user": {"name": "app", "type": "servicePrincipal"}, "isDefault": true, "tenantId": "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01", "environmentName": "AzureCloud", "homeTenantId": "3c1f5b0e-7a52-4d19-9f0a-5b1f2e6d7c01", "managedByTenants": []}], "end": []}

    # mine
    [Other]
    endpoint_x = 1 ; not a comment

    [AzureCloud]
    subscription = s
    "#);
}

#[tokio::test]
async fn what_would_not_change_is_not_written() {
    let folder = copy_of("device-code");
    let before = crate::support::contents(folder.path());
    let written = write_back(folder.path()).sign_out(&Cloud::public(), "nobody@contoso.example").await.unwrap();
    assert_eq!((written.files, crate::support::contents(folder.path())), (Vec::new(), before));
    let nowhere = folder.path().join("nowhere");
    write_back(&nowhere).sign_out(&Cloud::public(), "nobody@contoso.example").await.unwrap();
    assert!(!nowhere.exists());
}

#[cfg(unix)]
#[tokio::test]
async fn a_symbolic_link_stays_and_what_it_leads_to_is_replaced() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for file in [CACHE, PROFILE] {
        let target = elsewhere.path().join(file);
        fs::write(&target, "{}").unwrap();
        fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&target, folder.path().join(file)).unwrap();
    }
    write_back(folder.path()).sign_in(&user("ada", &["s"])).await.unwrap();
    for (file, mode) in [(CACHE, 0o600), (PROFILE, 0o640)] {
        assert!(folder.path().join(file).symlink_metadata().unwrap().is_symlink());
        assert!(read(elsewhere.path(), file).contains("contoso.example"));
        let permissions = elsewhere.path().join(file).metadata().unwrap().permissions();
        assert_eq!(permissions.mode() & 0o777, mode, "{file}: a list keeps its mode, tokens become their owner's");
    }
    assert_eq!(elsewhere.path().read_dir().unwrap().count(), 2, "nothing is left behind");
}

#[tokio::test]
async fn what_a_writer_that_was_killed_has_left_is_removed() {
    let folder = tempfile::tempdir().unwrap();
    let left = folder.path().join(format!(".{CACHE}.abc123.azml"));
    fs::write(&left, "half of a token").unwrap();
    write_back(folder.path()).sign_in(&user("ada", &[])).await.unwrap();
    assert!(!left.exists());
}

fn json_value() -> impl Strategy<Value = Value> {
    let scalar = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        "\\PC{0,8}".prop_map(Value::from),
    ];
    scalar.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::hash_map("\\PC{0,6}", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn members() -> impl Strategy<Value = Map<String, Value>> {
    // None of them is a name that a login touches.
    prop::collection::hash_map("x\\PC{0,6}", json_value(), 0..5).prop_map(|members| members.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn any_file_with_unknown_members_survives_a_login_and_a_logout(
        cache in members(), entry in members(), profile in members(), listed in members(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, value: &Value| fs::write(folder.path().join(file), value.to_string()).unwrap();
        let mut cache = Value::Object(cache);
        cache["Account"] = json!({"kept": entry});
        let mut profile = Value::Object(profile);
        let mut kept = Value::Object(listed);
        kept["id"] = "kept".into();
        kept["isDefault"] = false.into();
        profile["subscriptions"] = json!([kept]);
        write(CACHE, &cache);
        write(PROFILE, &profile);
        let login = user("ada", &["s"]);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let write_back = write_back(folder.path());
            write_back.sign_in(&login).await.unwrap();
            write_back.sign_out(&Cloud::public(), "ada@contoso.example").await.unwrap();
        });
        let after = |file: &str| -> Value {
            serde_json::from_str(read(folder.path(), file).trim_start_matches('\u{feff}')).unwrap()
        };
        prop_assert_eq!(after(PROFILE), profile);
        let mut after = after(CACHE);
        for section in ["AccessToken", "RefreshToken", "AppMetadata"] {
            prop_assert!(after.as_object_mut().unwrap().remove(section).is_some());
        }
        prop_assert_eq!(after, cache);
    }
}
