//! `azml job metrics`.

use std::fmt::Write as _;

use auth_core::{Error, ErrorKind};
use serde_json::{Map, Value, json};
use textplots::{Chart, Plot as _, Shape};
use workspace_client::tracking::{Metric, Tracking};

use crate::args::JobMetricsArgs;
use crate::commands::resource::workspace_of;
use crate::context::{Context, block_on};
use crate::output::{Column, Outcome};

const COLUMNS: [Column; 3] = [("Step", "step"), ("Value", "value"), ("Timestamp", "timestamp")];
/// In dots, of which a letter has two across and four down.
const WIDTH: u32 = 120;
const HEIGHT: u32 = 60;

pub(super) fn run(args: JobMetricsArgs, context: &Context) -> Result<Outcome, Error> {
    let tracking = workspace_of(args.job.workspace, context)?.tracking();
    let job = &args.job.name;
    block_on(async {
        match &args.metric {
            Some(metric) => over_time(&tracking, job, metric).await,
            None => newest(&tracking, job).await,
        }
    })
}

/// The newest value of every metric.
async fn newest(tracking: &Tracking, job: &str) -> Result<Outcome, Error> {
    let run = tracking.run(job).await?;
    let mut values = Map::new();
    let mut text = String::new();
    for metric in run.metrics() {
        values.insert(metric.key().to_owned(), json!(metric.value()));
        let _ = writeln!(text, "{}  {}", metric.key(), metric.value());
    }
    Ok(Outcome::new(values.into()).or_as_text(text))
}

async fn over_time(tracking: &Tracking, job: &str, name: &str) -> Result<Outcome, Error> {
    let history: Vec<Metric> = tracking.metric_history(job, name).try_collect().await?;
    if history.is_empty() {
        return Err(Error::new(ErrorKind::Rejected, format!("the job {job} has no metric {name}"))
            .with_help(format!("azml job metrics --name {job}")));
    }
    let points = history
        .iter()
        .map(|metric| json!({"step": metric.at_step(), "timestamp": metric.at_time(), "value": metric.value()}));
    let points: Vec<Value> = points.collect();
    Ok(Outcome::with_columns(points.into(), &COLUMNS).or_as_text(plot(name, &history)))
}

/// The values over the steps, or over the order in which they came where all are of one step.
fn plot(name: &str, history: &[Metric]) -> String {
    let has_steps = history.iter().any(|metric| metric.at_step() != history[0].at_step());
    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, reason = "a plot is not as precise")]
    let mut points: Vec<(f32, f32)> = history
        .iter()
        .enumerate()
        .map(|(at, metric)| (if has_steps { metric.at_step() as f32 } else { at as f32 }, metric.value() as f32))
        .filter(|(step, value)| step.is_finite() && value.is_finite())
        .collect();
    points.sort_by(|one, other| one.0.total_cmp(&other.0));
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return format!("{name} has no value that can be drawn");
    };
    // A single point has no width.
    let (from, to) = (first.0, last.0.max(first.0 + 1.0));
    let mut chart = Chart::new(WIDTH, HEIGHT, from, to);
    let line = Shape::Lines(&points);
    let chart = chart.lineplot(&line);
    chart.axis();
    chart.figures();
    format!("{name} over {}\n{}\n", if has_steps { "steps" } else { "time" }, chart.to_string().trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_drawn_over_its_steps() {
        let history: Vec<_> =
            [0.9, 0.5, 0.3, 0.25].iter().zip(0..).map(|(value, step)| Metric::new("loss", *value).step(step)).collect();
        insta::with_settings!({omit_expression => true}, { insta::assert_snapshot!(plot("loss", &history)) });
        assert!(plot("loss", &history[..1]).starts_with("loss over time"));
        assert_eq!(plot("loss", &[Metric::new("loss", f64::NAN)]), "loss has no value that can be drawn");
    }
}
