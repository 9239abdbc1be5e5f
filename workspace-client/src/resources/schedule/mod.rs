//! Schedules: jobs that Azure starts by the clock.

mod new_schedule;

use auth_core::{Error, ErrorKind};
use serde_json::json;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::open_enum::open_enum;
use super::{Collection, LongRunning, Resource, Verb, item, kind};
use crate::Workspace;
use crate::arm::{Pager, Poller};

pub use new_schedule::{NewSchedule, RecurrenceFrequency, Trigger, WeekDay};

/// The version of the API that starts a schedule's job out of turn, which no stable one does (observed: azure-ai-ml 1.35).
const TRIGGER_VERSION: &str = "2024-01-01-preview";

kind! {
    /// The kind of [`Schedule`].
    pub ScheduleKind: "schedule" in "schedules" at "2025-12-01"
}

impl LongRunning for ScheduleKind {}

/// A schedule.
pub type Schedule = Resource<ScheduleKind>;
/// The schedules of a workspace.
pub type Schedules = Collection<ScheduleKind>;

impl Workspace {
    /// The schedules of the workspace.
    pub fn schedules(&self) -> Schedules {
        Schedules::of(self)
    }
}

open_enum! {
    /// What happens when a schedule is due.
    ScheduleAction {
        CreateJob = "CreateJob",
        CreateMonitor = "CreateMonitor",
        InvokeBatchEndpoint = "InvokeBatchEndpoint",
    }
}

open_enum! {
    /// What says when a schedule is due.
    TriggerType {
        Cron = "Cron",
        Recurrence = "Recurrence",
    }
}

/// Which schedules a list shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ScheduleListView {
    /// All of them.
    All,
    /// Those that are disabled.
    Disabled,
    /// Those that are enabled.
    Enabled,
}

item! {
    /// The job that a schedule has started out of turn.
    TriggeredSchedule shows job_name
}

impl Schedule {
    /// The name that people see.
    pub fn display_name(&self) -> Option<&str> {
        self.json().text("/properties/displayName")
    }

    /// Whether it happens when it is due.
    pub fn is_enabled(&self) -> Option<bool> {
        self.json().boolean("/properties/isEnabled")
    }

    /// What happens when it is due.
    pub fn action(&self) -> Option<ScheduleAction> {
        self.json().one_of("/properties/action/actionType")
    }

    /// What says when it is due.
    pub fn trigger_type(&self) -> Option<TriggerType> {
        self.json().one_of("/properties/trigger/triggerType")
    }

    /// The times of a cron schedule.
    pub fn cron_expression(&self) -> Option<&str> {
        self.json().text("/properties/trigger/expression")
    }

    /// The unit of a recurrence.
    pub fn frequency(&self) -> Option<RecurrenceFrequency> {
        self.json().one_of("/properties/trigger/frequency")
    }

    /// After how many of its units a recurrence comes again.
    pub fn interval(&self) -> Option<u64> {
        self.json().number("/properties/trigger/interval")
    }

    /// From when on, as Azure writes it.
    pub fn start_time(&self) -> Option<&str> {
        self.json().text("/properties/trigger/startTime")
    }

    /// Until when, as Azure writes it.
    pub fn end_time(&self) -> Option<&str> {
        self.json().text("/properties/trigger/endTime")
    }

    /// The time zone of its times, as Windows names it.
    pub fn time_zone(&self) -> Option<&str> {
        self.json().text("/properties/trigger/timeZone")
    }
}

impl Schedules {
    /// Those that are wanted; without a word about it, Azure lists the enabled ones.
    pub fn list_with(&self, view: ScheduleListView) -> Pager<Schedule> {
        let view = match view {
            ScheduleListView::All => "All",
            ScheduleListView::Disabled => "DisabledOnly",
            ScheduleListView::Enabled => "EnabledOnly",
        };
        self.place().pager(Verb::get(&[]).query("listViewType", view))
    }

    /// Lets a schedule happen when it is due.
    ///
    /// # Errors
    /// As [`Collection::create_or_update`].
    pub async fn enable(&self, name: &str) -> Result<Poller<Schedule>, Error> {
        self.set_enabled(name, true).await
    }

    /// Lets a schedule rest.
    ///
    /// # Errors
    /// As [`Collection::create_or_update`].
    pub async fn disable(&self, name: &str) -> Result<Poller<Schedule>, Error> {
        self.set_enabled(name, false).await
    }

    /// Starts the job of a schedule now, whether or not it is due.
    ///
    /// # Errors
    /// As [`Collection::get`].
    pub async fn trigger(&self, name: &str) -> Result<TriggeredSchedule, Error> {
        let now = OffsetDateTime::from(self.place().root().reach().await?.client.time().now());
        let now = now.format(&Rfc3339).map_err(|error| {
            Error::new(ErrorKind::Configuration, "the clock of this machine shows no time of this era")
                .with_source(error)
        })?;
        let verb = Verb::post(&[name, "trigger"]).body(&json!({"scheduleTime": now}))?;
        self.place().clone().at_version(TRIGGER_VERSION).fetch(verb).await
    }

    /// The API has no verb for this: a schedule is sent back whole (observed: azure-ai-ml 1.35).
    async fn set_enabled(&self, name: &str, enabled: bool) -> Result<Poller<Schedule>, Error> {
        let schedule = self.get(name).await?.with("/properties/isEnabled", enabled);
        self.create_or_update(name, &schedule).await
    }
}

impl TriggeredSchedule {
    /// The job's name.
    pub fn job_name(&self) -> Option<&str> {
        self.0.text("/jobName")
    }

    /// What has happened.
    pub fn action(&self) -> Option<ScheduleAction> {
        self.0.one_of("/scheduleActionType")
    }
}
