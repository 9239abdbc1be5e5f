//! What the doctor finds, and how it reads.

use std::fmt::Write as _;

use auth_core::Error;
use serde::Serialize;

/// How a finding is to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Status {
    /// As it should be.
    Ok,
    /// Not there, which may be as it should be.
    Absent,
    /// It works, but not as well or as safely as it could.
    Warning,
    /// It does not work.
    Problem,
}

#[derive(Debug)]
pub(super) struct Section {
    pub(super) name: &'static str,
    pub(super) findings: Vec<Finding>,
}

#[derive(Debug)]
pub(super) struct Finding {
    pub(super) subject: String,
    pub(super) status: Status,
    pub(super) detail: String,
    pub(super) next: Option<String>,
}

impl Section {
    pub(super) fn new(name: &'static str, findings: Vec<Finding>) -> Self {
        Self { name, findings }
    }
}

impl Finding {
    pub(super) fn ok(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Status::Ok, detail)
    }

    pub(super) fn absent(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Status::Absent, detail)
    }

    pub(super) fn warning(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Status::Warning, detail)
    }

    pub(super) fn problem(subject: impl Into<String>, detail: impl Into<String>) -> Self {
        Self::new(subject, Status::Problem, detail)
    }

    /// A problem, with its causes and what to do about it.
    pub(super) fn from_error(subject: impl Into<String>, error: &Error) -> Self {
        let finding = Self::problem(subject, error.to_string());
        match error.help() {
            Some(help) => finding.with_help(help),
            None => finding,
        }
    }

    pub(super) fn with_help(mut self, next: impl Into<String>) -> Self {
        self.next = Some(next.into());
        self
    }

    fn new(subject: impl Into<String>, status: Status, detail: impl Into<String>) -> Self {
        Self { subject: subject.into(), status, detail: detail.into(), next: None }
    }
}

/// The report as a person reads it, with a count of what is wrong at its end.
pub(super) fn text(sections: &[Section]) -> String {
    let mut text = String::new();
    let findings = || sections.iter().flat_map(|section| &section.findings);
    let width = findings()
        .map(|finding| indented(&finding.subject).chars().count())
        .filter(|width| *width < 32)
        .max()
        .unwrap_or(0);
    for section in sections {
        let _ = writeln!(text, "{}", section.name);
        for Finding { subject, status, detail, next } in &section.findings {
            let subject = indented(subject);
            let mark = match status {
                Status::Ok => "ok",
                Status::Absent => "-",
                Status::Warning => "warn",
                Status::Problem => "FAIL",
            };
            let _ = writeln!(text, "  {mark:4}  {subject:width$}  {detail}");
            if let Some(next) = next {
                let _ = writeln!(text, "        {:width$}  next: {next}", "");
            }
        }
        text.push('\n');
    }
    let count = |status| findings().filter(|finding| finding.status == status).count();
    let _ = match (count(Status::Problem), count(Status::Warning)) {
        (0, 0) => writeln!(text, "Nothing is wrong."),
        (problems, warnings) => writeln!(text, "Problems: {problems}. Warnings: {warnings}."),
    };
    text
}

/// The places for the key belong to it, and stand below it.
fn indented(subject: &str) -> String {
    let is_part = subject.starts_with("place ") || subject.starts_with("or else ");
    if is_part { format!("  {subject}") } else { subject.to_owned() }
}
