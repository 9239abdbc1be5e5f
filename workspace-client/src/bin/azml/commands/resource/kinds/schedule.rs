//! Schedules.

use std::path::PathBuf;

use auth_core::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::{Value, json};
use workspace_client::Workspace;
use workspace_client::resources::schedule::{
    NewSchedule, RecurrenceFrequency, ScheduleKind, Schedules, Trigger, WeekDay,
};

use crate::args::{NoOptions, NoParent, RestingArgs};
use crate::commands::job::NewJob;
use crate::commands::resource::{Described, Listed, Put, Resolver, name_of, to_json};
use crate::description::{Description, TextOr, Texts};
use crate::entity::{Member, inner, is, snake_case};
use crate::output::Column;

impl Listed for ScheduleKind {
    type Parent = NoParent;

    const MEMBERS: &'static [Member] = &[
        is("/display_name", "/properties/displayName"),
        is("/is_enabled", "/properties/isEnabled"),
        is("/properties", "/properties/properties"),
        is("/provisioning_state", "/properties/provisioningState"),
        inner("/trigger", "/properties/trigger", TRIGGER),
    ];
    const COLUMNS: &'static [Column] =
        &[("Name", "name"), ("Trigger", "/trigger/type"), ("IsEnabled", "is_enabled"), ("State", "provisioning_state")];

    fn of(workspace: &Workspace, _: &NoParent) -> Schedules {
        workspace.schedules()
    }
}

const TRIGGER: &[Member] = &[
    is("/end_time", "/endTime"),
    is("/expression", "/expression"),
    snake_case("/frequency", "/frequency"),
    is("/interval", "/interval"),
    is("/schedule/hours", "/schedule/hours"),
    is("/schedule/minutes", "/schedule/minutes"),
    is("/schedule/month_days", "/schedule/monthDays"),
    is("/schedule/week_days", "/schedule/weekDays"),
    is("/start_time", "/startTime"),
    is("/time_zone", "/timeZone"),
    snake_case("/type", "/triggerType"),
];

/// What a file says of a schedule.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Schedule {
    create_job: Option<TextOr<Value>>,
    description: Option<String>,
    display_name: Option<String>,
    #[serde(default = "yes")]
    is_enabled: bool,
    #[serde(default)]
    properties: Texts,
    #[serde(default)]
    tags: Texts,
    trigger: Due,
}

/// When it is due.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Due {
    end_time: Option<String>,
    expression: Option<String>,
    frequency: Option<Frequency>,
    #[serde(default = "one")]
    interval: u64,
    #[serde(default)]
    schedule: Pattern,
    start_time: Option<String>,
    time_zone: Option<String>,
    #[serde(rename = "type")]
    kind: DueKind,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum DueKind {
    Cron,
    Recurrence,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Frequency {
    Day,
    Hour,
    Minute,
    Month,
    Week,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Pattern {
    hours: OneOrMany<u8>,
    minutes: OneOrMany<u8>,
    month_days: OneOrMany<u8>,
    week_days: OneOrMany<String>,
}

#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany<T> {
    Many(Vec<T>),
    One(T),
}

impl<T> Default for OneOrMany<T> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

impl<T: Clone> OneOrMany<T> {
    fn all(&self) -> Vec<T> {
        match self {
            Self::Many(items) => items.clone(),
            Self::One(item) => vec![item.clone()],
        }
    }
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}

impl Described for ScheduleKind {
    type CreateOptions = NoOptions;
    type ListOptions = RestingArgs;
    type ShowOptions = NoOptions;
    type UpdateOptions = NoOptions;

    const READ_ONLY: &'static [&'static str] = &[];

    async fn describe(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
        let schedule: Schedule = said.parse("a schedule")?;
        let job = match &schedule.create_job {
            None => Value::Null,
            Some(TextOr::Text(text)) => job(text, resolver).await?,
            // Written beside the rest, or an existing job with changes.
            Some(TextOr::Map(_)) => inline(said, resolver).await?,
        };
        let mut new = NewSchedule::job(&schedule.trigger.build()?, &job);
        new = schedule.description.into_iter().fold(new, NewSchedule::description);
        new = schedule.display_name.into_iter().fold(new, NewSchedule::display_name);
        new = if schedule.is_enabled { new } else { new.disabled() };
        for (name, value) in &schedule.properties {
            new = new.property(name, value.as_deref().unwrap_or_default());
        }
        for (name, value) in &schedule.tags {
            new = new.tag(name, value.as_deref().unwrap_or_default());
        }
        to_json(&new)
    }

    async fn put(schedules: &Schedules, name: &str, body: &Value) -> Result<Put<Self>, Error> {
        Ok(Put::Begun(Box::new(schedules.create_or_update(name, body).await?)))
    }
}

/// A job that exists, or one that a file describes.
async fn job(said: &str, resolver: &Resolver) -> Result<Value, Error> {
    if said.starts_with("azureml:") || said.starts_with('/') {
        let id = match name_of(said) {
            id if id.starts_with('/') => id.to_owned(),
            name => format!("{}/jobs/{name}", resolver.ws()?.resource_id()?),
        };
        return Ok(json!({"jobType": "Pipeline", "sourceJobId": id}));
    }
    let file: PathBuf = resolver.folder.join(said.strip_prefix("file:").unwrap_or(said));
    let said = Description::read(Some(&file))?;
    let resolver = resolver.below(said.folder());
    let body = NewJob::read(said)?.build(&resolver).await?;
    Ok(body["properties"].clone())
}

async fn inline(said: &Description, resolver: &Resolver) -> Result<Value, Error> {
    let mut inner = said.inner("create_job");
    let source = inner.take("job");
    let Some(source) = source.as_ref().and_then(Value::as_str) else {
        let body = NewJob::read(inner)?.build(resolver).await?;
        return Ok(body["properties"].clone());
    };
    let mut base = job(source, resolver).await?;
    let changes = NewJob::read(inner)?.build(resolver).await?;
    if let (Some(base), Some(changes)) = (base.as_object_mut(), changes["properties"].as_object()) {
        base.extend(changes.clone());
    }
    Ok(base)
}

impl Due {
    fn build(&self) -> Result<Trigger, Error> {
        let mut trigger = match (self.kind, &self.expression, self.frequency) {
            (DueKind::Cron, Some(expression), None) => Trigger::cron(expression),
            (DueKind::Recurrence, None, Some(frequency)) => Trigger::every(self.interval, &frequency.build()),
            _ => {
                return Err(Error::new(ErrorKind::Configuration, "the trigger does not say when it is due").with_help(
                    "a trigger of type cron has an expression, one of type recurrence a frequency and an interval",
                ));
            }
        };
        let [hours, minutes, days] =
            [&self.schedule.hours, &self.schedule.minutes, &self.schedule.month_days].map(OneOrMany::all);
        let week_days: Vec<_> = self.schedule.week_days.all().iter().map(|day| week_day(day)).collect();
        if !hours.is_empty() || !minutes.is_empty() {
            trigger = trigger.at(&hours, &minutes);
        }
        trigger = if week_days.is_empty() { trigger } else { trigger.on(&week_days) };
        trigger = if days.is_empty() { trigger } else { trigger.on_month_days(&days) };
        trigger = self.start_time.iter().fold(trigger, Trigger::start);
        trigger = self.end_time.iter().fold(trigger, Trigger::end);
        Ok(self.time_zone.iter().fold(trigger, Trigger::time_zone))
    }
}

impl Frequency {
    fn build(self) -> RecurrenceFrequency {
        match self {
            Self::Day => RecurrenceFrequency::Day,
            Self::Hour => RecurrenceFrequency::Hour,
            Self::Minute => RecurrenceFrequency::Minute,
            Self::Month => RecurrenceFrequency::Month,
            Self::Week => RecurrenceFrequency::Week,
        }
    }
}

/// `monday` as the API spells it.
fn week_day(day: &str) -> WeekDay {
    let mut letters = day.trim().chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    let name: String = first.into_iter().chain(letters.map(|letter| letter.to_ascii_lowercase())).collect();
    WeekDay::from(name.as_str())
}
