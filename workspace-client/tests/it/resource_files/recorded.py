"""Writes beside every NAME.yml what azure-ai-ml makes of it, as NAME.json.

Run with a Python that has azure-ai-ml==1.35.2.
"""
import json
import logging
import pathlib
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

import azure.ai.ml as ml
from azure.ai.ml.entities._load_functions import (
    load_capability_host,
    load_marketplace_subscription,
    load_model_batch_deployment,
    load_pipeline_component_batch_deployment,
    load_schedule,
    load_serverless_endpoint,
)

REGION = "westeurope"


def loaded_batch_deployment(path):
    is_pipeline = "type: pipeline" in path.read_text()
    return load_pipeline_component_batch_deployment(path) if is_pipeline else load_model_batch_deployment(path)


KINDS = {
    "batch-deployment": lambda path: loaded_batch_deployment(path)._to_rest_object(REGION),
    "batch-endpoint": lambda path: ml.load_batch_endpoint(path)._to_rest_batch_endpoint(REGION),
    "capability-host": lambda path: load_capability_host(path)._to_rest_object(),
    "connection": lambda path: ml.load_connection(path)._to_rest_object(),
    "datastore": lambda path: ml.load_datastore(path)._to_rest_object(),
    "marketplace-subscription": lambda path: load_marketplace_subscription(path)._to_rest_object(),
    "online-deployment": lambda path: ml.load_online_deployment(path)._to_rest_object(REGION),
    "online-endpoint": lambda path: ml.load_online_endpoint(path)._to_rest_online_endpoint(REGION),
    "schedule": lambda path: load_schedule(path)._to_rest_object(),
    "serverless-endpoint": lambda path: load_serverless_endpoint(path)._to_rest_object(),
}

for path in sorted(pathlib.Path(__file__).parent.glob("*/*.yml")):
    made = KINDS[path.parent.name](path)
    if hasattr(made, "serialize"):
        body = made.serialize()
    else:
        # Its own way of skipping what nobody said.
        body = json.loads(json.dumps(made.as_dict(), default=str))
    path.with_suffix(".json").write_text(json.dumps(body, indent=2, sort_keys=True) + "\n")
