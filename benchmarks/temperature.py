#!/usr/bin/env python3
"""Measure how far a model's confidence is off on real people, and what another temperature would change.

Prints the accuracy and the expected calibration error (15 bins) on FER2013's PublicTest and on sets of people_dev,
whose faces the detector finds. Each column divides the logits by one number; 1 is the model as it is. No label changes.

    python benchmarks/temperature.py fer2013.npz PEOPLE_DEV --detector yunet

--write T divides the head by T for good. It measures PublicTest again and writes head.npz, model.yaml and the card.
"""

from __future__ import annotations

import argparse
import hashlib
import re
from pathlib import Path

import numpy as np

from fer_ros.cli import detectors
from fer_ros.cli.text import table
from fer_ros.core.base.arrays import pack
from fer_ros.core.bundles import model_card
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import datasets
from fer_ros.core.evaluating.calibration import error
from fer_ros.core.evaluating.evaluation import evaluate
from fer_ros.core.recognition.recogniser import Model
from fer_ros.core.vision import choosing
from fer_ros.core.vision.softmax import softmax

DIVISORS = (0.88, 0.92, 0.96, 1.0, 1.05, 1.1, 1 / 0.88, 1.2)
SETS = ("kdef", "portraits", "web/tight", "web/film", "studio")
#: The sets that the temperature of `default` was chosen on.
CHOSEN_ON = "FER2013 PublicTest and the sets kdef and portraits of people_dev"


def write(folder: Path, divisor: float, fer2013: Path) -> None:
    """Divide the linear head's kernel and bias, measure PublicTest, and make model.yaml and the card true again."""
    head = folder / "head.npz"
    old = hashlib.sha256(head.read_bytes()).hexdigest()
    with np.load(head, allow_pickle=False) as arrays:
        content = pack(**{name: arrays[name] / np.float32(divisor) for name in ("kernel", "bias")})
    head.write_bytes(content)
    text = (folder / "model.yaml").read_text(encoding="utf-8").replace(old, hashlib.sha256(content).hexdigest())
    (folder / "model.yaml").write_text(text, encoding="utf-8")
    bundle = Bundle.load(folder)
    found = evaluate(Model.open(bundle), datasets.load(fer2013, True, "PublicTest", False), None)
    facts = {
        "calibration_error": error(found.truth, found.probabilities),
        "temperature": bundle.quality["temperature"] * divisor,
        "temperature_chosen_on": CHOSEN_ON,
    }
    for name, value in facts.items():
        text = re.sub(rf"(?m)^  {name}: .*$", f"  {name}: {value}", text)
    (folder / "model.yaml").write_text(text, encoding="utf-8")
    card = folder / "README.md"
    command = card.read_text(encoding="utf-8").split("Made by `", 1)[1].split("`", 1)[0]
    card.write_text(model_card.pretrained(Bundle.load(folder), command), encoding="utf-8")


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("fer2013", type=Path, help="fer2013.csv or .npz")
    parser.add_argument("people", type=Path, metavar="PEOPLE_DEV", help="the folder of people_dev")
    parser.add_argument("--model", type=Path, default=Path("models/default"), help="folder (default %(default)s)")
    parser.add_argument("--detector", default=choosing.AUTO, help="detector plugin (default %(default)s)")
    parser.add_argument("--write", type=float, metavar="T", help="divide the model's head by this")
    arguments = parser.parse_args()
    if arguments.write:
        write(arguments.model, arguments.write, arguments.fer2013)
        return
    model = Model.open(Bundle.load(arguments.model))
    rows = []
    for name in ("PublicTest", *SETS):
        crops = name == "PublicTest"
        path = arguments.fer2013 if crops else arguments.people / name
        dataset = datasets.load(path, crops, name if crops else None, False)
        found = evaluate(model, dataset, None if crops else detectors.make(arguments.detector, {}))
        logits = np.log(np.maximum(found.probabilities, 1e-9))
        errors = [error(found.truth, np.asarray(softmax(logits / divisor), np.float32)) for divisor in DIVISORS]
        rows.append((name, len(found.truth), f"{found.metrics.accuracy:.4f}", *(f"{value:.3f}" for value in errors)))
    print(
        table(
            ("set", "faces", "accuracy", *(f"{divisor:.4g}" for divisor in DIVISORS)),
            rows,
            right=range(1, 3 + len(DIVISORS)),
        )
    )


if __name__ == "__main__":
    main()
