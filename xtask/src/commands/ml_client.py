"""What people do with Microsoft's own client of Azure Machine Learning, asserted."""

import sys

from azure.ai.ml import MLClient, command, entities
from azure.ai.ml.entities._registry.registry_support_classes import RegistryRegionDetails
from azure.core.exceptions import HttpResponseError
from azure.identity import EnvironmentCredential

ml = MLClient(EnvironmentCredential(), *sys.argv[1:])


def check(what, told, expected):
    assert told == expected, f"{what}: {told!r}, not {expected!r}"
    print(what, flush=True)


def names(listed):
    return sorted(item.name for item in listed)


def computes():
    cluster = entities.AmlCompute(name="cpu", size="STANDARD_DS3_V2", max_instances=2)
    check("a cluster is made", ml.compute.begin_create_or_update(cluster).result().provisioning_state, "Succeeded")
    instance = entities.ComputeInstance(name="ci", size="STANDARD_DS3_V2")
    check("an instance is made", ml.compute.begin_create_or_update(instance).result().state, "Running")
    ml.compute.begin_stop("ci").result()
    check("an instance is stopped", ml.compute.get("ci").state, "Stopped")
    ml.compute.begin_delete("cpu").result()
    check("computes are listed", names(ml.compute.list()), ["ci"])


def assets():
    def data(path, version=None):
        described = entities.Data(name="d", version=version, path=path, type="uri_file")
        return ml.data.create_or_update(described).version

    check("data get the next version", [data("https://a.example/1"), data("https://a.example/2")], ["1", "2"])
    check("the latest data are found", ml.data.get("d", label="latest").version, "2")
    try:
        refused = data("https://a.example/3", "1")
    except HttpResponseError as error:
        refused = error.error.message
    check("the path of data stays", refused, "Asset paths cannot be updated.")
    ml.data.archive("d")
    check("archived data are not listed", names(ml.data.list()), [])
    model = entities.Model(name="m", path="azureml://datastores/workspaceblobstore/paths/m")
    check("a model is registered", ml.models.create_or_update(model).version, "1")
    ml.environments.create_or_update(entities.Environment(name="env", image="mcr.microsoft.com/x"))
    check("an environment is found", ml.environments.get("env", label="latest").image, "mcr.microsoft.com/x")


def datastores():
    check("the default datastore", ml.datastores.get_default().name, "workspaceblobstore")
    ml.datastores.create_or_update(entities.AzureBlobDatastore(name="b", account_name="a", container_name="c"))
    check("a datastore is made", ml.datastores.get("b").container_name, "c")
    ml.datastores.delete("b")
    check("a datastore is deleted", "b" in names(ml.datastores.list()), False)


def endpoints():
    online, deployments = ml.online_endpoints, ml.online_deployments
    endpoint = entities.ManagedOnlineEndpoint(name="ep-one", auth_mode="key")
    endpoint = online.begin_create_or_update(endpoint).result()
    described = entities.ManagedOnlineDeployment(
        name="blue", endpoint_name="ep-one", model="azureml:m:1", environment="azureml:env:1",
        instance_type="Standard_DS3_v2", instance_count=1,
    )
    check("a deployment is made", deployments.begin_create_or_update(described).result().provisioning_state, "Succeeded")
    endpoint.traffic = {"blue": 100}
    check("traffic is sent", online.begin_create_or_update(endpoint).result().traffic, {"blue": 100})
    before = online.get_keys("ep-one").primary_key
    online.begin_regenerate_keys("ep-one", key_type="primary").result()
    check("a key is renewed", online.get_keys("ep-one").primary_key != before, True)
    online.begin_delete("ep-one").result()
    check("an endpoint is deleted", names(online.list()), [])
    serverless = entities.ServerlessEndpoint(name="sl", model_id="azureml://registries/azureml/models/x")
    ml.serverless_endpoints.begin_create_or_update(serverless).result()
    check("a serverless endpoint has keys", bool(ml.serverless_endpoints.get_keys("sl").primary_key), True)


def workspaces():
    made = ml.workspaces.begin_create(entities.Workspace(name="made", location="westeurope")).result()
    check("a workspace is made of a template", made.name, "made")
    changed = ml.workspaces.begin_update(entities.Workspace(name="made", description="x")).result()
    check("a workspace is changed", changed.description, "x")
    ml.workspaces.begin_delete("made", delete_dependent_resources=True).result()
    check("a workspace is deleted", "made" in names(ml.workspaces.list()), False)
    region = RegistryRegionDetails(location="westeurope")
    registry = entities.Registry(name="reg", location="westeurope", replication_locations=[region])
    check("a registry is made", ml.registries.begin_create(registry).result().name, "reg")


def registries():
    registry = MLClient(EnvironmentCredential(), registry_name="reg")
    environment = entities.Environment(name="env", version="1", image="mcr.microsoft.com/x")
    check("an environment is made in a registry", registry.environments.create_or_update(environment).version, "1")
    model = entities.Model(name="m", version="1", path=__file__, type="custom_model")
    check("a model is uploaded into a registry", registry.models.create_or_update(model).version, "1")
    check("the latest model of a registry is found", registry.models.get("m", label="latest").version, "1")
    check("models of a registry are listed", names(registry.models.list()), ["m"])
    data = entities.Data(name="d", version="1", path=__file__, type="uri_file")
    check("data are uploaded into a registry", registry.data.create_or_update(data).version, "1")
    component = command(command="true", environment="azureml://registries/reg/environments/env/versions/1").component
    component.name, component.version = "c", "1"
    check("a component is made in a registry", registry.components.create_or_update(component).version, "1")


for part in (computes, assets, datastores, endpoints, workspaces, registries):
    part()
