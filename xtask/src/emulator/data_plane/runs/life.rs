//! The life of a run. It goes on with every question about it, or with the emulator's clock if nobody asks.

use serde_json::Value;

/// How long a step takes at most, in seconds of the emulator's clock.
const STEP: i64 = 60;
/// A run is at work for this many steps.
pub(super) const WORKING: u32 = 4;

/// Where a run is, in the words of Azure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super::super) enum Status {
    CancelRequested,
    Canceled,
    Completed,
    Failed,
    Finalizing,
    NotResponding,
    NotStarted,
    Preparing,
    Queued,
    Running,
    Starting,
}

/// The steps, each of which a question ends.
const STEPS: [Status; 9] = [
    Status::NotStarted,
    Status::Starting,
    Status::Preparing,
    Status::Queued,
    Status::Running,
    Status::Running,
    Status::Running,
    Status::Running,
    Status::Finalizing,
];
const FIRST_AT_WORK: u32 = 4;

/// How far a run is.
#[derive(Clone, Debug)]
pub(in super::super::super) struct Life {
    /// Questions that a step takes; without any, everything has happened already.
    pace: u32,
    asked: u32,
    born: i64,
    /// How it ends.
    ending: Status,
    /// Who asked for its end: after how many questions, and when.
    canceled: Option<(u32, i64)>,
    /// What a client that runs elsewhere says of itself.
    told: Option<Status>,
    pub(super) began: Option<i64>,
    pub(super) ended: Option<i64>,
}

impl Status {
    pub(in super::super::super) fn name(self) -> &'static str {
        match self {
            Self::CancelRequested => "CancelRequested",
            Self::Canceled => "Canceled",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Finalizing => "Finalizing",
            Self::NotResponding => "NotResponding",
            Self::NotStarted => "NotStarted",
            Self::Preparing => "Preparing",
            Self::Queued => "Queued",
            Self::Running => "Running",
            Self::Starting => "Starting",
        }
    }

    /// Whether nothing follows.
    pub(in super::super::super) fn is_last(self) -> bool {
        matches!(self, Self::Canceled | Self::Completed | Self::Failed | Self::NotResponding)
    }
}

impl Life {
    pub(super) fn new(pace: u32, born: i64, ending: Status) -> Self {
        Self { pace, asked: 0, born, ending, canceled: None, told: None, began: None, ended: None }
    }

    /// A life that is over.
    pub(super) fn past(born: i64, ending: Status) -> Self {
        Self { began: Some(born), ended: Some(born + 90), ..Self::new(0, born, ending) }
    }

    /// The life of a run elsewhere, which its client tells about.
    pub(super) fn told(born: i64) -> Self {
        Self { told: Some(Status::Running), began: Some(born), ..Self::new(1, born, Status::Completed) }
    }

    /// A client says how far it is.
    pub(in super::super::super) fn tell(&mut self, status: Status, now: i64) {
        self.told = Some(status);
        self.observe(now);
    }

    /// Whether a client tells how far it is.
    pub(super) fn is_told(&self) -> bool {
        self.told.is_some()
    }

    /// One question nearer to the end.
    pub(super) fn ask(&mut self, now: i64) {
        self.asked = self.asked.saturating_add(1);
        self.observe(now);
    }

    /// Remembers when it began to work and when it ended.
    pub(super) fn observe(&mut self, now: i64) {
        let status = self.status(now);
        if self.step(now) >= FIRST_AT_WORK {
            self.began.get_or_insert(now);
        }
        if status.is_last() {
            self.ended.get_or_insert(now);
        }
    }

    /// Asks for its end, which comes a little later. What is over stays as it is.
    pub(in super::super::super) fn cancel(&mut self, now: i64) {
        if !self.status(now).is_last() {
            self.canceled.get_or_insert((self.asked, now));
        }
        self.observe(now);
    }

    pub(in super::super::super) fn status(&self, now: i64) -> Status {
        if let Some((asked, at)) = self.canceled {
            let is_over = self.asked >= asked + 2 * self.pace || now >= at + STEP;
            return if is_over { Status::Canceled } else { Status::CancelRequested };
        }
        if let Some(told) = self.told {
            return told;
        }
        let step = usize::try_from(self.step(now)).unwrap_or(usize::MAX);
        match (STEPS.get(step), self.ending) {
            (None | Some(Status::Finalizing), Status::Running) => Status::Running,
            (Some(status), _) => *status,
            (None, ending) => ending,
        }
    }

    /// For how many of its working steps it was at work.
    pub(super) fn worked(&self, now: i64) -> u32 {
        (self.step(now) + 1).saturating_sub(FIRST_AT_WORK).min(WORKING)
    }

    /// The step that it is, or was when its end was asked for, at.
    pub(super) fn step(&self, now: i64) -> u32 {
        let (asked, now) = self.canceled.unwrap_or((self.asked, now));
        let by_clock = u32::try_from((now - self.born).max(0) / STEP).unwrap_or(u32::MAX);
        match self.pace {
            0 => u32::MAX - 1,
            pace => (asked / pace).max(by_clock),
        }
    }

    /// Whether everything that it makes is there.
    pub(super) fn is_finalizing(&self, now: i64) -> bool {
        self.step(now) >= FIRST_AT_WORK + WORKING && self.status(now) != Status::Running
    }
}

/// How a job ends: as a tag says, badly if its command leaves with a number, else well.
pub(super) fn ending(properties: &Value, must_fail: bool) -> Status {
    match properties["tags"][super::OUTCOME_TAG].as_str() {
        Some("Canceled") => Status::Canceled,
        Some("Failed") => Status::Failed,
        Some("NotResponding") => Status::NotResponding,
        Some("Running") => Status::Running,
        _ if must_fail || exit_code(properties).is_some() => Status::Failed,
        _ => Status::Completed,
    }
}

/// The number that the command of a job leaves with, unless it is zero.
pub(super) fn exit_code(properties: &Value) -> Option<u8> {
    let command = properties["command"].as_str().or_else(|| properties["trial"]["command"].as_str())?;
    let words: Vec<_> = command.split([' ', '\n', ';', '&', '"', '\'']).filter(|word| !word.is_empty()).collect();
    let code = words.windows(2).find(|pair| pair[0] == "exit")?[1].parse().ok()?;
    (code != 0).then_some(code)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_life_goes_on_with_questions_and_with_the_clock() {
        let mut life = Life::new(1, 0, Status::Completed);
        let mut seen = vec![life.status(0).name()];
        while !life.status(0).is_last() {
            life.ask(0);
            seen.push(life.status(0).name());
        }
        seen.dedup();
        assert_eq!(seen, ["NotStarted", "Starting", "Preparing", "Queued", "Running", "Finalizing", "Completed"]);
        assert_eq!(Life::new(1, 0, Status::Failed).status(9 * STEP), Status::Failed);
        assert_eq!(Life::new(0, 0, Status::Failed).status(0), Status::Failed);
    }

    #[test]
    fn a_cancellation_is_asked_for_and_then_done_unless_all_is_over() {
        let mut life = Life::new(1, 0, Status::Running);
        (0..20).for_each(|_| life.ask(0));
        assert_eq!(life.status(0), Status::Running);
        life.cancel(0);
        assert_eq!(life.status(0), Status::CancelRequested);
        life.ask(0);
        life.ask(0);
        assert_eq!((life.status(0), life.ended), (Status::Canceled, Some(0)));
        let mut over = Life::new(0, 0, Status::Completed);
        over.cancel(0);
        assert_eq!(over.status(0), Status::Completed);
    }

    #[test]
    fn a_command_fails_by_the_number_that_it_leaves_with() {
        let code = |command: &str| exit_code(&json!({"command": command}));
        assert_eq!(
            ["exit 3", "echo hi; exit 0", "bash -c 'exit 4'", "python exit.py"].map(code),
            [Some(3), None, Some(4), None]
        );
    }
}
