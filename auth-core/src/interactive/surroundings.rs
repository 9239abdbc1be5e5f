//! Where the program runs, as far as a browser is concerned.

use crate::Env;

/// Where the program runs: it decides whether opening a browser here makes sense, and whether the person's browser may be on
/// another machine, where `localhost` is not this one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Surroundings {
    /// GitHub Codespaces: `CODESPACES` is `true`.
    Codespaces,
    /// A container without a display: `/.dockerenv`, `/run/.containerenv`, or `KUBERNETES_SERVICE_HOST`.
    Container,
    /// A machine that somebody sits at.
    Desktop,
    /// A notebook server: that of `JupyterHub`, or one without a display.
    Jupyter,
    /// Linux without X11 and Wayland.
    NoDisplay,
    /// A session over SSH.
    Ssh,
    /// The Windows Subsystem for Linux, whose browser is that of Windows.
    Wsl,
}

impl Surroundings {
    /// Looks at the variables and, on Linux, at the files by which these places are known.
    pub fn detect(env: &Env) -> Self {
        Self::seen(env, cfg!(target_os = "linux"), |path| std::fs::read_to_string(path).ok())
    }

    /// Whether the system's own opener can be expected to show a browser to the person.
    pub fn has_browser(self) -> bool {
        matches!(self, Self::Desktop | Self::Wsl)
    }

    /// Why no browser is opened here: the first half of a sentence.
    pub fn reason(self) -> &'static str {
        match self {
            Self::Codespaces => "this is a codespace",
            Self::Container => "this is a container",
            Self::Desktop => "no browser is wanted",
            Self::Jupyter => "this is a notebook server",
            Self::NoDisplay => "this machine has no display",
            Self::Ssh => "this is a session over SSH",
            Self::Wsl => "this is the Windows Subsystem for Linux",
        }
    }

    fn seen(env: &Env, is_linux: bool, file: impl Fn(&str) -> Option<String>) -> Self {
        let is_set = |names: &[&str]| names.iter().any(|name| env.var(name).is_some());
        let exists = |path: &str| is_linux && file(path).is_some();
        let is_container =
            || is_set(&["KUBERNETES_SERVICE_HOST"]) || exists("/.dockerenv") || exists("/run/.containerenv");
        let has_display = !is_linux || is_set(&["DISPLAY", "WAYLAND_DISPLAY"]);
        let is_wsl = || {
            let release = file("/proc/sys/kernel/osrelease").unwrap_or_default().to_ascii_lowercase();
            is_linux && (is_set(&["WSL_DISTRO_NAME"]) || release.contains("microsoft"))
        };
        if env.var("CODESPACES").is_some_and(|value| value.eq_ignore_ascii_case("true")) {
            Self::Codespaces
        } else if is_set(&["JUPYTERHUB_API_URL", "JUPYTERHUB_USER"])
            || (!has_display && is_set(&["JPY_PARENT_PID", "JPY_SESSION_NAME"]))
        {
            Self::Jupyter
        } else if is_set(&["SSH_CONNECTION", "SSH_CLIENT", "SSH_TTY"]) {
            Self::Ssh
        } else if !has_display && is_container() {
            Self::Container
        } else if is_wsl() {
            Self::Wsl
        } else if has_display {
            Self::Desktop
        } else {
            Self::NoDisplay
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_known_by_its_variables_and_files() {
        const WSL: (&str, &str) = ("/proc/sys/kernel/osrelease", "5.15.167.4-microsoft-standard-WSL2\n");
        type Pairs = &'static [(&'static str, &'static str)];
        let cases: &[(Pairs, Pairs, Surroundings)] = &[
            (&[], &[], Surroundings::NoDisplay),
            (&[("DISPLAY", ":0")], &[], Surroundings::Desktop),
            (&[("WAYLAND_DISPLAY", "wayland-0")], &[], Surroundings::Desktop),
            (&[("DISPLAY", " ")], &[], Surroundings::NoDisplay),
            (&[("DISPLAY", ":0"), ("JPY_PARENT_PID", "7")], &[], Surroundings::Desktop),
            (&[("JPY_PARENT_PID", "7")], &[], Surroundings::Jupyter),
            (&[("DISPLAY", ":0"), ("JUPYTERHUB_USER", "ada")], &[], Surroundings::Jupyter),
            (&[("DISPLAY", "localhost:10.0"), ("SSH_CONNECTION", "a 1 b 22")], &[], Surroundings::Ssh),
            (&[("SSH_TTY", "/dev/pts/0")], &[("/.dockerenv", "")], Surroundings::Ssh),
            (&[("DISPLAY", ":0")], &[("/.dockerenv", "")], Surroundings::Desktop),
            (&[], &[("/.dockerenv", "")], Surroundings::Container),
            (&[], &[("/run/.containerenv", "engine=podman")], Surroundings::Container),
            (&[("KUBERNETES_SERVICE_HOST", "10.0.0.1")], &[], Surroundings::Container),
            (&[("CODESPACES", "true")], &[("/.dockerenv", "")], Surroundings::Codespaces),
            (&[("CODESPACES", "false"), ("DISPLAY", ":0")], &[], Surroundings::Desktop),
            (&[], &[WSL], Surroundings::Wsl),
            (&[("WSL_DISTRO_NAME", "Ubuntu"), ("DISPLAY", ":0")], &[], Surroundings::Wsl),
            (&[], &[WSL, ("/.dockerenv", "")], Surroundings::Container),
        ];
        for (variables, files, wanted) in cases {
            let env = Env::fake(variables.iter().copied());
            let file = |path: &str| files.iter().find(|(name, _)| *name == path).map(|(_, text)| (*text).to_owned());
            assert_eq!(Surroundings::seen(&env, true, file), *wanted, "{variables:?} {files:?}");
        }
    }

    #[test]
    fn elsewhere_than_on_linux_no_display_is_needed_and_no_file_is_looked_for() {
        let env = Env::fake::<&str, &str>([]);
        assert_eq!(Surroundings::seen(&env, false, |_| Some("microsoft".into())), Surroundings::Desktop);
    }
}
