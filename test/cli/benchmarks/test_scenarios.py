"""What the scenarios of ``fer bench`` show, and those who are measured beside us."""

from __future__ import annotations

import importlib.util
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from fer_ros.cli.benchmarks.scenarios import peers, scenarios, scenes
from fer_ros.cli.benchmarks.scenarios.pictures import pictures
from fer_ros.cli.benchmarks.tables import reference
from fer_ros.cli.benchmarks.workers.worker import Worker
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles.bundle import Bundle


def test_scenes_show_what_they_say() -> None:
    with pictures("sample", 640, 480) as images:
        still = [next(images)] * 20
    moved = list(scenes.fast(iter(still)))
    assert (moved[0] == still[0]).all() and moved[5].shape == still[0].shape
    # A quarter of a period of 20 frames on, the picture lies a sixth of its width to the right.
    assert np.abs(moved[5][:, 200:].astype(int) - still[0][:, 200 - 107 : -107]).mean() < 3.0
    for count in (5, 20):
        found = registry.load("detectors", "haar")
        shown = next(scenes.many(iter(still), count, found()))
        assert shown.shape == still[0].shape
        detector = found(found.Settings(max_faces=count))
        faces = [detector.detect(shown) for _ in range(10)][-1]
        assert 0.8 * count <= len(faces) <= count
    with pytest.raises(ConfigError, match="no face in 60 pictures"):
        next(scenes.many(iter([np.zeros((64, 64, 3), np.uint8)] * 100), 5, found()))


def test_scenarios_are_chosen_by_name_group_or_all() -> None:
    names = [scenario.name for scenario in scenarios.SCENARIOS]
    assert len(set(names)) == len(names)
    assert scenarios.choose(["all"]) == list(scenarios.SCENARIOS)
    assert [s.name for s in scenarios.choose(["keras,one_face"])] == ["one_face", "keras"]
    assert [s.name for s in scenarios.choose(["peers", "start"])] == ["start", "peer", "keras"]
    assert {s.group for s in scenarios.choose([])} == {"faces", "robot", "ros"}
    assert all(name in scenarios.listing() for name in names)


def test_a_detector_may_follow_as_many_faces_as_the_scene_shows() -> None:
    setup = scenarios.Setup(Bundle.load("default"), detector="haar", detector_settings={"search_every": "7"})
    assert setup.make_detector(20).settings.max_faces == 20
    assert (setup.make_detector().settings.max_faces, setup.make_detector().settings.search_every) == (10, 7)
    assert scenarios.Setup(setup.bundle, detector="whole_frame").make_detector(20).detect(np.zeros((8, 8), np.uint8))


def test_the_reference_is_processor_time() -> None:
    began = time.thread_time()
    assert 0 < reference.once() <= time.thread_time() - began
    assert reference.median_ms(3) > 0


def test_a_worker_answers_or_is_named(tmp_path: Path) -> None:
    script = tmp_path / "worker.py"
    script.write_text(
        "import sys, time\nprint('{\"version\": 1}', flush=True)\n"
        "while data := sys.stdin.buffer.read(2):\n"
        "    if data == b'no': sys.exit('no luck')\n"
        "    if data == b'zz': time.sleep(60)\n"
        "    print('{\"bytes\": %d}' % len(data), flush=True)\n"
    )
    command = [sys.executable, str(script)]
    with Worker("it", command) as worker:
        assert worker.ready(30) == {"version": 1} and worker.ask(b"ab") == {"bytes": 2}
        with pytest.raises(FerError, match="it gave no answer: no luck"):
            worker.ask(b"no")
    with Worker("it", command) as worker:
        worker.ready(30)
        with pytest.raises(FerError, match="it gave no answer"):
            worker.ask(b"zz", timeout=0.1)
    with pytest.raises(FerError, match="it cannot be started"):
        Worker("it", [str(tmp_path / "none")])


@pytest.mark.slow
@pytest.mark.timeout(800)
def test_keras_is_measured_in_turns_with_ours_where_it_is_installed() -> None:
    if reason := peers.missing_keras():
        pytest.skip(reason)
    with pictures("sample", 320, 240) as images:
        found = peers.keras(Bundle.load("default"), registry.load("detectors", "haar")(), images, 2, 1)
    assert found["frames"] == 2 and found["times"] > 1 and found["predict_ms"]["count"] == 2


def test_without_the_peer_it_says_how_to_have_it() -> None:
    assert "--peer" in peers.missing_peer(sys.executable) or importlib.util.find_spec("fer")
    assert not peers.missing_peer("/another/python")
