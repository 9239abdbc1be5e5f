//! Files that cannot be used, and files that are not there.

use std::fs::{self, File};
use std::path::Path;

use auth_core::{AccessToken, Authentication, Clock, Error, ErrorKind, TokenRequest};

use crate::support::{builder, contents, copy_of, shown};

const CACHE: &str = "msal_token_cache.json";
const PROFILE: &str = "azureProfile.json";
const CASE: &str = "user-two-tenants";

async fn token(directory: &Path) -> Result<AccessToken, Error> {
    let auth = builder(directory).build();
    auth.token(&TokenRequest::arm(auth.cloud())).await
}

/// The error that follows from breaking a file of a sign-in that is whole.
async fn broken(file: &str, break_it: impl FnOnce(&Path)) -> String {
    let folder = copy_of(CASE);
    let path = folder.path().join(file);
    break_it(&path);
    let error = token(folder.path()).await.unwrap_err();
    format!("{file}\n{}", shown(&error, folder.path()))
}

fn overwrite(bytes: impl AsRef<[u8]>) -> impl FnOnce(&Path) {
    move |path| fs::write(path, bytes).unwrap()
}

fn utf_16(text: &str) -> Vec<u8> {
    "\u{feff}".chars().chain(text.chars()).flat_map(|c| u16::try_from(c as u32).unwrap().to_le_bytes()).collect()
}

#[tokio::test]
async fn a_file_that_cannot_be_used_is_named_with_what_is_wrong_and_what_to_do() {
    let whole = fs::read(copy_of(CASE).path().join(CACHE)).unwrap();
    let errors = [
        broken(CACHE, overwrite(&whole[..whole.len() / 2])).await,
        broken(CACHE, overwrite("[]")).await,
        broken(CACHE, overwrite("{\"canary\": canary}")).await,
        broken(CACHE, overwrite(utf_16("{}"))).await,
        broken(CACHE, overwrite(b"{\"\xff\": 1}")).await,
        broken(CACHE, |path| File::create(path).unwrap().set_len((16 << 20) + 1).unwrap()).await,
        broken(CACHE, |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        })
        .await,
        broken(PROFILE, overwrite("")).await,
        broken(PROFILE, overwrite("{\"subscriptions\": 7}")).await,
        broken(PROFILE, overwrite(utf_16("{}"))).await,
        broken("config", overwrite("[cloud]\nname\n")).await,
        broken("clouds.config", overwrite("[AzureCloud\n")).await,
    ];
    let errors = errors.join("\n\n");
    assert!(!errors.contains("canary"));
    insta::assert_snapshot!(errors, @r"
    msal_token_cache.json
    Store: [dir]/msal_token_cache.json ends too early (line 35, column 81)
      help: remove that file, then run `az login` again

    msal_token_cache.json
    Store: [dir]/msal_token_cache.json does not hold a JSON object
      help: remove that file, then run `az login` again

    msal_token_cache.json
    Store: [dir]/msal_token_cache.json is not JSON (line 1, column 12)
      help: remove that file, then run `az login` again

    msal_token_cache.json
    Store: [dir]/msal_token_cache.json is UTF-16 text, not UTF-8
      help: remove that file, then run `az login` again

    msal_token_cache.json
    Store: [dir]/msal_token_cache.json is not UTF-8 text
      help: remove that file, then run `az login` again

    msal_token_cache.json
    Store: [dir]/msal_token_cache.json is larger than 16 MiB
      help: remove that file, then run `az login` again

    msal_token_cache.json
    Store: [dir]/msal_token_cache.json is a directory, not a file
      help: remove that file, then run `az login` again

    azureProfile.json
    Store: [dir]/azureProfile.json ends too early (line 1, column 0)
      help: remove that file, then run `az login` again

    azureProfile.json
    Store: [dir]/azureProfile.json does not hold what it should (line 1, column 19)
      help: remove that file, then run `az login` again

    azureProfile.json
    Store: [dir]/azureProfile.json is UTF-16 text, not UTF-8
      help: remove that file, then run `az login` again

    config
    Store: [dir]/config is not an INI file: a line of section [cloud] has neither `=` nor `:`
      help: correct that file, or remove it and set what you need with `az config set`

    clouds.config
    Store: [dir]/clouds.config is not an INI file: line 1: Found opening bracket for section name but no closing bracket
      help: correct that file, or remove it and register your clouds again: az cloud register
    ");
}

#[cfg(unix)]
#[tokio::test]
async fn a_pipe_in_place_of_a_file_keeps_nobody_waiting() {
    let error = broken(CACHE, |path| {
        fs::remove_file(path).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    });
    assert!(error.await.contains("msal_token_cache.json is not a regular file"));
}

#[tokio::test]
async fn what_is_not_there_lets_a_chain_go_on() {
    let nothing = tempfile::tempdir().unwrap();
    let mut errors = vec![shown(&token(nothing.path()).await.unwrap_err(), nothing.path())];
    for (bytes, name) in [(Some(""), CACHE), (Some("{}"), CACHE), (None, CACHE), (None, "msal_token_cache.bin")] {
        let folder = copy_of(CASE);
        fs::remove_file(folder.path().join(CACHE)).unwrap();
        if let Some(text) = bytes {
            fs::write(folder.path().join(name), text).unwrap();
        } else if name != CACHE {
            fs::write(folder.path().join(name), "sealed").unwrap();
        }
        let error = token(folder.path()).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unavailable);
        errors.push(shown(&error, folder.path()));
    }
    errors.dedup();
    insta::assert_snapshot!(errors.join("\n"), @r"
    Unavailable: nobody is signed in to AzureCloud with the Azure CLI
      help: sign in: az login
    Unavailable: [dir]/msal_token_cache.json holds no sign-in of adele.v@contoso-research.example
      help: sign in: az login
    Unavailable: [dir]/msal_token_cache.bin is encrypted, and there is no az on the PATH to read it
      help: install the Azure CLI, or let it keep its tokens unencrypted: az config set core.encrypt_token_cache=false, then az login
    ");
}

#[tokio::test]
async fn oddities_that_do_no_harm_do_no_harm() {
    let folder = copy_of(CASE);
    let cache = folder.path().join(CACHE);
    let mut value: serde_json::Value = serde_json::from_slice(&fs::read(&cache).unwrap()).unwrap();
    value["Unknown"] = serde_json::json!([1]);
    value["AccessToken"]["odd"] = "text".into();
    value["AccessToken"]["odder"] = serde_json::json!({"secret": 1, "expires_on": {}});
    value["IdToken"] = serde_json::json!(null);
    value["AppMetadata"] = serde_json::json!([]);
    fs::write(&cache, format!("\u{feff}{value}")).unwrap();
    let before = contents(folder.path());
    token(folder.path()).await.unwrap();
    assert_eq!(contents(folder.path()), before);
}

#[tokio::test]
async fn a_cache_that_is_just_being_written_is_read_again() {
    let folder = copy_of(CASE);
    let cache = folder.path().join(CACHE);
    let whole = fs::read(&cache).unwrap();
    for half in [&whole[..100], &[]] {
        fs::write(&cache, half).unwrap();
        let auth = builder(folder.path()).clock(Clock::system()).build();
        let request = TokenRequest::arm(auth.cloud());
        // The rest is written when the reader pauses for the first time.
        let (token, ()) = tokio::join!(auth.token(&request), async { fs::write(&cache, &whole).unwrap() });
        token.unwrap();
    }
}
