"""Reads with MLflow's own client what ours has logged."""

import sys

from mlflow import MlflowClient

client = MlflowClient(sys.argv[1])
experiment = client.get_experiment_by_name("credit")
[run] = client.search_runs([experiment.experiment_id], "attributes.run_name = 'first'")
values = client.get_metric_history(run.info.run_id, "loss")
version = client.get_model_version("scorer", "1")
assert run.info.status == "FINISHED" and version.run_id == run.info.run_id
assert sorted(value.step for value in values) == list(range(300))
with open(client.download_artifacts(run.info.run_id, "notes/plan \u00fc.txt")) as file:
    note = file.read()
print(
    f"mlflow read {experiment.name}/{run.info.run_name}: {len(values)} values of loss, "
    f"alpha {run.data.params['alpha']}, stage {run.data.tags['stage']}, {version.name} {version.version}, "
    f"note {note}"
)
