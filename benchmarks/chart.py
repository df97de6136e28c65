#!/usr/bin/env python3
"""Draw docs/performance.png from the results that `fer bench --scenario all --save` wrote.

python benchmarks/chart.py benchmarks/results.json docs/performance.png
"""

from __future__ import annotations

import argparse
from pathlib import Path

from fer_ros.cli.benchmarks.tables import check


def main() -> None:
    """Read, draw, write."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("picture", type=Path)
    arguments = parser.parse_args()
    report = check.load(arguments.results)
    found = report["scenarios"]
    missing = [name for name in ("peer", "keras", "one_process") if "skipped" in found.get(name, {"skipped": ""})]
    if missing:
        raise SystemExit(f"the results lack {', '.join(missing)}: measure with --scenario all --peer PYTHON")
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    peer, keras = found["peer"], found["keras"]
    ours, theirs = "#2563eb", "#a8a29e"
    rows = [
        ("whole frame, fer_ros", peer["ours_ms"]["median"], ours),
        (f"whole frame, fer {peer['version']}", peer["theirs_ms"]["median"], theirs),
        ("backbone, fer_ros", keras["ours_ms"]["median"], ours),
        ("backbone, Keras called", keras["call_ms"]["median"], theirs),
        ("backbone, Keras predict", keras["predict_ms"]["median"], theirs),
        ("camera to another process, fer_ros", found["one_process"]["latency_ms"]["whole"]["median"], ours),
    ][::-1]
    names, values, colours = zip(*rows, strict=True)
    figure, axes = plt.subplots(figsize=(8.0, 2.8), layout="constrained")
    bars = axes.barh(names, values, color=colours)
    axes.bar_label(bars, fmt="%.3g ms", padding=4)
    axes.set_xscale("log")
    axes.set_xlim(0.3, 250.0)
    axes.set_xlabel("median, ms (logarithmic); same run, one core each, {}x{}".format(*report["size"]))
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(arguments.picture, dpi=150)


if __name__ == "__main__":
    main()
