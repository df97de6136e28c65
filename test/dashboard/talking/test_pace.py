"""The pace of pictures, tried on a simulated link: bytes a second, and a round trip."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_ros.core.base.types import ImageArray
from fer_ros.core.vision import images
from fer_ros.dashboard.talking.pace import SIZES, Pace, shrunk

#: Seconds between two pictures of the camera.
PERIOD = 1 / 30
#: Bytes of a picture in each of SIZES, as measured with the sample at 640x480.
BYTES = (38_000, 22_000, 9_000, 5_500, 3_600, 2_200, 1_300)


def _ages(rate: float, trip: float, seconds: float, pace: Pace | None = None) -> list[float]:
    """The age of each picture when it is drawn; one that is sent waits for those before it.

    :param rate: bytes a second. :param trip: seconds there and back.
    """
    pace = pace or Pace()
    ages: list[float] = []
    drawn: list[tuple[float, int, float]] = []
    free_at, number = 0.0, 0
    for tick in range(round(seconds * 1000)):
        now = tick / 1000
        for arrived, which, stamp in [one for one in drawn if one[0] + trip / 2 <= now]:
            pace.seen(which, now, trip)
            ages.append(arrived - stamp)
        drawn = [one for one in drawn if one[0] + trip / 2 > now]
        if pace.free:
            number, size = number + 1, BYTES[pace.size]
            pace.sent(number, size, now)
            free_at = max(free_at, now) + size / rate
            drawn.append((free_at + trip / 2, number, now - now % PERIOD))
    return ages


@pytest.mark.parametrize("trip", [0.001, 0.1, 0.3])
def test_a_slow_link_shows_pictures_not_older_than_a_second(trip: float) -> None:
    ages = _ages(50_000, trip, 30)
    # The first one tells how slow it is; it is one of full size.
    assert max(ages[1:]) < 1.0 and len(ages) > 60
    slower = _ages(12_000, trip, 30)
    assert max(slower[2:]) < 1.0 and len(slower) > 20


@pytest.mark.parametrize("trip", [0.001, 0.1, 0.25])
def test_a_fast_link_gets_every_picture_as_it_is(trip: float) -> None:
    pace = Pace()
    assert max(_ages(12_500_000, trip, 10, pace)) < trip + 2 * PERIOD
    assert pace.size == 0 and not pace.slow


def test_a_link_that_recovers_gets_large_pictures_again() -> None:
    pace = Pace()
    _ages(50_000, 0.02, 20, pace)
    assert pace.slow
    pace.forget()
    _ages(5_000_000, 0.02, 20, pace)
    assert not pace.slow


def test_each_size_is_smaller_than_the_one_before(picture: ImageArray) -> None:
    data = images.encode_jpeg(picture, 80)
    made = [shrunk(data, size) for size in range(len(SIZES))]
    assert made[0] == data
    assert [len(one) for one in made] == sorted((len(one) for one in made), reverse=True)
    heights = [cv2.imdecode(np.frombuffer(one, np.uint8), cv2.IMREAD_COLOR).shape[0] for one in made]
    assert heights == [picture.shape[0] // reduction for reduction, _ in SIZES]
    assert shrunk(b"no picture", 3) == b"no picture"


@pytest.fixture
def picture() -> ImageArray:
    """uint8 (480, 640, 3) with structure at all scales."""
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 255, (60, 80, 3), np.uint8)
    fine = rng.integers(0, 25, (480, 640, 3), np.uint8)
    return np.asarray(cv2.add(cv2.resize(coarse, (640, 480)), fine), dtype=np.uint8)
