"""Submits the jobs of these folders with Microsoft's own client of Azure Machine Learning."""

import logging
import os
import sys
import warnings

warnings.simplefilter("ignore")
logging.disable(logging.CRITICAL)

from azure.ai.ml import MLClient, entities, load_job
from azure.ai.ml.exceptions import JobParsingError
from azure.identity import EnvironmentCredential

folder, subscription, group, workspace, *cases = sys.argv[1:]
ml = MLClient(EnvironmentCredential(), subscription, group, workspace)
# It wants to see the computes that a file names.
for name in ("c", "cpu", "big", "gpu-cluster", "spark31"):
    ml.compute.begin_create_or_update(entities.AmlCompute(name=name, size="STANDARD_DS3_V2"))
for case in cases:
    os.chdir(os.path.join(folder, case))
    job = load_job("job.yml")
    job.name = case
    try:
        ml.jobs.create_or_update(job)
    except JobParsingError:
        # It cannot read again what it has just sent; what it has sent is what is compared.
        pass
