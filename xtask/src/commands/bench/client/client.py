"""One thing that people do with Microsoft's own client of Azure Machine Learning. Its name comes first, then what it needs."""

import os
import sys


def start():
    """Does nothing but start."""
    from azure.ai.ml import MLClient
    from azure.identity import EnvironmentCredential

    print(MLClient.__name__, EnvironmentCredential.__name__)


def client(*workspace):
    from azure.ai.ml import MLClient
    from azure.identity import EnvironmentCredential

    return MLClient(EnvironmentCredential(), *workspace)


def jobs(*workspace):
    """Takes the jobs one after the other, keeps none, and prints how many there were."""
    print(sum(1 for job in client(*workspace).jobs.list() if job))


def workspace(*workspace):
    print(client(*workspace).workspaces.get(workspace[-1]).name)


def upload(source, prefix):
    """What `MLClient` does with local code, once it knows its hash, which becomes the prefix. It prints how many files that were."""
    from azure.ai.ml._artifacts._blob_storage_helper import BlobStorageClient

    url, sas = os.environ["CONTAINER"].split("?")
    account, container = url.rsplit("/", 1)
    storage = BlobStorageClient(None, f"{account}?{sas}", container)
    storage.upload(source, "bench", "1", asset_hash=prefix)
    print(storage.uploaded_file_count)


{"jobs": jobs, "start": start, "upload": upload, "workspace": workspace}[sys.argv[1]](*sys.argv[2:])
