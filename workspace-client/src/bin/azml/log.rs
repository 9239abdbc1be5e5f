//! What is told on stderr beside the result.

use std::collections::HashSet;
use std::fmt::{self, Write as _};
use std::sync::{LazyLock, Mutex, PoisonError};

use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Only our own crates speak: other people's might log a header.
const OURS: [&str; 6] = ["auth_cache", "auth_cli_bridge", "auth_core", "auth_msi", "azml", "workspace_client"];

/// Tells warnings, or with `debug` everything that happens, or errors alone.
pub(crate) fn start(debug: bool, only_errors: bool) {
    let level = match (debug, only_errors) {
        (true, _) => LevelFilter::DEBUG,
        (false, true) => LevelFilter::ERROR,
        (false, false) => LevelFilter::WARN,
    };
    let ours = Targets::new().with_targets(OURS.map(|target| (target, level)));
    let lines = tracing_subscriber::fmt::layer().with_writer(std::io::stderr);
    let subscriber = tracing_subscriber::registry().with(ours);
    if debug {
        subscriber.with(lines.with_ansi(false).without_time()).init();
    } else {
        subscriber.with(lines.event_format(Warning)).init();
    }
}

/// What was told already: several parts may meet the same problem.
static SAID: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// An event as a person reads it.
struct Warning;

impl<S: Subscriber + for<'a> LookupSpan<'a>, N: for<'a> FormatFields<'a> + 'static> FormatEvent<S, N> for Warning {
    fn format_event(&self, _: &FmtContext<'_, S, N>, mut writer: Writer<'_>, event: &Event<'_>) -> fmt::Result {
        let mut text = Text::default();
        event.record(&mut text);
        if !SAID.lock().unwrap_or_else(PoisonError::into_inner).insert(format!("{}{}", text.message, text.fields)) {
            return Ok(());
        }
        let level = if *event.metadata().level() == Level::ERROR { "error" } else { "warning" };
        writeln!(writer, "{level}: {}{}", text.message, text.fields)?;
        if text.help.is_empty() { Ok(()) } else { writeln!(writer, "next: {}", text.help) }
    }
}

#[derive(Default)]
struct Text {
    message: String,
    fields: String,
    help: String,
}

impl Visit for Text {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a string does not fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            "error" => write!(self.fields, ": {value:?}"),
            "help" => write!(self.help, "{value:?}"),
            name => write!(self.fields, " ({name}: {value:?})"),
        };
    }
}
