"""Looks up a workspace and its jobs as a program with the Azure ML Python SDK v2 does."""

import json
import sys

from azure.ai.ml import MLClient
from azure.identity import AzureCliCredential

subscription, group, name = sys.argv[1:]
client = MLClient(AzureCliCredential(), subscription, group, name)
workspace = client.workspaces.get(name)
print(json.dumps({"workspace": workspace.name, "jobs": len(list(client.jobs.list()))}))
