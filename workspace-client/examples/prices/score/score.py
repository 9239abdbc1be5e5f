"""Answers with the prices of houses."""
import json
import os
import pathlib


def init():
    global line
    folder = pathlib.Path(os.environ["AZUREML_MODEL_DIR"])
    line = json.loads(next(folder.rglob("line.json")).read_text())


def run(request):
    return [line["start"] + line["slope"] * rooms for rooms in json.loads(request)["rooms"]]
