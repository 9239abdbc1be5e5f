//! Files that somebody made to hurt whoever reads them.

use std::fs::{self, File};
use std::path::Path;
use std::time::{Duration, Instant};

use auth_core::{Authentication, ErrorKind, TokenRequest};

use crate::support::{builder, copy_of};

const SOON: Duration = Duration::from_secs(1);
/// Tests share their machine with others: the quickest answer counts.
const ANSWERS: usize = 3;
const USER: &str = "user-two-tenants";
/// The files that a sign-in is answered from, and a sign-in that reads each.
const FILES: [(&str, &str); 5] = [
    ("azureProfile.json", USER),
    ("clouds.config", USER),
    ("config", USER),
    ("msal_token_cache.json", USER),
    ("service_principal_entries.json", "service-principal"),
];

/// What follows from putting something in the place of each file. It has to follow soon.
async fn instead(files: &[(&str, &str)], put: impl Fn(&Path)) -> Vec<String> {
    let mut told = Vec::new();
    for (file, case) in files {
        let folder = copy_of(case);
        let path = folder.path().join(file);
        fs::remove_file(&path).unwrap();
        if *case != USER {
            // So that its credential is needed.
            fs::remove_file(folder.path().join("msal_token_cache.json")).unwrap();
        }
        put(&path);
        let (mut took, mut asked) = (Duration::MAX, 0);
        let answer = loop {
            let started = Instant::now();
            let auth = builder(folder.path()).build();
            let answer = auth.token(&TokenRequest::arm(auth.cloud())).await;
            (took, asked) = (took.min(started.elapsed()), asked + 1);
            if took < SOON || asked == ANSWERS {
                break answer;
            }
        };
        assert!(took < SOON, "{file}: {took:?}");
        told.push(answer.map_or_else(
            |error| {
                assert!(error.kind() == ErrorKind::Store && error.help().is_some(), "{error:?}");
                error.to_string().replace(&path.display().to_string(), file)
            },
            |_| format!("{file} does no harm"),
        ));
    }
    told
}

fn each(files: &[(&str, &str)], why: &str) -> Vec<String> {
    files.iter().map(|(file, _)| format!("{file} {why}")).collect()
}

#[tokio::test]
async fn what_is_no_file_or_too_large_is_told_at_once() {
    let directory = instead(&FILES, |path| fs::create_dir(path).unwrap()).await;
    assert_eq!(directory, each(&FILES, "is a directory, not a file"));
    let large = instead(&FILES, |path| File::create(path).unwrap().set_len(100 << 20).unwrap()).await;
    for (told, (file, _)) in large.iter().zip(FILES) {
        assert!(told.starts_with(&format!("{file} is larger than ")), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn no_link_leads_to_a_device_and_no_pipe_keeps_anybody_waiting() {
    use std::os::unix::fs::symlink;
    let device = instead(&FILES, |path| symlink("/dev/zero", path).unwrap()).await;
    assert_eq!(device, each(&FILES, "is not a regular file"));
    let pipe = instead(&FILES, |path| {
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    });
    assert_eq!(pipe.await, each(&FILES, "is not a regular file"));
    for told in instead(&FILES, |path| symlink(path, path).unwrap()).await {
        assert!(told.contains(" cannot be read: "), "{told}");
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_others_alone_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let unreadable = |path: &Path| {
        fs::write(path, "").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o000)).unwrap();
    };
    // Whoever may read everything, as root may, reads an empty file.
    let probe = tempfile::tempdir().unwrap();
    unreadable(&probe.path().join("probe"));
    let may_read_everything = File::open(probe.path().join("probe")).is_ok();
    let told = instead(&FILES[..1], unreadable).await.concat();
    let expected = if may_read_everything { " ends too early " } else { " cannot be read: " };
    assert!(told.contains(expected), "{told}");
}

#[tokio::test]
async fn json_that_is_deep_or_no_text_is_told() {
    let json = [FILES[0], FILES[3], FILES[4]];
    let nested = |open: &str| format!("{{\"x\": {}", open.repeat((1 << 20) / open.len()));
    for text in [
        nested("["),
        nested("{\"x\":"),
        "[".repeat(1 << 19),
        r#"{"x": "\ud800"#.to_owned(),
        r#"{"subscriptions": [{"id": "\udfff"}], "Account": {"\ud800": {"username": "\ud800"}}}"#.to_owned(),
        r#"[{"client_id": "\ud800"}]"#.to_owned(),
    ] {
        for told in instead(&json, |path| fs::write(path, &text).unwrap()).await {
            assert!(told.contains(" (line 1, column "), "{told}");
        }
    }
}

#[tokio::test]
async fn millions_of_entries_and_lines_cost_neither_time_nor_memory() {
    let cache =
        |section: &str, entry: &str| format!("{{\"{section}\": [{}{{}}]}}", entry.repeat((15 << 20) / entry.len()));
    for text in [cache("AccessToken", "{},"), cache("RefreshToken", "{},"), cache("Account", "{},")] {
        instead(&FILES[3..4], |path| fs::write(path, &text).unwrap()).await;
    }
    let profile = format!("{{\"subscriptions\": [{}", "{},".repeat(1 << 20));
    instead(&FILES[..1], |path| fs::write(path, &profile).unwrap()).await;
    for line in [" x\n", "a=\n", "[a]\n", "#\n", "\n"] {
        let text = format!("[cloud]\nname = AzureCloud\n{}", line.repeat((1000 << 10) / line.len()));
        instead(&FILES[1..3], |path| fs::write(path, &text).unwrap()).await;
    }
}
