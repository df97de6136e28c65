#!/usr/bin/env python3
"""Compare training with that of another checkout in turns: 700 frames from the bag to the model in use, and once more.

Each turn is `fer bench --scenario training --json` in both, so that a busy machine slows both alike.

    git worktree add ../base 49a928a && make -C ../base setup
    python benchmarks/training.py ../base
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent.parent
NAMES = {"seconds": "first, by the clock", "cpu_s": "first, CPU"}
NAMES |= {"again_s": "second, by the clock", "again_cpu_s": "second, CPU"}


def main() -> None:
    """Measure in turns and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("base", type=Path, help="another checkout with its .venv")
    parser.add_argument("--turns", type=int, default=3, help="default: %(default)s")
    given = parser.parse_args()
    found = [(measured(given.base.resolve()), measured(HERE)) for _ in range(given.turns)]
    for name, text in NAMES.items():
        base, ours = ([one.get(name, float("nan")) for one in side] for side in zip(*found, strict=True))
        ratio = float(np.median(np.array(ours) / np.array(base)))
        print(f"{text}: {listed(base)} s, here {listed(ours)} s, ratio {ratio:.2f}")


def measured(folder: Path) -> dict[str, float]:
    """The figures of one checkout."""
    venv = folder / ".venv"
    environment = {**os.environ, "AMENT_PREFIX_PATH": str(venv), "LD_LIBRARY_PATH": str(venv / "lib")}
    command = [f"{venv}/bin/python", "-m", "fer_ros.cli.main", "bench", "--scenario", "training", "--json"]
    told = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True).stdout
    (scenario,) = (value for value in json.loads(told)["scenarios"].values())
    return dict(scenario)


def listed(values: list[float]) -> str:
    """Figures of all turns."""
    return ", ".join(f"{value:.2f}" for value in values)


if __name__ == "__main__":
    main()
