#!/usr/bin/env python3
"""Train on very many samples: by one process, by workers of this machine, by a cluster; and again from the cache.

    python benchmarks/cluster.py --samples 200000 [--head linear] [--folder FOLDER] [--json]

The samples are frames of ten drawn people, found by Haar, each altered a little in another way: shifted, lit and with
noise. They are made once in FOLDER and used again. `fer train` is run as a user runs it; the scheduler and its workers
are those of `dask scheduler` and `dask worker`, over loopback. Memory is the largest resident set of each process.
"""

from __future__ import annotations

import argparse
import contextlib
import functools
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import psutil

from fer_ros.core import bags
from fer_ros.core.base import registry
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Roi
from fer_ros.core.engine import opened

PEOPLE, POSES, OF_BAG = 10, 12, 1000
WIDTH, HEIGHT = 320, 240
START = 1_700_000_000_000_000_000
FRAME = 33_333_333
#: One thread for each process, as the workers have.
ENVIRONMENT = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
#: Grey levels that are added from any place of it.
NOISE = np.repeat(np.random.default_rng(0).integers(0, 12, (1080, 1920, 1), dtype=np.uint8), 3, axis=2)
Recorded = dict[str, list[tuple[np.ndarray, Roi]]]


def recorded(person: int) -> Recorded:
    """Frames of a drawn person and the box that Haar found in each, by label."""
    source = registry.load("sources", "face")
    detector = registry.load("detectors", "haar")()
    face = source(source.Settings(width=WIDTH, height=HEIGHT, fps=0.0, seed=person))
    face.open()
    found: Recorded = {}
    for label in DEFAULT_LABELS:
        face.configure(source.Settings(width=WIDTH, height=HEIGHT, fps=0.0, seed=person, expression=label))
        found[label] = []
        while len(found[label]) < POSES:
            for _ in range(9):
                frame = face.read(5.0)
            boxes = detector.detect(cv2.cvtColor(frame.image, cv2.COLOR_BGR2GRAY))
            if boxes:
                found[label].append((frame.image, max(boxes, key=lambda one: one.roi.area).roi))
    face.close()
    return found


def altered(image: np.ndarray, roi: Roi, rng: np.random.Generator) -> tuple[bytes, Roi]:
    """A JPEG of the frame, shifted, lit and with noise, and its box."""
    x, y = (int(value) for value in rng.integers(-6, 7, 2))
    shift = np.array([[1, 0, x], [0, 1, y]], np.float32)
    moved = cv2.warpAffine(image, shift, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
    lit = cv2.convertScaleAbs(moved, alpha=rng.uniform(0.8, 1.2), beta=rng.uniform(0.0, 15.0))
    top, left = rng.integers(0, NOISE.shape[0] - HEIGHT), rng.integers(0, NOISE.shape[1] - WIDTH)
    noisy = cv2.add(lit, NOISE[top : top + HEIGHT, left : left + WIDTH])
    picture = cv2.imencode(".jpg", noisy, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
    return picture, Roi(max(0, roi.x + x), max(0, roi.y + y), roi.width, roi.height)


def make(folder: str, count: int, person: int) -> None:
    """Write the bags of a person, unless they are there."""
    frames: Recorded = {}
    for number in range(person, count, PEOPLE):
        if not (Path(folder) / f"bag{number:05}" / "whole").exists():
            frames = frames or recorded(person)
            write(Path(folder) / f"bag{number:05}", frames, number)


def write(place: Path, frames: Recorded, number: int) -> None:
    """Write one bag."""
    shutil.rmtree(place, ignore_errors=True)
    rng = np.random.default_rng([1, number])
    stamp = START + number * 86_400_000_000_000
    with bags.BagWriter(place, {"camera": "face", "detector": "haar"}) as writer:
        for index, label in enumerate(DEFAULT_LABELS):
            writer.begin_take(label, f"person{number % PEOPLE}")
            for _ in range(OF_BAG * (index + 1) // 7 - OF_BAG * index // 7):
                image, roi = frames[label][int(rng.integers(POSES))]
                picture, box = altered(image, roi, rng)
                writer.write(stamp, picture, box)
                stamp += FRAME
            stamp += 60 * FRAME
    (place / "whole").touch()


def tree(pid: int) -> list[psutil.Process]:
    """A process and all below it, as far as they are there."""
    with contextlib.suppress(psutil.Error):
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    return []


def words(process: psutil.Process) -> str:
    """The command of a process; empty where it has ended."""
    with contextlib.suppress(psutil.Error):
        return " ".join(process.cmdline())
    return ""


class Memory:
    """The largest resident set of each process of some trees, in MB, looked at ten times a second."""

    def __init__(self, *roots: int) -> None:
        self._roots, self._most = roots, dict[int, tuple[str, float]]()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._end.wait(0.1):
            for root in self._roots:
                for process in tree(root):
                    with contextlib.suppress(psutil.Error):
                        self._see(process)

    def _see(self, process: psutil.Process) -> None:
        command = words(process)
        kinds = {"engine.worker": "worker", "dask_worker": "worker", "dask_scheduler": "scheduler"}
        kind = next((kind for word, kind in kinds.items() if word in command), "")
        kind = kind or ("training" if "training.worker" in command else "fer")
        megabytes = process.memory_info().rss / 1e6
        if megabytes > self._most.get(process.pid, ("", 0.0))[1]:
            self._most[process.pid] = kind, megabytes

    def end(self) -> list[tuple[str, int]]:
        """Kind and megabytes of each process."""
        self._end.set()
        self._thread.join()
        return sorted((kind, round(most)) for kind, most in self._most.values())


@contextlib.contextmanager
def cluster(folder: Path) -> Iterator[tuple[str, list[int]]]:
    """A scheduler with two workers over loopback: its address, and the processes."""
    file, processes = folder / "scheduler.json", []

    def start(what: str, *arguments: str) -> None:
        command = [sys.executable, "-m", f"distributed.cli.dask_{what}", "--no-dashboard", *arguments]
        log = (folder / f"{what}.log").open("ab")
        processes.append(subprocess.Popen(command, stdout=log, stderr=log, env={**os.environ, **ENVIRONMENT}))

    file.unlink(missing_ok=True)
    try:
        start("scheduler", "--port", "0", "--host", "127.0.0.1", "--scheduler-file", str(file))
        until = time.monotonic() + 60
        while not (file.is_file() and file.read_text()) and time.monotonic() < until:
            time.sleep(0.05)
        for _ in range(2):
            start(
                "worker",
                "--scheduler-file",
                str(file),
                "--nthreads",
                "1",
                "--no-nanny",
                "--local-directory",
                str(folder),
            )
        yield json.loads(file.read_text())["address"], [process.pid for process in processes]
    finally:
        for process in processes:
            process.terminate()
            process.wait()


def train(folder: Path, head: str, name: str, cache: str, *more: str, pids: tuple[int, ...] = (), kill: int = 0) -> Any:
    """Run ``fer train``; what it tells, with the memory and a checksum of the head.

    :param kill: when so many files of embeddings are there, a worker is killed.
    """
    places = [str(place) for place in sorted((folder / "bags").iterdir())]
    command = [sys.executable, "-m", "fer_ros.cli.main", "train", *places, "--head", head, "--copies", "0"]
    command += ["--no-refit", "--name", name, "--json", "--cache", str(folder / cache), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env={**os.environ, **ENVIRONMENT})
    memory = Memory(process.pid, *pids)
    while kill and process.poll() is None:
        time.sleep(0.05)
        workers = [one for one in tree(process.pid)[1:] if "engine.worker" in words(one)]
        if workers and len(list((folder / cache).rglob("*.parquet"))) >= kill:
            workers[0].kill()
            break
    told = json.loads(process.communicate()[0])
    model = Path(told["path"])
    return {
        "loading": told["phases"]["loading"] + told["phases"]["embedding"],
        "training": told["phases"]["training"] + told["phases"]["evaluating"],
        "all": told["seconds"],
        "accuracy": told["metrics"]["accuracy"],
        "head": hashlib.sha256((model / "head.npz").read_bytes()).hexdigest()[:12],
        "memory": memory.end(),
    }


def main() -> int:
    """Make the samples, train, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--samples", type=int, default=10_000, help="in thousands; 0: those that are there (default %(default)s)"
    )
    parser.add_argument("--head", default="linear")
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "fer_cluster")
    parser.add_argument("--make", action="store_true", help="make the samples only")
    parser.add_argument("--keep", action="store_true", help="keep the samples")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    folder: Path = args.folder
    (folder / "bags").mkdir(parents=True, exist_ok=True)
    count = args.samples // OF_BAG or len(list((folder / "bags").iterdir()))
    began = time.monotonic()
    if args.samples:
        with opened(0) as engine:
            list(engine.map(functools.partial(make, str(folder / "bags"), count), range(PEOPLE)))
    print(f"{count * OF_BAG} samples are there, {time.monotonic() - began:.0f} s", file=sys.stderr)
    if args.make:
        return 0
    os.environ["FER_HOME"] = str(folder / "home")
    shutil.rmtree(folder / "home", ignore_errors=True)
    for cache in folder.glob("cache*"):
        shutil.rmtree(cache)
    run = functools.partial(train, folder, args.head)
    rows = {"one process": run("one", "cache1"), "again, from the cache": run("again", "cache1")}
    rows["two local workers"] = run("two", "cache2", "--workers", "2")
    shutil.rmtree(folder / "cache2")
    rows["the same, one killed"] = run("killed", "cache3", "--workers", "2", kill=count * 7 // 2)
    shutil.rmtree(folder / "cache3")
    with cluster(folder) as (address, pids):
        rows["a scheduler with two workers"] = run("cluster", "cache4", "--cluster", address, pids=tuple(pids))
    shutil.rmtree(folder / "cache4")
    size = sum(file.stat().st_size for file in (folder / "cache1").rglob("*.parquet"))
    rows = {name: {**row, "equal": row["head"] == rows["one process"]["head"]} for name, row in rows.items()}
    if args.json:
        print(json.dumps({"samples": count * OF_BAG, "cache": size, "rows": rows}))
    else:
        print(table(rows))
        print(f"\n{count * OF_BAG} samples, {size / 1e6:.0f} MB of embeddings")
    if not args.keep:
        shutil.rmtree(folder)
    return 0 if all(row["equal"] for row in rows.values()) else 1


def table(rows: dict[str, dict[str, Any]]) -> str:
    """The rows in Markdown."""
    out = [
        "| | reading and embedding, s | head, s | all, s | MB of each process | the same head |",
        "|---|---|---|---|---|---|",
    ]
    for name, row in rows.items():
        memory = ", ".join(f"{kind} {most}" for kind, most in row["memory"])
        times = " | ".join(f"{row[phase]:.1f}" for phase in ("loading", "training", "all"))
        out.append(f"| {name} | {times} | {memory} | {'yes' if row['equal'] else 'NO'} |")
    return "\n".join(out)


if __name__ == "__main__":
    sys.exit(main())
