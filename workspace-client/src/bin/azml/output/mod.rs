//! Printing results in the formats of the Azure CLI.

mod json;
mod query;
mod table;
mod tsv;

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use auth_core::{Env, Error, ErrorKind};
use serde_json::Value;

use crate::args::Global;
use crate::settings;

pub(crate) use query::check as check_query;

/// How a result is printed. Jsonc is JSON with colours on a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    Json,
    Jsonc,
    None,
    Table,
    Tsv,
    Yaml,
}

/// What a command yields.
#[derive(Debug)]
pub(crate) struct Outcome {
    value: Value,
    columns: &'static [Column],
    text: Option<String>,
    code: ExitCode,
}

/// A column of a table: its header, and the member that it shows, by name or by JSON pointer.
pub(crate) type Column = (&'static str, &'static str);

impl Outcome {
    /// A result whose table shows every simple member.
    pub(crate) fn new(value: Value) -> Self {
        Self::with_columns(value, &[])
    }

    /// Nothing to print, and this exit code.
    pub(crate) fn silent(code: ExitCode) -> Self {
        Self { code, ..Self::new(Value::Null) }
    }

    /// A result whose table shows these columns.
    pub(crate) fn with_columns(value: Value, columns: &'static [Column]) -> Self {
        Self { value, columns, text: None, code: ExitCode::SUCCESS }
    }

    /// Shown as this text where no format was asked for.
    pub(crate) fn or_as_text(self, text: String) -> Self {
        Self { text: Some(text), ..self }
    }

    /// A result that the exit code calls a failure.
    pub(crate) fn failing(self) -> Self {
        Self { code: ExitCode::FAILURE, ..self }
    }

    pub(crate) fn code(&self) -> ExitCode {
        self.code
    }
}

/// The person's choice of how to print.
#[derive(Debug)]
pub(crate) struct Printer {
    format: Format,
    /// Whether this call itself says how to print.
    is_chosen: bool,
    query: Option<String>,
}

impl Printer {
    /// From the options, or else from the Azure CLI's configuration.
    pub(crate) fn new(global: &Global) -> Self {
        let format = global.output.or_else(|| settings::output(&Env::process())).unwrap_or(Format::Json);
        Self { format, is_chosen: global.output.is_some(), query: global.query.clone() }
    }

    /// Prints to stdout. As with the Azure CLI, a query that selects nothing prints nothing.
    pub(crate) fn print(&self, outcome: &Outcome) -> io::Result<()> {
        let text = self.render(outcome).map_err(io::Error::other)?;
        let mut stdout = io::stdout().lock();
        stdout.write_all(text.as_bytes())?;
        stdout.flush()
    }

    fn render(&self, outcome: &Outcome) -> Result<String, Error> {
        if let Some(text) = outcome.text.as_ref().filter(|_| !self.is_chosen && self.query.is_none()) {
            return Ok(text.clone());
        }
        let selected;
        let (value, order) = match &self.query {
            Some(expression) => {
                selected = query::select(expression, &outcome.value)?;
                (&selected.value, selected.order)
            }
            None => (&outcome.value, None),
        };
        if value.is_null() {
            return Ok(String::new());
        }
        let order = order.as_deref();
        Ok(match self.format {
            Format::Jsonc if io::stdout().is_terminal() => json::coloured(value),
            Format::Json | Format::Jsonc => json::plain(value),
            Format::None => String::new(),
            Format::Table if self.query.is_none() && !outcome.columns.is_empty() => {
                table::columns(value, outcome.columns)
            }
            Format::Table => table::automatic(value, order),
            Format::Tsv => tsv::render(value, order),
            Format::Yaml => yaml(value)?,
        })
    }
}

/// YAML in which every text stands on one line, so that a token can be copied.
fn yaml(value: &Value) -> Result<String, Error> {
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    serde_saphyr::to_string_with_options(value, options)
        .map_err(|error| Error::new(ErrorKind::Protocol, "this cannot be written as YAML").with_source(error))
}

/// A value as the Azure CLI, which is written in Python, shows it.
pub(crate) fn python(value: &Value) -> String {
    match value {
        Value::Null => "None".to_owned(),
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => value.to_string(),
    }
}

/// The members of an object, in the order that a query wrote them, else by name.
fn members<'a>(object: &'a serde_json::Map<String, Value>, order: Option<&[String]>) -> Vec<(&'a str, &'a Value)> {
    let mut members: Vec<_> = object.iter().map(|(key, value)| (key.as_str(), value)).collect();
    match order {
        Some(order) => members.sort_by_key(|(key, _)| order.iter().position(|known| known == key)),
        None => members.sort_by_key(|(key, _)| *key),
    }
    members
}
