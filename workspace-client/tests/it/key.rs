//! `azml key`: from one place to the next, with the login still there after each step.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};
use xtask::emulator::Emulator;

use crate::azml::{Home, Run};
use crate::emulator::login_with;
use crate::support::{assert_no_secret, sign_in};

const PASSPHRASE: (&str, &str) = ("AZML_PASSPHRASE", "canary correct horse");
const WRONG: (&str, &str) = ("AZML_PASSPHRASE", "canary battery staple");
const IN_KEY_FILE: (&str, &str) = ("AZML_PROTECTION", "key-file");
const BY_PASSPHRASE: (&str, &str) = ("AZML_PROTECTION", "passphrase");
/// The keyring of the person who runs the tests is never asked.
const NO_KEYRING: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/bus");

/// A home with a login under a key file, and all that azml has told there.
struct Saved {
    home: Home,
    azure: Emulator,
    told: RefCell<String>,
}

impl Saved {
    async fn new() -> Self {
        let (home, azure) = (Home::new(), Emulator::start());
        sign_in(&home.path().join("azml"), &azure).await;
        Self { home, azure, told: RefCell::default() }
    }

    fn azml(&self, args: &[&str], variables: &[(&str, &str)]) -> Run {
        let azure = self.azure.env();
        let azure = azure.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let variables: Vec<_> = azure.chain([NO_KEYRING]).chain(variables.iter().copied()).collect();
        let run = self.home.azml_with(args, &variables);
        if args[0] == "key" {
            self.told.borrow_mut().extend([run.stdout.as_str(), run.stderr.as_str()]);
        }
        run
    }

    /// What a command that yields no data told.
    #[track_caller]
    fn tell(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        let run = self.azml(args, variables);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{}", run.stderr);
        run.stderr
    }

    #[track_caller]
    fn fail(&self, args: &[&str], variables: &[(&str, &str)]) -> String {
        let run = self.azml(args, variables);
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        run.stderr.replace(self.home.path().to_str().unwrap(), "[home]")
    }

    /// The access token that was saved, without asking Azure.
    #[track_caller]
    fn token(&self, variables: &[(&str, &str)]) -> String {
        let token = self.azml(&TOKEN, variables).success();
        assert!(token.starts_with("eyJ"), "{token}");
        assert!(self.azure.requests().is_empty(), "{:?}", self.azure.requests());
        token
    }

    fn tokens(&self) -> PathBuf {
        self.home.path().join("azml/tokens")
    }

    fn key_file(&self) -> PathBuf {
        self.tokens().join("key")
    }

    fn key(&self) -> String {
        std::fs::read_to_string(self.key_file()).unwrap().trim().to_owned()
    }

    /// Every file of the store.
    fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut paths: Vec<PathBuf> = self.tokens().read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }

    fn records(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let is_record = |path: &Path| path.extension().is_some_and(|extension| extension == "azml");
        self.files().into_iter().filter(|(path, _)| is_record(path)).collect()
    }
}

const TOKEN: [&str; 6] = ["account", "get-access-token", "--query", "accessToken", "-o", "tsv"];

#[tokio::test(flavor = "multi_thread")]
async fn a_login_moves_to_a_passphrase_and_back_and_serves_its_token_after_each_step() {
    let saved = Saved::new().await;
    let (token, key) = (saved.token(&[IN_KEY_FILE]), saved.key());
    let show = |variables: &[(&str, &str)]| saved.azml(&["key", "show"], variables).success();
    let shown = show(&[IN_KEY_FILE]);

    let moved = saved.tell(&["key", "move", "--to", "passphrase"], &[IN_KEY_FILE, PASSPHRASE]);
    insta::assert_snapshot!(moved, @"
    moved 2 records from a key file to a passphrase
    so that it stays there: export AZML_PROTECTION=passphrase
    ");
    assert!(!saved.key_file().exists());
    let by_passphrase = [BY_PASSPHRASE, PASSPHRASE];
    assert_eq!(saved.token(&by_passphrase), token);
    insta::assert_snapshot!(["before", &shown, "after", &show(&by_passphrase)].join("\n").replace(saved.home.path().to_str().unwrap(), "[home]"), @"
    before
    protection
      ok    key               in a key file; it lasts as long as the file
      ok      place key-file  it has the key
      ok    login             AzureCloud: names the current account, under the key in a key file
      ok    login             AzureCloud: ada@contoso.example, under the key in a key file

    Nothing is wrong.

    after
    protection
      ok    key                 in a passphrase; it lasts as long as the passphrase is known and the salt's file is there
      ok      place passphrase  it has the key
      ok    login               AzureCloud: names the current account, under the key in a passphrase
      ok    login               AzureCloud: ada@contoso.example, under the key in a passphrase

    Nothing is wrong.
    ");
    let query = ["key", "show", "-o", "tsv", "--query", "[?status=='ok'].[section, subject]"];
    let found = saved.azml(&query, &by_passphrase).success();
    assert!(found.starts_with("protection\tkey\nprotection\tplace passphrase\nprotection\tlogin\n"), "{found}");
    insta::assert_snapshot!(saved.tell(&["key", "move"], &by_passphrase), @"nothing to move: every login is sealed with the key in a passphrase");
    assert_eq!(saved.token(&[PASSPHRASE]), token, "without a choice the passphrase is one of the places");

    let back = saved.azml(&["key", "move", "--debug", "--to", "keyring,key-file", "-o", "json"], &[PASSPHRASE]);
    let done: Value = serde_json::from_str(&back.stdout).unwrap();
    assert_eq!((&done["from"], &done["to"]), (&json!(["passphrase"]), &json!("key-file")));
    assert_eq!(done["records"], saved.records().len());
    assert!(done["passedOver"][0].as_str().unwrap().starts_with("the keyring cannot be reached"), "{done}");
    assert!(!saved.tokens().join("key.passphrase").exists());
    assert_eq!(saved.token(&[IN_KEY_FILE]), token);
    assert_eq!(saved.token(&[]), token);

    let told = saved.told.borrow();
    assert!(
        told.contains("moved 2 records from a passphrase to a key file") && told.contains(" WARN auth_cache"),
        "{told}"
    );
    let keys = [key, saved.key()];
    assert!(!told.contains("canary") && keys.iter().all(|key| !told.contains(key)), "{told}");
    assert_no_secret(&saved.azure, "what was told", told.as_bytes());
    for (path, bytes) in saved.files().into_iter().filter(|(path, _)| *path != saved.key_file()) {
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        assert!(!holds("canary") && keys.iter().all(|key| !holds(key)), "{}", path.display());
        assert_no_secret(&saved.azure, &path.display().to_string(), &bytes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_changes_the_key_and_keeps_the_login() {
    let saved = Saved::new().await;
    let (token, key, records) = (saved.token(&[IN_KEY_FILE]), saved.key(), saved.records());
    insta::assert_snapshot!(saved.tell(&["key", "rotate"], &[IN_KEY_FILE]), @"sealed 2 records with a new key in a key file");
    assert_ne!(saved.key(), key);
    assert!(saved.records().iter().zip(&records).all(|(now, before)| now.0 == before.0 && now.1 != before.1));
    assert_eq!(saved.token(&[IN_KEY_FILE]), token);

    saved.tell(&["key", "move", "--to", "passphrase"], &[PASSPHRASE]);
    let salt = || std::fs::read(saved.tokens().join("key.passphrase")).unwrap();
    let before = salt();
    saved.tell(&["key", "rotate"], &[PASSPHRASE]);
    assert_ne!(salt(), before);
    assert_eq!(saved.token(&[PASSPHRASE]), token);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_passphrase_is_a_clear_error_and_nothing_is_lost() {
    let saved = Saved::new().await;
    let token = saved.token(&[IN_KEY_FILE]);
    saved.tell(&["key", "move", "--to", "passphrase"], &[PASSPHRASE]);
    let before = saved.records();
    let wrong = [BY_PASSPHRASE, WRONG];
    for command in [&["key", "move", "--to", "key-file"][..], &["key", "move"], &["key", "rotate"], &TOKEN] {
        let error = saved.fail(command, &wrong);
        assert!(error.contains("the passphrase is not the one that the records were sealed with\n"), "{error}");
        assert!(error.contains("\nnext: set AZML_PASSPHRASE to the right one"), "{error}");
    }
    assert_eq!(saved.azml(&["key", "show"], &wrong).code, 1);
    assert_eq!(saved.records(), before);
    assert_eq!(saved.token(&[BY_PASSPHRASE, PASSPHRASE]), token);
    assert!(!saved.told.borrow().contains("canary"), "{:?}", saved.told);

    // Whoever has forgotten it does what the error says.
    assert_eq!(saved.azml(&["logout", "--all"], &[]).code, 0);
    let run = login_with(&saved.home, &saved.azure, &["--no-browser"], &[NO_KEYRING, IN_KEY_FILE]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    saved.azure.clear_requests();
    saved.token(&[IN_KEY_FILE]);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_changes_the_protection_without_moving_is_told_what_to_do() {
    let saved = Saved::new().await;
    let token = saved.token(&[IN_KEY_FILE]);
    insta::assert_snapshot!(saved.fail(&["key", "rotate"], &[BY_PASSPHRASE, PASSPHRASE]), @"
    error: the saved logins are sealed with a key in a place that is not allowed now
    next: azml key move seals them with a new key where AZML_PROTECTION says
    ");
    insta::assert_snapshot!(saved.fail(&["key", "move"], &[BY_PASSPHRASE]), @"
    error: no passphrase was given
    next: set AZML_PASSPHRASE; to do without it: azml logout --all, then export AZML_PROTECTION=key-file and azml login
    ");
    insta::assert_snapshot!(saved.tell(&["key", "move"], &[BY_PASSPHRASE, PASSPHRASE]), @"moved 2 records from a key file to a passphrase");

    let error = saved.fail(&TOKEN, &[IN_KEY_FILE]);
    assert!(error.contains("cannot be opened now: no passphrase was given\n"), "{error}");
    assert!(error.contains("\nnext: set AZML_PASSPHRASE; "), "{error}");
    assert_eq!(saved.token(&[IN_KEY_FILE, PASSPHRASE]), token);
    saved.tell(&["key", "move"], &[IN_KEY_FILE, PASSPHRASE]);
    assert_eq!(saved.token(&[IN_KEY_FILE]), token);

    insta::assert_snapshot!(saved.fail(&["key", "move", "--to", "memory"], &[]), @"
    error: --to names memory, where nothing outlives this process
    next: azml key move --to keyring,key-file, or to another choice of keyring, keyutils, passphrase, key-file
    ");
    insta::assert_snapshot!(saved.fail(&["key", "move"], &[("AZML_PROTECTION", "memory")]), @"
    error: AZML_PROTECTION names memory, where nothing outlives this process
    next: azml key move --to keyring,key-file, or to another choice of keyring, keyutils, passphrase, key-file
    ");
    let unknown = saved.azml(&["key", "move", "--to", "keyring,vault"], &[]);
    assert_eq!(unknown.code, 2);
    insta::assert_snapshot!(unknown.stderr, @r#"
    error: invalid value 'keyring,vault' for '--to <PLACES>': "vault" is no place where a key can be kept

    For more information, try '--help'.
    "#);
    assert_eq!(saved.token(&[IN_KEY_FILE]), token);
}

#[test]
fn where_nothing_is_saved_there_is_nothing_to_do() {
    let home = Home::new();
    for command in ["move", "rotate"] {
        let run = home.azml_with(&["key", command], &[NO_KEYRING]);
        assert_eq!((run.code, run.stdout.as_str()), (0, ""));
        assert_eq!(run.stderr, format!("nothing to {command}: no login is saved here\n"));
    }
    assert!(!home.path().join("azml").exists());
}

/// A session bus with an unlocked keyring of its own, for as long as this lives.
struct Keyring {
    session: Child,
    address: String,
}

impl Keyring {
    /// None if they are not installed.
    fn start(home: &Path) -> Option<Self> {
        let installed = |program: &str| Command::new(program).arg("--version").output().is_ok();
        if !installed("dbus-run-session") || !installed("gnome-keyring-daemon") {
            return None;
        }
        let script = "printf 'pw\\n' | gnome-keyring-daemon --unlock --components=secrets >/dev/null
            echo \"$DBUS_SESSION_BUS_ADDRESS\"; exec cat";
        let mut command = Command::new("dbus-run-session");
        command.args(["--", "sh", "-c", script]).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", home).env("XDG_DATA_HOME", home.join("data")).env("XDG_RUNTIME_DIR", home);
        let mut session = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut address = String::new();
        BufReader::new(session.stdout.take().unwrap()).read_line(&mut address).unwrap();
        Some(Self { session, address: address.trim().to_owned() })
    }
}

impl Drop for Keyring {
    fn drop(&mut self) {
        drop(self.session.stdin.take());
        let _ = self.session.wait();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_the_keyring_that_is_not_to_be_asked_is_moved_by_the_next_command_if_gnome_keyring_is_installed() {
    let saved = Saved::new().await;
    let Some(keyring) = Keyring::start(saved.home.path()) else { return };
    let bus = ("DBUS_SESSION_BUS_ADDRESS", keyring.address.as_str());
    let token = saved.token(&[IN_KEY_FILE]);
    insta::assert_snapshot!(saved.tell(&["key", "move", "--to", "keyring"], &[bus, IN_KEY_FILE]), @"
    moved 2 records from a key file to the operating system's keyring
    so that it stays there: export AZML_PROTECTION=keyring
    ");
    assert_eq!(saved.token(&[bus]), token);

    let error = saved.fail(&TOKEN, &[bus, IN_KEY_FILE]);
    assert!(error.contains("its key is in the keyring, which is not to be asked\n"), "{error}");
    insta::assert_snapshot!(error.lines().last().unwrap(), @"next: azml key move brings it to where AZML_PROTECTION says; or let AZML_PROTECTION name keyring");
    assert_eq!(saved.token(&[bus, ("AZML_PROTECTION", "keyring")]), token, "the one way out");
    insta::assert_snapshot!(saved.tell(&["key", "move"], &[bus, IN_KEY_FILE]), @"moved 2 records from the operating system's keyring to a key file");
    assert_eq!(saved.token(&[bus, IN_KEY_FILE]), token, "the other");

    saved.tell(&["key", "move"], &[bus]);
    let error = saved.fail(&TOKEN, &[]);
    assert!(error.contains("cannot be opened now: the keyring cannot be reached"), "{error}");
    insta::assert_snapshot!(error.lines().last().unwrap(), @"next: unlock the keyring and try again; to do without it: azml logout --all, then export AZML_PROTECTION=key-file and azml login");
    assert_eq!(saved.token(&[bus]), token);
    assert_eq!(saved.azml(&["logout", "--all"], &[]).code, 0);
    let run = login_with(&saved.home, &saved.azure, &["--no-browser"], &[NO_KEYRING, IN_KEY_FILE]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    saved.azure.clear_requests();
    saved.token(&[IN_KEY_FILE]);
}
