//! The process environment, real or fake.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

/// Where environment variables come from: the process, or a test's own table.
///
/// Every library of this workspace reads the environment through this type alone. A variable that is empty or blank counts as
/// not set.
#[derive(Clone, Default)]
pub struct Env(Option<Arc<HashMap<String, String>>>);

impl Env {
    /// The environment of this process.
    pub fn process() -> Self {
        Self(None)
    }

    /// An environment that holds exactly `variables`.
    pub fn fake<K: Into<String>, V: Into<String>>(variables: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(Some(Arc::new(variables.into_iter().map(|(k, v)| (k.into(), v.into())).collect())))
    }

    /// The value of a variable, if it is set, not blank, and valid Unicode.
    pub fn var(&self, name: &str) -> Option<String> {
        let value = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one home of the real environment")]
            None => std::env::var(name).ok(),
            Some(fake) => fake.get(name).cloned(),
        };
        value.filter(|value| !value.trim().is_empty())
    }

    /// The value of a variable as a path.
    pub fn path(&self, name: &str) -> Option<PathBuf> {
        let value = match &self.0 {
            #[expect(clippy::disallowed_methods, reason = "the one home of the real environment")]
            None => std::env::var_os(name),
            Some(fake) => fake.get(name).map(Into::into),
        };
        value.filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// The person's home directory: `HOME`, or `USERPROFILE` on Windows.
    pub fn home(&self) -> Option<PathBuf> {
        self.path(if cfg!(windows) { "USERPROFILE" } else { "HOME" })
    }

    /// Gives a child process these variables. Those of this process are inherited in any case.
    pub fn apply_to(&self, command: &mut Command) {
        if let Some(fake) = &self.0 {
            command.env_clear().envs(fake.iter());
        }
    }
}

impl std::fmt::Debug for Env {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Values may be secrets, such as a service principal's password.
        f.write_str(if self.0.is_none() { "Env::process" } else { "Env::fake" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blank_variable_counts_as_not_set() {
        let env = Env::fake([("EMPTY", ""), ("BLANK", "  "), ("SET", "x")]);
        assert_eq!((env.var("EMPTY"), env.var("BLANK"), env.var("SET")), (None, None, Some("x".into())));
    }

    #[test]
    fn a_child_process_gets_exactly_the_variables_of_a_fake() {
        let mut command = Command::new("program");
        Env::fake([("A", "1")]).apply_to(command.env("B", "2"));
        let variables: Vec<_> = command.get_envs().collect();
        assert_eq!(variables, [("A".as_ref(), Some("1".as_ref()))]);
    }

    #[test]
    fn debug_shows_no_value() {
        assert!(!format!("{:?}", Env::fake([("PASSWORD", "canary")])).contains("canary"));
    }
}
