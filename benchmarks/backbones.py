#!/usr/bin/env python3
"""Size and speed of every backbone preset, exported with each kind of numbers.

The networks are untrained, which changes neither. One crop at a time on one thread; the networks take turns, so that
whatever else the machine does slows all alike, and the quickest turn counts. Prints a Markdown table, or JSON.

    python benchmarks/backbones.py --turns 200
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.pretraining import export
from fer_ros.core.pretraining.recipe import RECIPES

#: Crops from which int8 measures its ranges; of noise, for only the speed counts here.
SAMPLES = 32


def inputs(backbone: str, preset: str) -> InputSpec:
    """The input of the recipe that uses the preset, else the usual one."""
    for recipe in RECIPES.values():
        if (recipe.get("backbone"), recipe.get("preset")) == (backbone, preset) and "input" in recipe:
            return InputSpec(**recipe["input"].to_dict())
    return InputSpec()


def exported(folder: Path, name: str, preset: str) -> list[tuple[dict[str, Any], Backbone, InputSpec]]:
    """A preset in all kinds of numbers: the facts, the network, its input."""
    spec, plugin = inputs(name, preset), registry.load("backbones", name)
    network = plugin.build(spec, **plugin.presets[preset])
    crops = np.random.default_rng(0).normal(size=(SAMPLES, spec.height, spec.width, spec.channels)).astype(np.float32)
    out = []
    for quantize in export.QUANTIZATIONS:
        file = folder / f"{name}_{preset}_{quantize}.tflite"
        file.write_bytes(export.to_litert(network, quantize, crops))
        facts = {
            "backbone": name,
            "preset": preset,
            "side": spec.width,
            "parameters": int(network.count_params()),
            "embedding": list(network.output_shape[1:]),
            "numbers": quantize,
            "bytes": file.stat().st_size,
        }
        out.append((facts, plugin(file, spec, 1), spec))
    return out


def main() -> None:
    """Parse, export, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=200)
    parser.add_argument("--only", nargs="+", help="backbone plugins (default: all)")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    names = args.only or registry.names("backbones")
    with tempfile.TemporaryDirectory(prefix="fer_backbones_") as folder:
        networks = [
            item
            for name in names
            for preset in registry.load("backbones", name).presets
            for item in exported(Path(folder), name, preset)
        ]
        best = [float("inf")] * len(networks)
        rng = np.random.default_rng(1)
        for _ in range(max(1, args.turns)):
            for number, (_, backbone, spec) in enumerate(networks):
                crop = rng.normal(size=(1, spec.height, spec.width, spec.channels)).astype(np.float32)
                begun = time.perf_counter()
                backbone.embed(crop)
                best[number] = min(best[number], time.perf_counter() - begun)
    rows = [facts | {"milliseconds": seconds * 1e3} for (facts, _, _), seconds in zip(networks, best, strict=True)]
    if args.json:
        print(json.dumps(rows, indent=1))
        return
    print(
        "| backbone | preset | side | parameters | embedding | numbers | MB | ms |\n|---|---|---|---|---|---|---|---|"
    )
    for row in rows:
        print(
            f"| {row['backbone']} | {row['preset']} | {row['side']} | {row['parameters']:,} "
            f"| {'×'.join(map(str, row['embedding']))} | {row['numbers']} | {row['bytes'] / 1e6:.2f} "
            f"| {row['milliseconds']:.2f} |"
        )


if __name__ == "__main__":
    main()
