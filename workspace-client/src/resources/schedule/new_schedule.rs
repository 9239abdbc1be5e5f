//! The description of a schedule.

use serde::Serialize;
use serde_json::{Value, json};

use crate::resources::described;
use crate::resources::json::Json;
use crate::resources::open_enum::open_enum;

/// A schedule, to be created.
///
/// ```no_run
/// # async fn example() -> Result<(), workspace_client::Error> {
/// # let ws = workspace_client::Workspace::from_config()?;
/// # let job = serde_json::json!({});
/// use workspace_client::resources::schedule::{NewSchedule, Trigger};
/// let nightly = NewSchedule::job(&Trigger::cron("0 3 * * *"), &job);
/// ws.schedules().create_or_update("nightly", &nightly).await?.wait().await?;
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct NewSchedule(Json);

/// When a schedule is due: in UTC, without end, unless it says otherwise.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
#[must_use]
pub struct Trigger(Json);

open_enum! {
    /// The unit of a recurrence.
    RecurrenceFrequency {
        Day = "Day",
        Hour = "Hour",
        Minute = "Minute",
        Month = "Month",
        Week = "Week",
    }
}

open_enum! {
    /// A day of the week.
    WeekDay {
        Friday = "Friday",
        Monday = "Monday",
        Saturday = "Saturday",
        Sunday = "Sunday",
        Thursday = "Thursday",
        Tuesday = "Tuesday",
        Wednesday = "Wednesday",
    }
}

described!(NewSchedule);

impl NewSchedule {
    /// Starts a job, whose `properties` are described as the API describes them.
    pub fn job(trigger: &Trigger, definition: &Value) -> Self {
        Self::of(trigger, &json!({"actionType": "CreateJob", "jobDefinition": definition}))
    }

    /// Invokes a batch endpoint, as the API describes it.
    pub fn batch_endpoint(trigger: &Trigger, definition: &Value) -> Self {
        Self::of(trigger, &json!({"actionType": "InvokeBatchEndpoint", "endpointInvocationDefinition": definition}))
    }

    /// Looks after data and models, as the API describes it.
    pub fn monitor(trigger: &Trigger, definition: &Value) -> Self {
        Self::of(trigger, &json!({"actionType": "CreateMonitor", "monitorDefinition": definition}))
    }

    /// The name that people see.
    pub fn display_name(self, name: impl Into<String>) -> Self {
        self.with("/properties/displayName", name.into())
    }

    /// Rests until it is enabled.
    pub fn disabled(self) -> Self {
        self.with("/properties/isEnabled", false)
    }

    fn of(trigger: &Trigger, action: &Value) -> Self {
        Self(Json(json!({"properties": {"action": action, "isEnabled": true, "trigger": trigger}})))
    }
}

impl Trigger {
    /// At the times of a cron expression, such as `0 3 * * *`.
    pub fn cron(expression: impl Into<String>) -> Self {
        Self(Json(json!({"triggerType": "Cron", "expression": expression.into(), "timeZone": "UTC"})))
    }

    /// Each time that so many units have passed.
    pub fn every(interval: u64, frequency: &RecurrenceFrequency) -> Self {
        let frequency = frequency.as_str();
        Self(Json(
            json!({"triggerType": "Recurrence", "frequency": frequency, "interval": interval, "timeZone": "UTC"}),
        ))
    }

    /// At these hours and minutes of the day.
    pub fn at(self, hours: &[u8], minutes: &[u8]) -> Self {
        Self(self.0.with("/schedule/hours", hours).with("/schedule/minutes", minutes))
    }

    /// On these days of the week.
    pub fn on(self, days: &[WeekDay]) -> Self {
        let days: Vec<_> = days.iter().map(WeekDay::as_str).collect();
        Self(self.0.with("/schedule/weekDays", days))
    }

    /// On these days of the month.
    pub fn on_month_days(self, days: &[u8]) -> Self {
        Self(self.0.with("/schedule/monthDays", days))
    }

    /// From this time on, such as `2026-01-01T03:00:00`.
    pub fn start(self, time: impl Into<String>) -> Self {
        Self(self.0.with("/startTime", time.into()))
    }

    /// Until this time.
    pub fn end(self, time: impl Into<String>) -> Self {
        Self(self.0.with("/endTime", time.into()))
    }

    /// In this time zone, as Windows names it, such as `W. Europe Standard Time`.
    pub fn time_zone(self, name: impl Into<String>) -> Self {
        Self(self.0.with("/timeZone", name.into()))
    }
}
