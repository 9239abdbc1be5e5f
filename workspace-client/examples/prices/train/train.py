"""Fits a line through the prices of houses."""
import argparse
import csv
import json
import pathlib

parser = argparse.ArgumentParser()
parser.add_argument("--prices", type=pathlib.Path, required=True)
parser.add_argument("--model", type=pathlib.Path, required=True)
args = parser.parse_args()

with args.prices.open() as file:
    points = [(float(row["rooms"]), float(row["price"])) for row in csv.DictReader(file)]
mean_x, mean_y = (sum(values) / len(points) for values in zip(*points))
slope = sum((x - mean_x) * (y - mean_y) for x, y in points) / sum((x - mean_x) ** 2 for x, _ in points)
args.model.mkdir(parents=True, exist_ok=True)
(args.model / "line.json").write_text(json.dumps({"slope": slope, "start": mean_y - slope * mean_x}))
