"""The runs of a sweep of `fer pretrain`, one after the other or several at once."""

from __future__ import annotations

import argparse
import contextlib
import csv
import functools
import io
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fer_ros.cli import engine
from fer_ros.cli.progress import Bar
from fer_ros.core.base import paths
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.pretraining import sweep
from fer_ros.core.pretraining.sweep import Row


def run(args: argparse.Namespace, known: list[str], train: Callable[[argparse.Namespace], int]) -> int:
    """Train every combination, or go on where an earlier call stopped; print the table.

    :param known: settings that may be swept over.
    :param train: trains and exports one model.
    """
    combinations = sweep.grid(args.sweep, known)
    folder = (args.folder or Path("runs") / args.name).absolute()
    out = (args.out or paths.private_folder(paths.fer_home() / "models")).absolute()
    single = {name: value for name, value in vars(args).items() if name not in ("run", "sweep", "workers", "cluster")}
    single["dataset"] = args.dataset.absolute()
    jobs: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
    for settings in combinations:
        name = paths.check_name("model", sweep.called(args.name, settings))
        jobs.append((name, settings, {**single, **settings, "name": name, "out": out / name, "folder": folder / name}))
    rows: dict[int, Row] = {}
    with engine.opened(args, [single["dataset"], out]) as pool, Bar(len(jobs), "runs") as bar:
        work = functools.partial(_train, pool.apart, train)
        for number, row in pool.map(work, jobs, lambda job: f"run {job[0]}"):
            rows[number] = row
            bar.at(len(rows), row.name)
    print(sweep.write(folder, [rows[number] for number in range(len(jobs))]), end="")
    print(f"\n{folder / sweep.TABLE}, {sweep.PLOT}; as teachers: fer pretrain … --ensemble {folder}")
    return 0


def _train(
    apart: bool, train: Callable[[argparse.Namespace], int], job: tuple[str, dict[str, Any], dict[str, Any]]
) -> Row:
    """Train and export one run, unless that is done."""
    name, settings, options = job
    if apart:
        os.environ.setdefault("TF_NUM_INTRAOP_THREADS", "1")
    if options["replace"] or not (options["out"] / paths.MODEL_FILE).is_file():
        with contextlib.redirect_stdout(io.StringIO()):
            train(argparse.Namespace(**options))
        import keras

        keras.utils.clear_session()  # the next run begins with nothing of this one
    with (options["folder"] / "history.csv").open(newline="", encoding="utf-8") as file:
        history = [{key: float(value) for key, value in row.items()} for row in csv.DictReader(file)]
    return sweep.row(name, settings, Bundle.load(options["out"]), history)
