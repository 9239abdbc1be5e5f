//! The runs of every workspace, which are its jobs, and what belongs to them.

mod experiment;
mod files;
mod generated;
mod life;
mod offspring;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::arm;
use super::super::state::State as Memory;

pub(in super::super) use self::experiment::Experiment;
pub(in super::super) use self::life::Status;
pub(in super::super) use self::run::{Measurement, Run};

/// The tag of a job that says how it ends: `Canceled`, `Failed`, `NotResponding`, or `Running` if it never does.
pub const OUTCOME_TAG: &str = "emulator.outcome";

/// The number of the first run that somebody made; the world's own come before.
const FIRST: u64 = 1 << 32;

/// What the data plane remembers, by the id of the workspace in lower case.
#[derive(Debug, Default)]
pub(in super::super) struct Plane {
    workspaces: BTreeMap<String, Runs>,
    /// What Resource Manager still does to jobs, by the ids of its operations.
    pub(in super::super) operations: BTreeMap<String, JobOperation>,
}

/// Something that is done to a job.
#[derive(Clone, Debug)]
pub(in super::super) struct JobOperation {
    pub(in super::super) workspace: String,
    pub(in super::super) job: String,
    pub(in super::super) is_deletion: bool,
    pub(in super::super) questions: u32,
    pub(in super::super) begun: i64,
    pub(in super::super) has_ended: bool,
}

/// The runs of one workspace.
#[derive(Debug, Default)]
pub(in super::super) struct Runs {
    /// In the order in which they were made.
    by_number: BTreeMap<u64, Run>,
    numbers: BTreeMap<String, u64>,
    /// Runs of the world that were deleted or changed.
    replaced: BTreeSet<u64>,
    /// How many runs the world has.
    generated: u64,
    pub(in super::super) experiments: BTreeMap<String, Experiment>,
    /// The registered models of MLflow.
    pub(in super::super) models: BTreeMap<String, Value>,
}

impl Memory {
    /// The runs of a workspace.
    pub(in super::super) fn runs(&mut self, workspace: &str) -> &mut Runs {
        let generated = u64::try_from(self.world.jobs).expect("a number of jobs fits");
        let runs = self.plane.workspaces.entry(workspace.to_lowercase()).or_default();
        runs.generated = generated;
        runs
    }

    /// Begins a run for a job of this description, and those that lie in it.
    pub(in super::super) fn begin_run(&mut self, workspace: &str, name: &str, author: &str, properties: Value) {
        let (now, pace) = (self.now(), self.world.job_questions);
        let must_fail = self.world.failing_jobs.iter().any(|known| known == name);
        let runs = self.runs(workspace);
        let run = Run::of_job(name, author, properties, (pace, now, must_fail));
        let children = offspring::of(&run, (pace, now));
        for run in std::iter::once(run).chain(children) {
            runs.insert(run, now);
        }
    }

    /// The run that this container of artifacts belongs to, whatever its workspace.
    pub(super) fn run_anywhere(&mut self, name: &str) -> Option<Run> {
        let of_world = self.world.workspaces.iter().map(|workspace| arm::workspace_id(workspace).to_lowercase());
        let ids: BTreeSet<String> = of_world.chain(self.plane.workspaces.keys().cloned()).collect();
        ids.iter().find_map(|id| self.runs(id).find(name))
    }
}

impl Runs {
    /// The run of this name.
    pub(in super::super) fn find(&self, name: &str) -> Option<Run> {
        match self.numbers.get(&name.to_lowercase()) {
            Some(number) => self.by_number.get(number).cloned(),
            None => generated::number(name).and_then(|number| self.generated_run(number)),
        }
    }

    /// The run of this name, to change it.
    pub(in super::super) fn find_mut(&mut self, name: &str) -> Option<&mut Run> {
        if !self.numbers.contains_key(&name.to_lowercase()) {
            let number = generated::number(name)?;
            let run = self.generated_run(number)?;
            self.replaced.insert(number);
            self.numbers.insert(name.to_lowercase(), number);
            self.by_number.insert(number, run);
        }
        let number = self.numbers[&name.to_lowercase()];
        self.by_number.get_mut(&number)
    }

    /// The run, and those in it, one question nearer to the end.
    pub(in super::super) fn ask(&mut self, name: &str, now: i64) -> Option<Run> {
        if !self.numbers.contains_key(&name.to_lowercase()) {
            return self.find(name);
        }
        self.find_mut(name)?.life.ask(now);
        let children: Vec<_> = self.children(name).iter().map(|child| child.name.clone()).collect();
        for child in children {
            self.ask(&child, now);
        }
        self.find(name)
    }

    /// Asks for the end of the run, and of those in it.
    pub(in super::super) fn cancel(&mut self, name: &str, now: i64) {
        if let Some(run) = self.find_mut(name) {
            run.life.cancel(now);
        }
        let children: Vec<_> = self.children(name).iter().map(|child| child.name.clone()).collect();
        for child in children {
            self.cancel(&child, now);
        }
    }

    pub(in super::super) fn insert(&mut self, mut run: Run, now: i64) {
        run.number = self.by_number.last_key_value().map_or(FIRST, |(last, _)| (last + 1).max(FIRST));
        self.experiments.entry(run.experiment().to_owned()).or_insert_with(|| Experiment::new(run.experiment(), now));
        self.numbers.insert(run.name.to_lowercase(), run.number);
        self.by_number.insert(run.number, run);
    }

    /// Removes the run, and those in it.
    pub(in super::super) fn remove(&mut self, name: &str) {
        for child in self.children(name) {
            self.remove(&child.name);
        }
        match self.numbers.remove(&name.to_lowercase()) {
            Some(number) => drop(self.by_number.remove(&number)),
            None => self.replaced.extend(generated::number(name)),
        }
    }

    /// Those that lie in this run.
    pub(in super::super) fn children(&self, name: &str) -> Vec<Run> {
        let is_child = |run: &&Run| run.parent.as_deref().is_some_and(|parent| parent.eq_ignore_ascii_case(name));
        self.by_number.values().filter(is_child).cloned().collect()
    }

    /// The runs that lie in no other, the newest first, from the one with this number on, and each with its number.
    pub(in super::super) fn newest(&self, from: Option<u64>) -> impl Iterator<Item = (u64, Run)> {
        self.numbered(from).filter(|(_, run)| run.parent.is_none())
    }

    /// Every run, the newest first.
    pub(in super::super) fn all(&self) -> impl Iterator<Item = Run> {
        self.numbered(None).map(|(_, run)| run)
    }

    fn numbered(&self, from: Option<u64>) -> impl Iterator<Item = (u64, Run)> {
        let from = from.unwrap_or(u64::MAX);
        let made = self.by_number.range(FIRST..).rev().filter(move |(number, _)| **number <= from);
        let made = made.map(|(number, run)| (*number, run.clone()));
        let first = self.generated.min(from.saturating_add(1));
        let own = (0..first).rev().filter_map(|number| {
            let changed = self.by_number.get(&number).cloned();
            Some((number, changed.or_else(|| self.generated_run(number))?))
        });
        made.chain(own)
    }

    /// Every experiment, with those of the runs that the world has.
    pub(in super::super) fn all_experiments(&self) -> Vec<Experiment> {
        let mut all = self.experiments.clone();
        for run in (0..self.generated.min(generated::EXPERIMENTS)).map(generated::run) {
            all.entry(run.experiment().to_owned()).or_insert_with(|| Experiment::new(run.experiment(), run.born));
        }
        all.into_values().collect()
    }

    fn generated_run(&self, number: u64) -> Option<Run> {
        let is_there = number < self.generated && !self.replaced.contains(&number);
        is_there.then(|| generated::run(number))
    }
}
