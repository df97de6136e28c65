"""What any node may publish, as JSON for the page: bounded, and without what JSON cannot say."""

from __future__ import annotations

import json
import math

from geometry_msgs.msg import Point32

from fer_msgs.msg import Emotion, EmotionArray
from fer_ros.nodes.dashboard import messages


def test_hostile_faces_are_cut_short() -> None:
    eyes = [Point32(x=math.nan, y=float("inf")), *(Point32(x=1.04, y=2.0) for _ in range(5000))]
    face = Emotion(eyes=eyes, quality=math.nan, hindrance="dark" * 5000, label="x" * 5000, probabilities=[math.nan])
    told = messages.emotions(EmotionArray(emotions=[face] * 1000))
    json.dumps(told, allow_nan=False)
    assert len(told["faces"]) == messages.MAX_FACES
    one = told["faces"][0]
    assert one["eyes"] == [[None, None], [1.0, 2.0]] and one["quality"] is None
    assert len(one["hindrance"]) == len(one["label"]) == 500
