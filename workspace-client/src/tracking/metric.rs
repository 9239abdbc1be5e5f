//! Values that change while a run goes on.

use auth_core::Error;
use serde_json::{Value, json};

use super::server::odd;
use crate::resources::Json;

/// A value of a metric.
#[derive(Clone, Debug, PartialEq)]
pub struct Metric {
    key: String,
    value: f64,
    step: i64,
    timestamp: Option<u64>,
}

impl Metric {
    /// This value, at step 0 and now.
    pub fn new(key: impl Into<String>, value: f64) -> Self {
        Self { key: key.into(), value, step: 0, timestamp: None }
    }

    /// At this step.
    #[must_use]
    pub fn step(self, step: i64) -> Self {
        Self { step, ..self }
    }

    /// At this time, in milliseconds since 1970.
    #[must_use]
    pub fn timestamp(self, milliseconds: u64) -> Self {
        Self { timestamp: Some(milliseconds), ..self }
    }

    /// What is measured.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// How much of it there is.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The step at which it was measured.
    pub fn at_step(&self) -> i64 {
        self.step
    }

    /// When it was measured, in milliseconds since 1970.
    pub fn at_time(&self) -> Option<u64> {
        self.timestamp
    }

    pub(super) fn read(raw: Value) -> Result<Self, Error> {
        let raw = Json(raw);
        let whole = |name: &str| raw.signed(name).or_else(|| raw.text(name)?.parse().ok());
        let value = raw.float("/value").or_else(|| number(raw.text("/value")?));
        let (Some(key), Some(value)) = (raw.text("/key"), value) else { return Err(odd("the value of a metric")) };
        let (step, timestamp) = (whole("/step").unwrap_or_default(), whole("/timestamp"));
        Ok(Self { key: key.to_owned(), value, step, timestamp: timestamp.and_then(|time| time.try_into().ok()) })
    }

    pub(super) fn body(&self, now: u128) -> Value {
        let timestamp = self.timestamp.map_or(now, u128::from);
        json!({"key": self.key, "value": text_or_number(self.value), "step": self.step, "timestamp": timestamp})
    }
}

/// JSON has no numbers for these three (protobuf, JSON mapping).
fn text_or_number(value: f64) -> Value {
    if value.is_nan() {
        "NaN".into()
    } else if value.is_infinite() {
        if value > 0.0 { "Infinity".into() } else { "-Infinity".into() }
    } else {
        value.into()
    }
}

fn number(text: &str) -> Option<f64> {
    match text {
        "NaN" => Some(f64::NAN),
        "Infinity" => Some(f64::INFINITY),
        "-Infinity" => Some(f64::NEG_INFINITY),
        _ => text.parse().ok(),
    }
}
