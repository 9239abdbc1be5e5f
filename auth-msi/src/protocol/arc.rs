//! Azure Arc (Microsoft, managed identity on Arc-enabled servers): whoever can read a file that the agent names may have a token.

use std::fs::File;
use std::io::Read as _;
use std::path::{Component, Path, PathBuf};

use auth_core::{Env, Error, ErrorKind, Secret};
use reqwest::RequestBuilder;
use reqwest::header::{HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use url::Url;

use super::{Clue, Protocol, Question, app_service};
use crate::endpoint;

const IMDS_ENDPOINT: &str = "IMDS_ENDPOINT";
const DEFAULT_ENDPOINT: &str = "http://127.0.0.1:40342/metadata/identity/oauth2/token";
const NAME: &str = "Azure Arc";
/// The largest key file (observed: azure-identity 1.27).
const LARGEST_KEY: u64 = 4096;

pub(super) fn find(env: &Env, root: &Path) -> Result<Clue, Error> {
    match (env.var(app_service::ENDPOINT), env.var(app_service::HEADER), env.var(IMDS_ENDPOINT)) {
        (Some(url), None, Some(_)) => {
            let endpoint = endpoint::own(app_service::ENDPOINT, &url)?;
            Ok(Clue::Found(Protocol::Arc { endpoint, keys: keys_folder(std::env::consts::OS, env, root)? }))
        }
        _ => Ok(Clue::Absent),
    }
}

/// By the agent's program, where a service has none of its variables.
pub(super) fn find_agent(env: &Env, root: &Path) -> Result<Option<Protocol>, Error> {
    let program = match std::env::consts::OS {
        "linux" => Some(root.join("opt/azcmagent/bin/himds")),
        "windows" => env.path("ProgramFiles").map(|it| it.join("AzureConnectedMachineAgent").join("himds.exe")),
        _ => None,
    };
    if !program.is_some_and(|program| program.is_file()) {
        return Ok(None);
    }
    let endpoint = endpoint::own("the address", DEFAULT_ENDPOINT)?;
    Ok(Some(Protocol::Arc { endpoint, keys: keys_folder(std::env::consts::OS, env, root)? }))
}

/// Where the agent of this operating system puts its key files.
fn keys_folder(os: &str, env: &Env, root: &Path) -> Result<PathBuf, Error> {
    let folder = match os {
        "linux" => Some(root.join("var/opt/azcmagent/tokens")),
        "windows" => env.path("ProgramData").map(|it| it.join("AzureConnectedMachineAgent").join("Tokens")),
        _ => None,
    };
    folder.ok_or_else(|| {
        Error::new(ErrorKind::Configuration, format!("Azure Arc gives identities on Linux and Windows, not on {os}"))
            .with_help("unset IDENTITY_ENDPOINT and IMDS_ENDPOINT")
    })
}

pub(crate) fn request(question: Question<'_>, endpoint: &Url) -> RequestBuilder {
    question
        .get(endpoint, "2020-06-01")
        .query(question.identity.selector(["client_id", "object_id", "msi_res_id"]).as_slice())
        .header("Metadata", "true")
}

/// What answers the challenge of a 401: the content of the key file that it names.
pub(crate) fn key(headers: &HeaderMap, keys: &Path) -> Result<Secret, Error> {
    let challenges = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    let realm = challenges.into_iter().find_map(realm).ok_or_else(|| {
        Error::new(ErrorKind::Protocol, format!("{NAME} answered 401 without naming a key file"))
            .with_help("restart its agent: sudo systemctl restart himdsd")
    })?;
    read(Path::new(realm), keys)
}

/// The header that shows the key.
pub(crate) fn authorization(key: &Secret) -> Result<HeaderValue, Error> {
    super::header(&Secret::new(format!("Basic {}", key.expose())))
}

/// The path in `Basic realm=<path>`, perhaps in quotes.
fn realm(challenge: &str) -> Option<&str> {
    let (scheme, parameters) = challenge.trim().split_once(' ')?;
    let (name, value) = parameters.split_once('=')?;
    let is_it = scheme.eq_ignore_ascii_case("basic") && name.trim().eq_ignore_ascii_case("realm");
    let value = value.trim();
    let value = value.strip_prefix('"').and_then(|it| it.strip_suffix('"')).unwrap_or(value);
    (is_it && !value.is_empty()).then_some(value)
}

/// The key in a file of the one folder where they may be. Whoever pretends to be the agent could have any file sent to it
/// otherwise.
fn read(path: &Path, keys: &Path) -> Result<Secret, Error> {
    let shown: String = path.display().to_string().chars().filter(|c| !c.is_control()).take(200).collect();
    let refuse = |why: &str| Err(refusal(&shown, why));
    let is_plain = path.components().all(|part| !matches!(part, Component::ParentDir | Component::CurDir));
    if !is_plain || path.parent() != Some(keys) {
        return refuse(&format!("is not in {}", keys.display()));
    }
    if path.extension().is_none_or(|extension| extension != "key") {
        return refuse("does not end in .key");
    }
    let unreadable = |error: std::io::Error| {
        let help = if error.kind() == std::io::ErrorKind::PermissionDenied {
            "let this user read it: sudo usermod -aG himds <user> (on Windows: the group Hybrid agent extension applications)"
        } else {
            "restart the agent of Azure Arc: sudo systemctl restart himdsd"
        };
        refusal(&shown, &format!("cannot be read: {error}")).with_help(help)
    };
    // Asked first, as nothing but a plain file may be opened at all.
    if !path.symlink_metadata().map_err(unreadable)?.is_file() {
        return refuse("is not a plain file");
    }
    let file = open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return refuse("is not a plain file");
    }
    let mut text = String::new();
    let length = file.take(LARGEST_KEY + 1).read_to_string(&mut text).map_err(unreadable)?;
    let text = Secret::new(text);
    if length as u64 > LARGEST_KEY {
        return refuse("is larger than 4 KiB");
    }
    let key = text.expose().strip_suffix('\n').unwrap_or(text.expose());
    let key = key.strip_suffix('\r').unwrap_or(key);
    if key.is_empty() || !key.chars().all(|c| c == ' ' || c.is_ascii_graphic()) {
        return refuse("holds no key");
    }
    Ok(Secret::new(key))
}

fn refusal(path: &str, why: &str) -> Error {
    Error::new(ErrorKind::Rejected, format!("the key file {path}, which {NAME} names, {why}"))
        .with_help("check what listens at IDENTITY_ENDPOINT: only the agent of Azure Arc may")
}

/// What takes the file's place in the meantime is neither followed nor waited for.
#[cfg(unix)]
fn open(path: &Path) -> std::io::Result<File> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(path: &Path) -> std::io::Result<File> {
    File::open(path)
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn folder() -> (TempDir, PathBuf) {
        let root = tempfile::tempdir().unwrap();
        let keys = root.path().join("tokens");
        std::fs::create_dir(&keys).unwrap();
        (root, keys)
    }

    fn file(path: &Path, content: &[u8]) {
        use std::io::Write as _;
        File::create(path).unwrap().write_all(content).unwrap();
    }

    fn answer(challenges: &[&str], keys: &Path) -> Result<String, Error> {
        let name = |text: &&str| (WWW_AUTHENTICATE, HeaderValue::from_str(text).unwrap());
        let mut headers = HeaderMap::new();
        for (name, value) in challenges.iter().map(name) {
            headers.append(name, value);
        }
        Ok(authorization(&key(&headers, keys)?)?.to_str().unwrap().to_owned())
    }

    #[test]
    fn the_key_is_taken_from_the_file_that_a_challenge_names() {
        let (_root, keys) = folder();
        let path = keys.join("a=b.key");
        file(&path, b"key-1\n");
        let path = path.display();
        for challenges in [
            vec![format!("Basic realm={path}")],
            vec![format!("basic REALM={path}")],
            vec![format!("Basic realm=\"{path}\"")],
            vec!["Negotiate".to_owned(), format!("Basic realm={path}")],
        ] {
            let challenges: Vec<_> = challenges.iter().map(String::as_str).collect();
            assert_eq!(answer(&challenges, &keys).unwrap(), "Basic key-1", "{challenges:?}");
        }
        for challenges in
            [&[][..], &["Negotiate"], &["Basic"], &["Basic realm="], &["Basic charset=utf-8"], &["Bearer realm=x"]]
        {
            assert_eq!(answer(challenges, &keys).unwrap_err().kind(), ErrorKind::Protocol, "{challenges:?}");
        }
    }

    #[test]
    fn no_other_file_is_sent_to_whoever_pretends_to_be_the_agent() {
        let (root, keys) = folder();
        std::fs::create_dir(root.path().join("tokensX")).unwrap();
        std::fs::create_dir(keys.join("sub")).unwrap();
        std::fs::create_dir(keys.join("folder.key")).unwrap();
        let outside = root.path().join("x.key");
        for path in [&outside, &root.path().join("tokensX/x.key"), &keys.join("sub/x.key"), &keys.join("x.pem")] {
            file(path, b"canary");
        }
        std::os::unix::fs::symlink(&outside, keys.join("link.key")).unwrap();
        assert!(std::process::Command::new("mkfifo").arg(keys.join("pipe.key")).status().unwrap().success());
        let keys_shown = keys.display();
        for (path, why) in [
            ("/etc/shadow".to_owned(), "is not in"),
            ("x.key".to_owned(), "is not in"),
            (outside.display().to_string(), "is not in"),
            (format!("{keys_shown}/../x.key"), "is not in"),
            (format!("{keys_shown}/sub/x.key"), "is not in"),
            (format!("{keys_shown}X/x.key"), "is not in"),
            (format!("{keys_shown}/x.pem"), "does not end in .key"),
            (format!("{keys_shown}/link.key"), "is not a plain file"),
            (format!("{keys_shown}/pipe.key"), "is not a plain file"),
            (format!("{keys_shown}/folder.key"), "is not a plain file"),
            (format!("{keys_shown}/gone.key"), "cannot be read"),
        ] {
            let error = answer(&[&format!("Basic realm={path}")], &keys).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Rejected, "{path}");
            assert!(error.to_string().contains(why), "{path}: {error}");
            assert!(!format!("{error:?}").contains("canary"));
        }
    }

    #[test]
    fn a_key_is_one_line_of_at_most_4_kib() {
        let (_root, keys) = folder();
        let path = keys.join("x.key");
        let challenge = format!("Basic realm={}", path.display());
        let read = |content: &[u8]| {
            file(&path, content);
            answer(&[&challenge], &keys)
        };
        assert_eq!(read(&[b'k'; 4096]).unwrap().len(), 4096 + "Basic ".len());
        assert_eq!(read(b"two words\r\n").unwrap(), "Basic two words");
        for bad in [
            &[b'k'; 4097][..],
            b"",
            b"\n",
            b"canary\r\nX: y",
            b"canary\n\n",
            b"canary\0",
            "can\u{e4}ry".as_bytes(),
            b"\xff",
        ] {
            let error = read(bad).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("canary"), "{error}");
        }
    }

    #[test]
    fn arc_has_no_identities_on_other_systems() {
        let env = Env::fake([("ProgramData", "/data")]);
        let folder = |os| keys_folder(os, &env, Path::new("/")).map(|path| path.display().to_string());
        assert_eq!(folder("linux").unwrap(), "/var/opt/azcmagent/tokens");
        assert_eq!(folder("windows").unwrap(), "/data/AzureConnectedMachineAgent/Tokens");
        assert_eq!(
            folder("macos").unwrap_err().to_string(),
            "Azure Arc gives identities on Linux and Windows, not on macos"
        );
    }
}
