//! How an error reads.

use std::fmt::Write as _;
use std::process::ExitCode;

use auth_core::{Error, ErrorKind};

/// The exit code when a person must sign in.
const SIGN_IN_NEEDED: u8 = 3;

/// What went wrong, what was tried, why, where to look further, and what to do next.
pub(crate) fn render(error: &Error) -> String {
    let mut text = format!("error: {error}");
    for attempt in error.attempts() {
        let _ = write!(text, "\n  tried {}: {}", attempt.name, attempt.error);
    }
    let mut said = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        let why = error.to_string();
        if !said.contains(&why) {
            let _ = write!(text, "\n  because {why}");
        }
        said = why;
        cause = error.source();
    }
    if let Some(id) = correlation_id(error) {
        let _ = write!(text, "\n  correlation id {id}");
    }
    if let Some(help) = help(error) {
        let _ = write!(text, "\nnext: {help}");
    }
    text
}

/// What went wrong and what to do next, for another program to show.
pub(crate) fn sentence(error: &Error) -> String {
    match help(error) {
        Some(help) => format!("{}; next: {help}", error.to_string().trim_end_matches('.')),
        None => error.to_string(),
    }
}

/// 1, or 3 where a person must sign in.
pub(crate) fn exit_code(error: &Error) -> ExitCode {
    match error.kind() {
        ErrorKind::Interaction | ErrorKind::Unavailable => ExitCode::from(SIGN_IN_NEEDED),
        _ => ExitCode::FAILURE,
    }
}

fn correlation_id(error: &Error) -> Option<&str> {
    let attempts = || error.attempts().iter().rev().find_map(|attempt| correlation_id(&attempt.error));
    error.correlation_id().or_else(attempts)
}

fn help(error: &Error) -> Option<&str> {
    match error.help() {
        None if error.kind() == ErrorKind::Unavailable => Some("azml login"),
        help => help,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth_core::Attempt;

    use super::*;

    #[test]
    fn an_error_says_what_was_tried_and_what_to_do_next() {
        let attempt = |name, message| Attempt {
            name,
            error: Error::new(ErrorKind::Unavailable, message),
            took: Duration::from_millis(1),
        };
        let error =
            Error::new(ErrorKind::Interaction, "nobody is signed in").with_help("azml login").with_attempts(vec![
                attempt("saved login", "nobody has signed in to AzureCloud with azml"),
                attempt("AzureCliAuthentication", "there is no login of the Azure CLI in /home/ada/.azure"),
            ]);
        insta::assert_snapshot!(render(&error), @r"
        error: nobody is signed in
          tried saved login: nobody has signed in to AzureCloud with azml
          tried AzureCliAuthentication: there is no login of the Azure CLI in /home/ada/.azure
        next: azml login
        ");
    }

    #[test]
    fn causes_and_the_correlation_id_are_shown_once() {
        let cause = Error::new(ErrorKind::Network, "the name cannot be resolved");
        let error = Error::new(ErrorKind::Network, "login.example could not be reached: the name cannot be resolved")
            .with_source(cause.clone())
            .with_correlation_id("c-1");
        insta::assert_snapshot!(render(&error), @r"
        error: login.example could not be reached: the name cannot be resolved
          correlation id c-1
        ");
        let error = Error::new(ErrorKind::Store, "x cannot be written").with_source(cause);
        insta::assert_snapshot!(render(&error), @r"
        error: x cannot be written
          because the name cannot be resolved
        ");
    }
}
