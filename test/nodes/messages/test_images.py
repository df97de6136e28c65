"""Images as messages and back: the same pixels as cv_bridge gives, where that is installed; no field is trusted."""

from __future__ import annotations

import importlib.util
import sys
from array import array
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import Image
from std_msgs.msg import Header

from fer_ros.core.base.errors import BadImage
from fer_ros.core.base.types import Frame
from fer_ros.core.vision.depth import Depth
from fer_ros.core.vision.images import ENCODINGS, decode_compressed
from fer_ros.nodes.messages import images
from fer_ros.nodes.messages import recognition as messages

HEIGHT, WIDTH = 24, 32
needs_cv_bridge = pytest.mark.skipif(
    importlib.util.find_spec("cv_bridge") is None, reason="cv_bridge is not on PyPI: it needs a ROS 2 of the system"
)
without_cv_bridge = pytest.mark.skipif(
    importlib.util.find_spec("cv_bridge") is not None, reason="cv_bridge is installed here"
)


def message(name: str, kind: str, channels: int, high: float = 256, **fields: Any) -> Image:
    """Random samples."""
    samples = np.random.default_rng(5).uniform(0, high, (HEIGHT, WIDTH, channels)).astype(kind)
    data = array("B", samples.tobytes())
    step = WIDTH * channels * samples.itemsize
    return Image(**{"height": HEIGHT, "width": WIDTH, "encoding": name, "step": step, "data": data, **fields})


@settings(max_examples=30)
@given(height=st.integers(1, 30), width=st.integers(1, 30), grey=st.booleans(), turned=st.booleans())
def test_pictures_come_back_over_the_wire(height: int, width: int, grey: bool, turned: bool) -> None:
    shape = (height, width) if grey else (height, width, 3)
    picture = np.random.default_rng(height * width).integers(0, 256, shape, dtype=np.uint8)
    if turned:  # a view that is not contiguous
        picture = picture[::-1, ::-1]
    frame = Frame(picture, 12_000_000_034, "eye")
    sent = images.image(picture, messages.header(frame))
    got = deserialize_message(serialize_message(sent), Image)
    back = images.picture(got)
    np.testing.assert_array_equal(back, picture)
    assert (got.header.frame_id, messages.nanoseconds(got.header.stamp)) == ("eye", 12_000_000_034)


def test_compressed_pictures_name_their_colours_as_image_transport_does() -> None:
    picture = np.full((32, 32, 3), (10, 200, 90), np.uint8)
    message = images.compressed_image(picture, messages.header(Frame(picture, 1)), 90)
    assert message.format == "bgr8; jpeg compressed bgr8"
    assert np.abs(decode_compressed(message.data).astype(int) - picture).max() < 6


def layouts() -> list[tuple[str, str, int]]:
    """The encodings that cv_bridge can make colours or grey of, too."""
    found = []
    for name in ENCODINGS:
        kind = "u2" if "16" in name else "u1"
        if name.startswith(("yuv422", "uyvy", "yuyv")):
            found.append((name, kind, 2))
        elif name.startswith(("mono", "bayer")):
            found.append((name, kind, 1))
        elif name.startswith(("rgb", "bgr")):
            found.append((name, kind, 4 if "a" in name else 3))
    return found


@needs_cv_bridge
@pytest.mark.parametrize(("encoding", "kind", "channels"), layouts())
def test_both_read_the_same_picture(encoding: str, kind: str, channels: int) -> None:
    from cv_bridge import CvBridge, CvBridgeError

    sent = message(encoding, kind, channels, high=65536 if kind == "u2" else 256)
    ours = images.picture(sent)
    try:
        theirs = CvBridge().imgmsg_to_cv2(sent, "mono8" if ours.ndim == 2 else "bgr8")
    except CvBridgeError as error:  # its names of the YUV formats differ between versions
        pytest.skip(f"this cv_bridge does not know it: {error}")
    # It rounds the eight bits of sixteen, we take the upper byte.
    assert np.abs(ours.astype(int) - theirs).max() <= (1 if kind == "u2" else 0)


@needs_cv_bridge
@pytest.mark.parametrize("shape", [(HEIGHT, WIDTH), (HEIGHT, WIDTH, 3)])
def test_both_write_the_same_message(shape: tuple[int, ...]) -> None:
    from cv_bridge import CvBridge

    picture = np.random.default_rng(3).integers(0, 256, shape, dtype=np.uint8)
    ours = images.image(picture, Header(frame_id="eye"))
    assert ours == CvBridge().cv2_to_imgmsg(picture, "mono8" if len(shape) == 2 else "bgr8", Header(frame_id="eye"))


@needs_cv_bridge
@pytest.mark.parametrize(
    ("encoding", "kind", "channels", "high"),
    [("32FC1", "f4", 1, 5.0), ("64FC3", "f8", 3, 1.0), ("16SC1", "i2", 1, 900), ("32SC1", "i4", 1, 9e6)],
)
def test_cv_bridge_reads_what_we_do_not(encoding: str, kind: str, channels: int, high: float) -> None:
    sent = message(encoding, kind, channels, high)
    picture = images.picture(sent, depth=Depth(stretch=True))
    assert picture.dtype == np.uint8 and picture.shape == (HEIGHT, WIDTH, 3)[: 2 if channels == 1 else 3]
    samples = np.frombuffer(sent.data, kind).astype(float)
    assert np.corrcoef(picture.ravel(), samples)[0, 1] > 0.99 and picture.min() == 0 and picture.max() == 255


@needs_cv_bridge
@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"step": 4 * WIDTH - 4}, "step"),
        ({"step": 4 * WIDTH + 1}, "step"),
        ({"step": 2**32 - 4}, "data"),
        ({"height": 7}, "data"),
        ({"height": 2**31, "width": 2**31}, "size"),
        ({"width": 0}, "size"),
        ({"data": array("B")}, "data"),
        ({"encoding": "32FC4"}, "encoding"),
        ({"encoding": "32FC999"}, "encoding"),
        ({"encoding": "jpeg" * 1000}, "encoding"),
        ({"encoding": ""}, "encoding"),
    ],
)
def test_cv_bridge_is_handed_nothing_that_does_not_fit(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        images.picture(message("32FC1", "f4", 1, **fields))
    assert caught.value.reason == reason


@without_cv_bridge
def test_without_cv_bridge_the_error_says_so() -> None:
    with pytest.raises(BadImage, match="'32FC1' is not known, and cv_bridge, which may know it, is not installed"):
        images.picture(message("32FC1", "f4", 1))


def test_a_cv_bridge_for_another_numpy_is_done_without(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ubuntu's fails beside NumPy 2."""
    (tmp_path / "cv_bridge.py").write_text("raise ImportError('numpy.core.multiarray failed to import')")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.partition(".")[0] == "cv_bridge"]:
        monkeypatch.delitem(sys.modules, name)
    images._bridge.cache_clear()
    try:
        with pytest.raises(BadImage, match="does not work here"):
            images.picture(message("32FC1", "f4", 1))
        assert images.picture(message("bgr8", "u1", 3)).shape == (HEIGHT, WIDTH, 3)
    finally:
        images._bridge.cache_clear()
