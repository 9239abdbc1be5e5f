//! What git knows of the files that a job runs, as the Python SDK tells it (observed: azure-ai-ml 1.35).

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use auth_core::Env;
use futures_util::future::join4;
use tokio::process::Command;
use tokio::time::timeout;

/// How long git may take for each answer.
const PATIENCE: Duration = Duration::from_secs(5);
const REPOSITORY: &str = "mlflow.source.git.repoURL";

/// The properties by which a job is known to come from a commit: the repository, its branch and commit, whether something of this
/// folder is not committed, and which build it is.
///
/// They are what git says of the folder, or else what the variables `AZUREML_GIT_REPOSITORY_URI`, `_BRANCH`, `_COMMIT`, `_DIRTY`,
/// `_BUILD_ID` and `_BUILD_URI` say, which go first. What neither says is left out, and so is everything about a repository whose URL
/// holds a password or a token. Without git, and where the folder is in no work tree, that is no error.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// use auth_core::Env;
/// use workspace_client::resources::job::{CommandJob, git_properties};
/// let git = git_properties("src".as_ref(), &Env::process()).await;
/// let job = CommandJob::new("python train.py", "azureml:training:1");
/// let job = git.iter().fold(job, |job, (name, value)| job.property(name, value));
/// ws.jobs().create_or_update("train-1", &job).await?;
/// # Ok(()) }
/// ```
pub async fn git_properties(folder: &Path, env: &Env) -> BTreeMap<String, String> {
    let [repository, branch, commit, dirty] = ask(folder).await;
    let properties = [
        (REPOSITORY, env.var("AZUREML_GIT_REPOSITORY_URI").or(repository)),
        ("mlflow.source.git.branch", env.var("AZUREML_GIT_BRANCH").or(branch)),
        ("mlflow.source.git.commit", env.var("AZUREML_GIT_COMMIT").or(commit)),
        ("azureml.git.dirty", env.var("AZUREML_GIT_DIRTY").or(dirty).map(|dirty| python_bool(&dirty))),
        ("azureml.git.build_id", env.var("AZUREML_GIT_BUILD_ID")),
        ("azureml.git.build_uri", env.var("AZUREML_GIT_BUILD_URI").filter(|uri| !holds_password(uri))),
    ];
    let said = |(name, value): (&str, Option<String>)| Some((name.to_owned(), value?.trim().to_owned()));
    let mut said: BTreeMap<_, _> =
        properties.into_iter().filter_map(said).filter(|(_, value)| !value.is_empty()).collect();
    if said.get(REPOSITORY).is_some_and(|url| holds_password(url) || url.contains('?')) {
        tracing::warn!("the job does not say which commit it comes from, as the URL of the repository holds a secret");
        said.retain(|name, _| name.starts_with("azureml.git.build_"));
    }
    said
}

/// The repository, branch and commit, and whether something is not committed.
async fn ask(folder: &Path) -> [Option<String>; 4] {
    let folder = if folder.is_file() { folder.parent().unwrap_or(folder) } else { folder };
    let ask = |arguments| answer(git(folder, arguments));
    match ask(&["rev-parse", "--is-inside-work-tree"]).await {
        Some(inside) if inside.trim() == "true" => {}
        _ => return [const { None }; 4],
    }
    let (repository, branch, commit, changes) = join4(
        ask(&["ls-remote", "--get-url"]),
        ask(&["symbolic-ref", "--short", "HEAD"]),
        ask(&["rev-parse", "HEAD"]),
        ask(&["status", "--porcelain", "."]),
    )
    .await;
    [repository, branch, commit, changes.map(|changes| (!changes.is_empty()).to_string())]
}

fn git(folder: &Path, arguments: &[&str]) -> Command {
    let mut git = Command::new("git");
    // Nothing that the repository names is run, nobody is asked, and nothing is written.
    git.args(["-c", "core.fsmonitor=false"]).env("GIT_TERMINAL_PROMPT", "0").env("GIT_OPTIONAL_LOCKS", "0");
    // The folder says which repository is meant, not the hook in which this may run.
    for variable in ["GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"] {
        git.env_remove(variable);
    }
    git.args(arguments).current_dir(folder);
    git
}

/// What a command writes, if it ends well and in time.
async fn answer(mut command: Command) -> Option<String> {
    command.stdin(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
    let output = timeout(PATIENCE, command.output()).await.ok()?.ok()?;
    output.status.success().then(|| String::from_utf8(output.stdout).ok())?
}

/// As the Python SDK writes and reads it.
fn python_bool(text: &str) -> String {
    let is_true = ["true", "1"].contains(&text.trim().to_lowercase().as_str());
    if is_true { "True" } else { "False" }.to_owned()
}

/// Whether a URL says more than where something is. The name before the @ is a token to many services, which the Python SDK finds at
/// the start of a path as well; with SSH it is only a name.
fn holds_password(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or(("ssh", url));
    let Some((before, _)) = rest.rsplit_once('@') else { return false };
    !scheme.to_lowercase().ends_with("ssh") || before.contains(':')
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    const URL: &str = "https://git.example/team/models.git";

    /// A work tree with a commit.
    struct Repository(TempDir);

    impl Repository {
        fn new() -> Self {
            let repository = Self(TempDir::new().unwrap());
            repository.git(&["init", "--quiet", "--initial-branch=main"]);
            std::fs::create_dir(repository.0.path().join("src")).unwrap();
            repository.write("src/train.py");
            repository.git(&["add", "."]);
            let author = ["-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "commit.gpgsign=false"];
            repository.git(&[&author[..], &["commit", "--quiet", "--message=x"]].concat());
            repository
        }

        fn git(&self, arguments: &[&str]) -> String {
            let output = git(self.0.path(), arguments).as_std_mut().output().unwrap();
            assert!(output.status.success(), "{output:?}");
            String::from_utf8(output.stdout).unwrap()
        }

        fn write(&self, name: &str) {
            std::fs::File::create(self.0.path().join(name)).unwrap();
        }

        async fn properties(&self, folder: &str, variables: &[(&str, &str)]) -> BTreeMap<String, String> {
            git_properties(&self.0.path().join(folder), &Env::fake(variables.iter().copied())).await
        }
    }

    fn map(members: &[(&str, &str)]) -> BTreeMap<String, String> {
        members.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[tokio::test]
    async fn a_folder_of_a_work_tree_has_the_properties_of_the_python_sdk() {
        let repository = Repository::new();
        let commit = repository.git(&["rev-parse", "HEAD"]).trim().to_owned();
        let mut expected = map(&[
            ("azureml.git.dirty", "False"),
            ("mlflow.source.git.branch", "main"),
            ("mlflow.source.git.commit", &commit),
        ]);
        assert_eq!(repository.properties("src", &[]).await, expected, "without a remote");
        repository.git(&["remote", "add", "origin", URL]);
        expected.insert(REPOSITORY.to_owned(), URL.to_owned());
        assert_eq!(repository.properties("src/train.py", &[]).await, expected, "a file lies in its folder");
        repository.git(&["checkout", "--quiet", "--detach"]);
        expected.remove("mlflow.source.git.branch");
        assert_eq!(repository.properties("src", &[]).await, expected, "on no branch");
    }

    #[tokio::test]
    async fn only_what_lies_in_the_folder_makes_it_dirty() {
        let repository = Repository::new();
        repository.write("notes.txt");
        let dirty = async |folder| repository.properties(folder, &[]).await["azureml.git.dirty"].clone();
        assert_eq!((dirty("src").await, dirty("").await), ("False".to_owned(), "True".to_owned()));
    }

    #[tokio::test]
    async fn variables_go_before_what_git_says_and_need_none() {
        let said = [
            ("AZUREML_GIT_REPOSITORY_URI", URL),
            ("AZUREML_GIT_BRANCH", " next "),
            ("AZUREML_GIT_COMMIT", "c0ffee"),
            ("AZUREML_GIT_DIRTY", "1"),
            ("AZUREML_GIT_BUILD_ID", "7"),
            ("AZUREML_GIT_BUILD_URI", "https://ci.example/build?id=7"),
        ];
        let expected = map(&[
            (REPOSITORY, URL),
            ("azureml.git.build_id", "7"),
            ("azureml.git.build_uri", "https://ci.example/build?id=7"),
            ("azureml.git.dirty", "True"),
            ("mlflow.source.git.branch", "next"),
            ("mlflow.source.git.commit", "c0ffee"),
        ]);
        assert_eq!(Repository::new().properties("src", &said).await, expected);
        let nowhere = TempDir::new().unwrap();
        assert_eq!(git_properties(nowhere.path(), &Env::fake(said)).await, expected);
        assert_eq!(
            git_properties(nowhere.path(), &Env::fake([("AZUREML_GIT_DIRTY", "yes")])).await["azureml.git.dirty"],
            "False"
        );
    }

    #[tokio::test]
    async fn a_repository_whose_url_holds_a_secret_is_not_told_about_at_all() {
        let repository = Repository::new();
        repository.git(&["remote", "add", "origin", "https://canary-of-a-token@git.example/team/models.git"]);
        assert_eq!(repository.properties("src", &[]).await, map(&[]));
        assert_eq!(
            repository.properties("src", &[("AZUREML_GIT_BUILD_ID", "7")]).await,
            map(&[("azureml.git.build_id", "7")])
        );
        // What git rewrites is looked at as it is written then.
        repository.git(&["remote", "set-url", "origin", "short:models.git"]);
        repository.git(&["config", "url.https://canary-of-a-token@git.example/.insteadOf", "short:"]);
        assert_eq!(repository.properties("src", &[]).await, map(&[]));
        let variables = [("AZUREML_GIT_REPOSITORY_URI", "https://git.example/x?private_token=canary")];
        assert_eq!(git_properties(repository.0.path(), &Env::fake(variables)).await, map(&[]));
    }

    #[test]
    fn a_token_is_found_wherever_a_url_may_have_it() {
        for url in [
            "https://token@git.example/x",
            "https://user:token@git.example/x",
            "HTTPS://git.example/token@x",
            "http://git.example/a/b/token@x",
            "ssh://git:password@git.example/x",
            "git+ssh://git:password@git.example/x",
        ] {
            assert!(holds_password(url), "{url}");
        }
        for url in
            [URL, "git@git.example:team/models.git", "ssh://git@git.example:22/x", "../models", "/srv/models.git"]
        {
            assert!(!holds_password(url), "{url}");
        }
    }

    #[tokio::test]
    async fn outside_of_a_work_tree_there_is_nothing_to_tell() {
        let nowhere = TempDir::new().unwrap();
        for folder in [nowhere.path(), &nowhere.path().join("missing"), &Repository::new().0.path().join(".git")] {
            assert_eq!(git_properties(folder, &Env::fake([("", ""); 0])).await, map(&[]));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_git_that_hangs_or_is_missing_or_fails_is_as_none() {
        let shell = |script: &str| {
            let mut shell = Command::new("sh");
            shell.args(["-c", script]);
            shell
        };
        let started = tokio::time::Instant::now();
        assert_eq!(answer(shell("exec sleep 600")).await, None);
        assert_eq!(started.elapsed(), PATIENCE);
        assert_eq!(answer(Command::new("/no/such/git")).await, None);
    }
}
