"""`fer live` as a user types it."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.vision import choosing

pytestmark = [pytest.mark.ros, pytest.mark.slow]

Run = Callable[..., Any]
STAGES = ("acquired", "received", "detected", "classified", "published")


def test_json_is_one_object_a_frame_with_all_times_in_order(fer: Run) -> None:
    done = fer("live", "--source", "sample", "--frames", "12", "--json")
    assert done.code == 0, done.err
    frames = [json.loads(line) for line in done.out.splitlines()]
    assert len(frames) == 12
    for frame in frames:
        stamps = [frame["times"][stage] for stage in STAGES]
        assert stamps == sorted(stamps) and stamps[0] > 1e18
        assert frame["frame_id"] == "camera_optical_frame" and frame["model"] == "default"
        assert frame["latency_ms"]["total"] == pytest.approx((stamps[-1] - stamps[0]) / 1e6, abs=1e-3)
    seen = [frame for frame in frames if frame["faces"]]
    assert len(seen) >= 10
    for frame in seen:
        assert sum(frame["probabilities"].values()) == pytest.approx(1.0, abs=1e-4)
        assert frame["label"] == max(frame["probabilities"], key=frame["probabilities"].__getitem__)
        assert frame["faces"][0]["label"] == frame["label"]
    assert len({frame["times"]["acquired"] for frame in frames}) == 12
    assert "12 frames" in done.err and "source: sample" in done.err and f"detector: {choosing.best().name}" in done.err


def test_a_status_line_a_second_and_a_summary_also_after_ctrl_c(start: Run) -> None:
    process = start(sys.executable, "-m", "fer_ros.cli.main", "live", "--source", "sample")
    while process.out.count("\n") < 2:
        assert process.popen.poll() is None, process.err
    process.signal(signal.SIGINT)
    done = process.wait(20)
    assert done.code == 0 and "Traceback" not in done.err, done.err
    first = done.out.splitlines()[0]
    assert "fps" in first and "ms" in first and "1 face" in first and "\x1b" not in first
    assert any("median latency: receive" in line for line in done.out.splitlines()[2:])


def test_every_frame_of_a_film_is_read_to_its_end(fer: Run, tmp_path: Path) -> None:
    """Whatever the load: this one plays far faster than it can be read."""
    film = tmp_path / "fast.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 900, (48, 48))
    for level in range(60):
        writer.write(np.full((48, 48, 3), 4 * level, np.uint8))
    writer.release()
    done = fer(
        "live", "--source", "video", "--set", f"sources.video.path={film}", "--set", "source.realtime=false", "--json",
        "--detector", "whole_frame",
    )  # fmt: skip
    assert done.code == 0, done.err
    frames = [json.loads(line) for line in done.out.splitlines()]
    assert len(frames) == 60 and "0 frames replaced" in done.err
    assert frames[-1]["faces"][0]["roi"] == {"x": 0, "y": 0, "width": 48, "height": 48}


SLOW = """
import time
from pathlib import Path

from fer_ros.core.base.contracts import Detector


class Slow(Detector):
    \"\"\"Takes its time.\"\"\"

    def detect(self, image):
        Path(__file__).with_name("looking").touch()
        time.sleep(30)
        return []
"""


@pytest.mark.parametrize("source", ["images", "video"])
def test_ctrl_c_ends_it_also_while_the_last_frame_is_read(start: Run, tmp_path: Path, source: str) -> None:
    info = tmp_path / "slow-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: slow\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[fer_ros.detectors]\nslow = slow_detector:Slow\n")
    (tmp_path / "slow_detector.py").write_text(SLOW)
    file = tmp_path / ("grey.png" if source == "images" else "grey.avi")
    grey = np.full((48, 64, 3), 120, np.uint8)
    if source == "images":
        cv2.imwrite(str(file), grey)
    else:
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*"MJPG"), 10.0, (64, 48))
        writer.write(grey)
        writer.release()
    process = start(
        sys.executable, "-m", "fer_ros.cli.main", "live", "--source", source, "--set", f"sources.{source}.path={file}",
        "--detector", "slow", PYTHONPATH=os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]),
    )  # fmt: skip
    deadline = time.monotonic() + 90
    while not (tmp_path / "looking").exists():
        assert process.popen.poll() is None and time.monotonic() < deadline, process.err
        time.sleep(0.02)
    time.sleep(0.5)  # there was one frame: the source has ended, and the last frame is waited for
    assert process.popen.poll() is None
    began = time.monotonic()
    process.signal(signal.SIGINT)
    done = process.wait(20)
    assert time.monotonic() - began < 7.0  # two, and five for a busy machine; without Ctrl-C it would be ten
    assert done.code == 0 and "Traceback" not in done.err, done


def test_sinks_are_chosen_and_set_several_at_once(fer: Run) -> None:
    done = fer(
        "live", "--source", "sample", "--frames", "40", "--sink", "json_lines", "--sink", "console",
        "--set", "sinks.console.interval=0.05",
    )  # fmt: skip
    assert done.code == 0, done.err
    lines = done.out.splitlines()
    assert len([line for line in lines if line.startswith("{")]) == 40
    assert len([line for line in lines if "fps" in line]) > 3


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["--sink", "consol"], "unknown sink 'consol' (did you mean 'console'?)"),
        (["--source", "smaple"], "unknown source 'smaple' (did you mean 'sample'?)"),
        (["--source", "sample", "--set", "sources.sample.fps=-1"], "sources.sample.fps = -1.0 is out of range"),
        (["--source", "sample", "--set", "sorce.fps=3"], "sorce.fps"),
        (["--source", "sample", "--set", "sources.sample.fps"], "NAME=VALUE"),
        (["--source", "sample", "--model", "nope"], "unknown model 'nope'"),
        (["--frames", "-1"], "must not be negative"),
        (["--source", "sample", "--namespace", "left, /left"], "namespace 'left, /left' names one twice"),
        (["--source", "sample", "--namespace", "left,"], "names one twice, or none"),
        (["--source", "images", "--set", "sources.images.path=/nowhere"], "/nowhere"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(fer: Run, words: list[str], expected: str) -> None:
    done = fer("live", *words)
    assert done.code == 2 and expected in done.err and "Traceback" not in done.err, done.err
    assert sum(expected in line for line in done.err.splitlines()) == 1


def test_a_reader_that_goes_away_ends_it(run: Run) -> None:
    command = f"{sys.executable} -m fer_ros.cli.main live --source sample --json | head -n 2"
    done = run("bash", "-c", f"set -o pipefail; {command}")
    assert len(done.out.splitlines()) == 2 and "Traceback" not in done.err and "Exception ignored" not in done.err


def test_no_training_library_is_imported_to_see(run: Run) -> None:
    script = (
        "import sys\n"
        "from fer_ros.cli.main import main\n"
        "code = main(['live', '--source', 'sample', '--frames', '3', '--json'])\n"
        "heavy = {'tensorflow', 'keras', 'torch', 'jax', 'matplotlib'} & set(sys.modules)\n"
        "print(code, sorted(heavy))"
    )
    done = run(sys.executable, "-c", script)
    assert done.out.splitlines()[-1] == "0 []", done.err


def test_sigterm_ends_it_well_also_while_it_imports(start: Run) -> None:
    code = "import sys, time\nfrom fer_ros.cli import main\nsys.argv = ['fer', 'live']\n"
    code += "main.parser_for = lambda verb: (print('importing', flush=True), time.sleep(60))\nmain.command()\n"
    process = start(sys.executable, "-c", code)
    deadline = time.monotonic() + 90
    while "importing" not in process.out:
        assert time.monotonic() < deadline, process.err
        time.sleep(0.05)
    process.signal(signal.SIGTERM)
    assert process.wait(20).code == 0
