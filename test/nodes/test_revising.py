"""Samples are moved one by one, and pictures become samples, by services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sensor_msgs.msg import CompressedImage

from fer_msgs.msg import RecordStatus
from fer_msgs.srv import AddPictures, RestoreTake, ReviseTake
from fer_ros.core import bags
from fer_ros.core.vision.images import encode_jpeg
from fer_ros.nodes.messages import recognition as messages

from .test_recorder import Studio, Wait

pytestmark = pytest.mark.ros


def test_samples_are_revised_and_pictures_added(ros: Any, wait: Wait, fer_home: Path, face: Any) -> None:
    studio = Studio(ros, wait, labels="happy, sad")
    refused = studio.start("winking", samples=3)
    assert not refused.success and "winking" in refused.message
    started = studio.start("winking", samples=6, any_label=True)
    assert started.success, started.message
    studio.status(RecordStatus.STATE_PAUSED)
    bag = Path(started.bag)
    stamps = [sample.stamp for sample in bags.stored(bag)]

    def revise(**fields: Any) -> Any:
        return ros.call(studio.probe, ReviseTake, "/fer/record/revise", take=1, **fields)

    some = [messages.time_message(stamp) for stamp in stamps[:2]]
    moved = revise(stamps=some, label="joy")  # another name of one of ours
    assert moved.success and (moved.samples, moved.new_take) == (2, 2), moved.message
    assert bags.info(bag).labels == {"winking": 4, "happy": 2}
    again = revise(stamps=some)
    assert not again.success and "has no sample with stamp" in again.message
    undone = ros.call(studio.probe, RestoreTake, "/fer/record/restore", take=1, entry=moved.entry)
    assert undone.success and undone.samples == 2, undone.message
    assert bags.info(bag).labels == {"winking": 6}
    wait(lambda: studio.statuses[-1].counts[studio.statuses[-1].labels.index("winking")] == 6)

    pictures = [CompressedImage(data=encode_jpeg(picture, 90)) for picture in (face, np.zeros_like(face))]
    pictures.append(CompressedImage(data=b"no picture"))
    added = ros.call(studio.probe, AddPictures, "/fer/record/add_pictures", label="waving", pictures=pictures)
    assert added.success, added.message
    assert (added.bag, added.samples, added.without_face, added.refused) == (bag.name, 1, 1, 1)
    assert list(added.reasons) == ["no picture (text)"] and "1 without a face" in added.message
    (sample,) = [sample for sample in bags.stored(bag) if sample.label == "waving"]
    assert sample.take == added.take and sample.roi is not None
    none = ros.call(studio.probe, AddPictures, "/fer/record/add_pictures", label="waving")
    assert not none.success and "give 1 to 500" in none.message
    assert studio.call("stop").success
    assert bags.info(bag).labels == {"winking": 6, "waving": 1} and bags.info(bag).complete
