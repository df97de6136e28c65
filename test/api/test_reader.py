"""The public reader, as a script uses it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

import fer_ros
from fer_ros.core.base import registry
from fer_ros.core.vision import choosing

EXAMPLE = """
import cv2, fer_ros
reader = fer_ros.Reader()
for face in reader.read(cv2.imread("people.jpg")):
    print(face.label, face.scores)
import sys
assert not {"rclpy", "fer_msgs", "tensorflow"} & set(sys.modules)
"""


@pytest.fixture(scope="module")
def frames() -> list[Any]:
    """Six pictures of a face that moves."""
    source = registry.load("sources", "sample")()
    source.open()
    return [source.read(5.0).image for _ in range(6)]


@pytest.fixture(scope="module")
def reader() -> fer_ros.Reader:
    return fer_ros.Reader()


@pytest.mark.slow
def test_the_example_runs_in_a_fresh_process_without_ros(frames: list[Any], tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "people.jpg"), frames[0])
    done = subprocess.run(
        [sys.executable, "-c", EXAMPLE], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    # LiteRT says on standard error that it runs on the CPU.
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("happy {'angry': ")


def test_importing_loads_nothing_heavy() -> None:
    code = "import sys, fer_ros; dir(fer_ros); print({'cv2', 'numpy', 'yaml', 'ai_edge_litert'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.strip()) == (0, "set()"), done.stderr


def test_a_face_has_a_label_a_box_and_a_score_for_each_label(reader: fer_ros.Reader, frames: list[Any]) -> None:
    (face,) = reader.read(frames[0])
    assert tuple(face.scores) == reader.labels
    assert sum(face.scores.values()) == pytest.approx(1.0, abs=1e-3)
    assert face.label == max(face.scores, key=lambda label: face.scores[label]) == "happy"
    assert face.roi.area > 0 and face.face.track_id == 0


def test_reading_does_not_depend_on_what_was_read_before(reader: fer_ros.Reader, frames: list[Any]) -> None:
    (first,) = reader.read(frames[0])
    assert reader.read(np.zeros_like(frames[0])) == []
    for frame in frames[1:]:
        reader.track(frame)
    (again,) = reader.read(frames[0])
    assert (again.roi, again.scores) == (first.roi, first.scores)


def test_tracking_follows_a_face_and_goes_by_the_time_given(reader: fer_ros.Reader, frames: list[Any]) -> None:
    found = [reader.track(frame, number / 30.0)[0] for number, frame in enumerate(frames)]
    reader.read(np.zeros_like(frames[0]))
    assert len({face.face.track_id for face in found}) == 1 and found[0].face.track_id > 0
    unsmoothed = [face.scores["happy"] for face in found]
    assert [face.confidence for face in found][1:] != unsmoothed[1:]
    (anew,) = reader.track(frames[0], 0.0)
    assert anew.face.track_id != found[0].face.track_id, "an earlier time begins another video"
    assert anew.confidence == pytest.approx(anew.scores[anew.label])


def test_annotating_draws_into_a_copy(reader: fer_ros.Reader, frames: list[Any]) -> None:
    before = frames[0].copy()
    drawn = reader.annotate(frames[0])
    np.testing.assert_array_equal(frames[0], before)
    assert drawn.shape == frames[0].shape and (drawn != frames[0]).any()
    assert (reader.annotate(frames[0], []) != drawn).any()


def test_grey_pictures_are_read_with_and_without_a_channel(reader: fer_ros.Reader, frames: list[Any]) -> None:
    grey = cv2.cvtColor(frames[0], cv2.COLOR_BGR2GRAY)
    (one,), (other,) = reader.read(grey), reader.read(grey[:, :, None])
    assert one.scores == other.scores


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (None, "cv2.imread gives None"),
        ("people.jpg", "read it first with cv2.imread"),
        (Path("people.jpg"), "read it first with cv2.imread"),
        ([[1, 2], [3, 4]], "give a numpy array"),
        (np.zeros((4, 4, 3)), "holds float64, not uint8: give (255 * image).astype('uint8')"),
        (np.zeros((4, 4, 3), np.uint16), "holds uint16, not uint8"),
        (np.zeros((4, 4, 4), np.uint8), "cv2.COLOR_BGRA2BGR"),
        (np.zeros((4, 4, 2), np.uint8), "(4, 4, 2) is no picture's shape"),
        (np.zeros(4, np.uint8), "(4,) is no picture's shape"),
        (np.zeros((0, 4, 3), np.uint8), "the picture is empty"),
        (np.zeros((4, 0), np.uint8), "the picture is empty"),
    ],
)
def test_what_is_no_picture_gets_one_line_that_says_what_to_do(reader: fer_ros.Reader, image: Any, told: str) -> None:
    for use in (reader.read, reader.track, reader.annotate):
        with pytest.raises(fer_ros.BadImage) as caught:
            use(image)
        assert told in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"model": "no such"}, "no such"),
        ({"detector": "harr"}, "did you mean 'haar'"),
        ({"detector_settings": {"min_faces": 3}}, "detectors.haar.min_faces"),
        ({"detector_settings": {"max_faces": 0}}, "detectors.haar.max_faces = 0 is out of range"),
        ({"threads": 0}, "threads must be 1 or more"),
    ],
)
def test_a_reader_that_cannot_be_made_says_why(given: dict[str, Any], told: str) -> None:
    with pytest.raises(fer_ros.ConfigError) as caught:
        fer_ros.Reader(**{"detector": "haar", **given})
    assert told in str(caught.value) and "\n" not in str(caught.value)


def test_what_a_notebook_shows_is_short(reader: fer_ros.Reader, frames: list[Any]) -> None:
    (face,) = reader.read(frames[0])
    shown = [repr(thing) for thing in (reader, face, face.face, reader.bundle, fer_ros.Frame(frames[0], 1))]
    assert repr(reader) == f"Reader(model='default', detector='{choosing.best().name}')"
    assert all(len(text) < 100 and "\n" not in text and " at 0x" not in text for text in shown), shown
