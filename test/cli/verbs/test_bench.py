"""``fer bench`` measures what it says. How fast this machine is must not decide a test."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.cli.benchmarks.scenarios import scenes, stages, two_processes
from fer_ros.cli.benchmarks.scenarios.pictures import pictures
from fer_ros.cli.benchmarks.tables import bars, tables
from fer_ros.cli.benchmarks.tables.figures import milliseconds
from fer_ros.cli.benchmarks.workers.processes import Child
from fer_ros.cli.main import main
from fer_ros.cli.verbs.bench import parse_size
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles.bundle import Bundle

Fer = Callable[..., Any]
LEGS = {"received", "detected", "classified", "published", "delivered", "whole"}


@given(st.one_of(st.text(max_size=12), st.from_regex(r"[0-9]{1,6}[xX][0-9]{1,6}")))
def test_sizes_are_understood_or_refused_in_one_line(text: str) -> None:
    try:
        width, height = parse_size(text)
    except ConfigError as error:
        assert "\n" not in str(error)
    else:
        assert [int(number) for number in text.split("x")] == [width, height]
        assert 16 <= width <= 7680 and 16 <= height <= 7680


@pytest.mark.parametrize("size", ["640x480", "16x16", "7680x4320"])
def test_usual_sizes(size: str) -> None:
    assert "x".join(map(str, parse_size(size))) == size


@pytest.mark.parametrize(
    "options",
    [
        *("size 640", "size 8x8", "frames 0", "threads 0", "source nonesuch", "detector nonesuch", "model nonesuch"),
        *("scenario nonesuch", "tolerance 0.5", "set min_face", "set nonesuch=1", "set min_face=9", "check /nonesuch"),
    ],
)
def test_wrong_options_are_one_line_and_status_2(options: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["bench", "--no-ros", *f"--{options}".split()]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1 and not printed.out


def test_figures_are_milliseconds() -> None:
    found = milliseconds([0.001 * n for n in range(1, 402)])
    assert (found["count"], found["median"], found["max"]) == (401, 201.0, 401.0)
    assert found["p95"] == pytest.approx(381.0) and found["p99"] == pytest.approx(397.0)
    assert milliseconds([]) == {"count": 0}


class Slow:
    """A detector that takes a known time and finds what it is told."""

    def __init__(self, seconds: float, faces: list[Any]) -> None:
        self.inner = registry.load("detectors", "whole_frame")()
        self.framing = self.inner.framing
        self.seconds, self.faces = seconds, faces

    def detect(self, image: Any) -> Any:
        time.sleep(self.seconds)
        return self.faces

    def reset(self) -> None:
        pass


def test_stages_cover_what_they_say() -> None:
    bundle = Bundle.load("default")
    image = np.zeros((480, 640, 3), np.uint8)
    (face,) = registry.load("detectors", "whole_frame")().detect(image)
    detector: Any = Slow(0.02, [face])
    found = stages.measure(bundle, detector, [image] * (stages.WARM_UP + 4), 4)
    times = found["stages_ms"]
    assert set(times) == {"detect", "crop", "embed", "head", "whole"}
    assert all(figures["count"] == 4 for figures in times.values())
    # A pause is never shorter than asked for, and costs no processor time.
    assert times["detect"]["median"] >= 20
    assert times["whole"]["median"] > times["detect"]["median"]
    assert found["cpu_ms_per_frame"] < times["whole"]["mean"]
    assert set(found["cpu_ms"]) == set(times) and found["cpu_ms"]["detect"] < 20 and found["reference_ms"] > 0
    assert found["cpu_mean_ms"]["whole"] == found["cpu_ms_per_frame"] and set(found["cpu_mean_ms"]) == set(times)
    assert found["frames_per_second"] < 50
    assert (found["with_face"], found["track_ids"], found["frames"]) == (4, 1, 4)
    detector.faces = []
    found = stages.measure(bundle, detector, [image] * (stages.WARM_UP + 4), 4)
    assert set(found["stages_ms"]) == {"detect", "whole"} and found["with_face"] == 0
    found = stages.measure(bundle, detector, [image] * (stages.WARM_UP + 4), 4, compressed=True)
    assert found["stages_ms"]["decode"]["median"] + 20 <= found["stages_ms"]["whole"]["median"]


def test_pictures_have_the_wanted_size_and_never_end(tmp_path: Path, stranger: Any, monkeypatch: Any) -> None:
    monkeypatch.syspath_prepend(stranger.path)
    # A stranger's source of 48x48 pixels without settings for the size is resized.
    with pictures("grey", 320, 240) as images:
        assert next(images).shape == (240, 320)
    with pictures("sample", 320, 240) as images:
        first, second = next(images), next(images)
    assert first.shape == (240, 320, 3) and (first != second).any()
    (scattered,) = scenes.scattered(iter([first]))
    assert scattered.shape == first.shape and (scattered != first).any()
    assert (np.sort(scattered, axis=None) == np.sort(first, axis=None)).all()


def test_bars_are_met_missed_or_not_measured() -> None:
    one = {"faces": 1.0, "stages_ms": {"whole": {"median": 3.0, "p99": 10.1}}}
    five = {"faces": 5.0, "stages_ms": {"whole": {"median": 11.1, "p99": 20.0}}}
    found = {"one_face": one, "five_faces": five, "peer": {"times": 4.0}, "one_process": {"skipped": "for a test"}}
    derived = bars.derive(found)
    assert derived == {"further_face_ms": 2.025, "ours_over_peer": 0.25}
    met = {bar["name"]: bar["met"] for bar in bars.judge({"scenarios": found, "derived": derived})}
    assert {name: value for name, value in met.items() if value is not None} == {
        "whole frame over that of the peer": True,
        "whole frame, one face tracked, median": True,
        "whole frame, one face tracked, 99 %": False,
        "each further face": False,
    }
    assert bars.derive({"one_face": one, "five_faces": {**five, "faces": 1.0}}) == {}


def test_children_that_fail_or_hang_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "extra_fails.py").write_text("import sys\nsys.exit('no luck')\n")
    (tmp_path / "extra_hangs.py").write_text("import time\nprint('begun', flush=True)\ntime.sleep(60)\n")
    with Child("extra_fails", []) as child:
        assert child.line(30) is None
        with pytest.raises(FerError, match="status 1: no luck"):
            child.finish(30)
    with Child("extra_hangs", []) as child:
        line = child.line(30)
        assert line and line[1] == "begun\n" and line[0] > child.started
        with pytest.raises(FerError, match="said nothing"):
            child.line(0.1)
        with pytest.raises(FerError, match="did not end"):
            child.finish(0.1)
        pid = child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.ros
def test_the_whole_report(fer: Fer, tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    chosen = "one_face,start,one_process,recording,training"
    options = [
        "--detector",
        "haar",
        "--frames",
        "30",
        "--size",
        "320x240",
        "--scenario",
        chosen,
        "--set",
        "detectors.haar.min_face=0.15",
    ]
    done = fer("bench", *options, "--json", "--save", str(file), timeout=100)
    assert done.code == 0, done.err
    report = json.loads(done.out)
    assert json.loads(file.read_text()) == report
    assert report["size"] == [320, 240] and report["model"] == "default"
    found = report["scenarios"]
    assert list(found) == chosen.split(",") and not any("skipped" in figures for figures in found.values()), found
    assert found["one_face"]["with_face"] == 30
    start = found["start"]
    assert start["tensorflow_imported"] is False
    assert list(start["parts_s"]) == ["python", "imports", "model", "emotion"]
    assert start["runs_s"] == sorted(start["runs_s"]) and start["runs_s"][1] == start["first_emotion_s"]
    assert sum(start["parts_s"].values()) == pytest.approx(start["first_emotion_s"], abs=0.01)
    assert 0 < start["memory_mb"] <= start["peak_memory_mb"]
    ros = found["one_process"]
    # How many arrive depends on how soon the nodes find each other.
    assert ros["frames"] >= 30 and ros["messages"] + ros["lost"] <= ros["frames"] + 5
    assert 0 < ros["memory_mb"] <= ros["peak_memory_mb"]
    assert ros["cpu_percent"] > 0 and ros["first_emotion_s"] > 0
    assert set(ros["latency_ms"]) <= LEGS
    recorded = found["recording"]
    assert recorded["written"] > 10 and recorded["written"] + recorded["dropped"] == recorded["received"], recorded
    trained = found["training"]
    assert trained["samples"] == 70 and 0 < sum(trained["phases_s"].values()) < trained["seconds"], trained
    assert trained["cpu_s"] > 0 and trained["swap_s"] > 0
    measured = [bar for bar in report["bars"] if bar["value"] is not None]
    assert len(measured) > 7 and all(bar["met"] == (bar["value"] <= bar["limit"]) for bar in measured)
    found["keras"] = {"skipped": "for a test"}
    text = tables.report(report)
    for word in ("one_face", "Start to first emotion", "keras: not measured, for a test"):
        assert word in text
    # A row needs messages beyond the first ones, and thirty frames may be over before the nodes have found each other.
    assert ("one_process" in text) == bool(ros["latency_ms"])


@pytest.mark.ros
def test_three_processes() -> None:
    found = two_processes.measure({"source": "sample"}, {"image_transport": "compressed"}, 1.0)
    assert found["messages"] > 10 and found["first_emotion_s"] > 0
    assert 0 < found["memory_mb"] <= found["peak_memory_mb"]
    assert found["cpu_percent"] > 0 and found["camera_cpu_percent"] > 0 and set(found["latency_ms"]) == LEGS


@pytest.mark.ros
def test_the_listener_counts_from_the_stamps() -> None:
    import rclpy
    from builtin_interfaces.msg import Time

    from fer_msgs.msg import EmotionArray

    def stamp(nanoseconds: int) -> Time:
        return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)

    rclpy.init()
    try:
        node: Any = rclpy.create_node("bench_test")
        publisher = node.create_publisher(EmotionArray, "/fer_test/emotions", 10)
        with Child("fer_ros.cli.benchmarks.workers.listener", ["/fer_test/emotions"]) as listener:
            assert listener.line(60)
            deadline = time.monotonic() + 90
            while not publisher.get_subscription_count() and time.monotonic() < deadline:
                time.sleep(0.05)
            message, now = EmotionArray(), time.time_ns()
            message.header.stamp = stamp(now - 100_000_000)
            for name, before in (("received", 90), ("detected", 70), ("classified", 40), ("published", 0)):
                setattr(message.times, name, stamp(now - before * 1_000_000))
            for _ in range(3):
                publisher.publish(message)
            time.sleep(1.0)
            listener.finish(30)
            line = listener.line(30)
        assert line
        heard = json.loads(line[1])
    finally:
        rclpy.shutdown()
    found = heard["intervals"]
    assert heard["acquired"] == [now - 100_000_000] * 3 and heard["first_ns"] > listener.started
    assert all(len(values) == 3 for values in found.values())
    legs = ("received", "detected", "classified", "published")
    assert heard["face_ns"] == 0, "no message had a face"
    assert [round(found[leg][0], 6) for leg in legs] == [0.01, 0.02, 0.03, 0.04]
    assert found["delivered"][0] > 0
    assert found["whole"][0] == pytest.approx(0.1 + found["delivered"][0])
