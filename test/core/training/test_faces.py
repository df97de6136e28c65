"""The faces of bags: what cannot be read is left out and counted, or refused."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import Roi
from fer_ros.core.training import faces
from fer_ros.core.training.options import Options
from fer_ros.core.vision import crop
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.plugins.sources.face.source import FaceSettings, FaceSource

SPEC = InputSpec(8, 8, 3, "zero_to_one")


def test_a_picture_that_cannot_be_read_is_counted_or_refused(fer_home: Path) -> None:
    folder = fer_home / "bags" / "mine"
    jpeg = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))
    with BagWriter(folder, {"detector": "haar"}) as writer:
        for label in ("happy", "sad"):
            writer.begin_take(label)
            for number, data in enumerate((jpeg, jpeg[:-200], jpeg)):
                writer.write(1_700_000_000_000_000_000 + number * 10**8, data, Roi(0, 0, 20, 20))
            writer.end_take()
    found = faces.gather([folder], SPEC, "haar")
    assert len(found) == 4 and sum(found.left_out.counts.values()) == 2
    with pytest.raises(ConfigError, match="without --strict it is left out"):
        faces.gather([folder], SPEC, "haar", strict=True)


def test_altered_copies_keep_the_face() -> None:
    spec = InputSpec()
    pictures = []
    for label in ("happy", "surprise"):
        source = FaceSource(FaceSettings(expression=label, fps=0.0, width=160, height=160))
        source.open()
        pictures.append(crop.resize(source.picture(0, source.settings)[20:140, 20:140], spec))
    crops = np.stack(pictures)
    copies = faces.altered(crops, Options(shift=0.05, light=0.2, flip=False), 3)
    assert copies.shape == (6, spec.height, spec.width, 1) and copies.dtype == np.uint8
    likeness = [np.corrcoef(crops[i % 2].ravel(), copies[i].ravel())[0, 1] for i in range(6)]
    assert min(likeness) > 0.5 and max(likeness) < 1.0


def test_a_tilted_face_is_turned_as_the_robot_turns_it(fer_home: Path) -> None:
    source = FaceSource(FaceSettings(expression="happy", fps=0.0, width=160, height=160))
    source.open()
    upright = source.picture(0, source.settings)
    tilted = crop.turned(upright, (80.0, 80.0), (80.0, 80.0), 160, -35.0)
    roi, level = Roi(30, 30, 100, 100), ((60.0, 70.0), (100.0, 70.0))
    sine, cosine = np.sin(np.radians(35.0)), np.cos(np.radians(35.0))
    left, right = (
        (80 + cosine * (x - 80) - sine * (y - 80), 80 + sine * (x - 80) + cosine * (y - 80)) for x, y in level
    )
    eyes = (left, right)
    folder, spec = fer_home / "bags" / "mine", InputSpec(48, 48, 1)
    with BagWriter(folder, {"detector": "blazeface"}) as writer:
        for label in ("happy", "sad"):
            writer.begin_take(label)
            for number in range(2):
                data = cv2.imencode(".png", tilted)[1].tobytes()
                writer.write(1_700_000_000_000_000_000 + number, data, roi, eyes=eyes if number else None)
            writer.end_take()
    found = faces.gather([folder], spec, "haar").crops
    framing = registry.load("detectors", "blazeface").framing
    live = crop.cut(bags.decoded(next(bags.stored(folder)), "mine", grey=True).image, roi, framing, spec, eyes)
    assert np.array_equal(found[1], live) and not np.array_equal(found[0], live)
    straight = crop.cut(upright, roi, framing, spec)
    likeness = [np.corrcoef(one.ravel(), straight.ravel())[0, 1] for one in found[:2]]
    assert likeness[1] > likeness[0] + 0.1


def test_labels_that_are_switched_off_are_left_out(fer_home: Path) -> None:
    folder = fer_home / "bags" / "mine"
    jpeg = encode_jpeg(np.full((48, 64, 3), 90, np.uint8))
    with BagWriter(folder, {"detector": "haar"}) as writer:
        for label in ("happy", "sad", "winking"):
            writer.begin_take(label)
            for number in range(2):
                writer.write(1_700_000_000_000_000_000 + number * 10**8, jpeg, Roi(0, 0, 20, 20))
    found = faces.gather([folder], SPEC, "haar", without=("winking", "fear"))
    assert found.labels == ("happy", "sad") and len(found) == 4
    with pytest.raises(ConfigError, match="all faces are labelled 'happy'"):
        faces.gather([folder], SPEC, "haar", without=("winking", "sadness"))  # another name of sad
