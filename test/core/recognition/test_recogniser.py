from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fer_ros.core.base.arrays import pack
from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.emoticons import Emoticons
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import Framing
from fer_ros.core.base.types import Face, Frame, ImageArray, Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.vision import crop


class Halves(Detector):
    """The left third as the larger face, the right fifth as the smaller one; none in a black picture."""

    framing = Framing()

    def detect(self, image: ImageArray) -> list[Face]:
        if not image.any():
            return []
        height, width = image.shape[:2]
        left, right = Roi(0, 0, width // 3, height), Roi(width - width // 5, 0, width // 5, height // 2)
        return [Face(left, 0.9, 4), Face(right, 0.8, 2)]


def clock(times: list[int]) -> Callable[[], int]:
    """A clock that gives 100, 101, … and notes what it gave."""

    def now() -> int:
        times.append(100 + len(times))
        return times[-1]

    return now


def picture(left: int, right: int) -> ImageArray:
    image = np.full((30, 90), right, np.uint8)
    image[:, :45] = left
    return image


def test_the_way_of_a_frame(brightness: Any) -> None:
    times: list[int] = []
    table = Emoticons({"bright": ("☀", "💡")})
    recogniser = Recogniser(brightness(), Halves(), clock=clock(times), emoticons=table)
    frame = Frame(picture(20, 230), stamp=7, frame_id="cam", received=50)
    result = recogniser.process(frame)
    assert result.frame is frame and result.model == "brightness"
    assert (result.times.received, result.times.detected, result.times.classified, result.times.published) == (
        50,
        100,
        101,
        0,
    )
    dark, bright = result.emotions
    assert result.primary is dark
    assert (dark.label, dark.emoticon, dark.emoticons, dark.face.track_id) == ("dark", "", (), 4)
    assert (bright.label, bright.emoticon, bright.emoticons, bright.face.track_id) == ("bright", "☀", ("💡",), 2)
    for emotion in result.emotions:
        assert emotion.labels == ("dark", "bright")
        assert emotion.confidence == emotion.probabilities.max() == pytest.approx(1.0, abs=1e-3)
        assert emotion.probabilities.sum() == pytest.approx(1.0, abs=1e-6)
        assert emotion.labels[int(emotion.probabilities.argmax())] == emotion.label


def test_a_tilted_face_is_read_upright(brightness: Any) -> None:
    class Tilted(Detector):
        framing = Framing()

        def detect(self, image: ImageArray) -> list[Face]:
            return [Face(Roi(10, 10, 40, 40), 0.9, 1, ((24.0, 20.0), (36.0, 32.0)))]

    image = np.random.default_rng(0).integers(0, 256, (60, 60), dtype=np.uint8)
    bundle, detector = brightness(), Tilted()
    (emotion,) = Recogniser(bundle, detector).process(Frame(image, stamp=1)).emotions
    (face,) = detector.detect(image)
    upright, plain = (crop.cut(image, face.roi, detector.framing, bundle.input, eyes) for eyes in (face.eyes, None))
    wanted, other = Model.open(bundle).classify(np.stack([upright, plain]))
    assert np.allclose(emotion.probabilities, wanted, atol=1e-6) and not np.allclose(wanted, other, atol=1e-6)


def test_no_face_is_an_empty_list_and_not_neutral(brightness: Any) -> None:
    times: list[int] = []
    recogniser = Recogniser(brightness(), Halves(), clock=clock(times))
    result = recogniser.process(Frame(picture(0, 0), stamp=7))
    assert result.emotions == [] and result.primary is None
    # A frame that nobody stamped on reception is received now.
    assert (result.times.received, result.times.detected, result.times.classified) == (100, 101, 102)


def test_another_bundle_is_used_from_the_next_frame_on(brightness: Any) -> None:
    recogniser = Recogniser(brightness(), Halves())
    frame = Frame(picture(20, 20), stamp=7)
    turned = pack(kernel=[[20.0, -20.0]], bias=[-10.0, 10.0])
    other = brightness("turned", contents={"head.npz": turned})
    assert [e.label for e in recogniser.process(frame).emotions] == ["dark", "dark"]
    recogniser.swap(other)
    assert recogniser.bundle is other
    result = recogniser.process(frame)
    assert [e.label for e in result.emotions] == ["bright", "bright"] and result.model == "turned"


def test_a_bundle_that_cannot_be_loaded_leaves_the_old_one(brightness: Any) -> None:
    recogniser = Recogniser(brightness(), Halves())
    for name, head in (("a", "silent"), ("b", "dense")):
        broken = brightness(name, head=head)
        with pytest.raises(ConfigError):
            recogniser.swap(broken)
    assert recogniser.bundle.name == "brightness"
    assert recogniser.process(Frame(picture(20, 20), stamp=7)).model == "brightness"


def test_a_face_and_its_mirror_image_are_averaged_where_asked_also_after_a_swap() -> None:
    default = Bundle.load("default")
    plain, recogniser = Model.open(default), Recogniser(default, Halves(), mirror=True)
    frame = Frame(np.random.default_rng(0).integers(0, 256, (60, 90, 3), np.uint8), stamp=7)
    crops = plain.crops(frame.image, recogniser.detector.detect(frame.image), Halves.framing)
    expected = (plain.classify(crops) + plain.classify(crops[:, :, ::-1])) / 2
    assert np.abs(expected - plain.classify(crops)).max() > 1e-4
    for _ in range(2):
        found = [emotion.probabilities for emotion in recogniser.process(frame).emotions]
        np.testing.assert_allclose(found, expected, atol=1e-6)
        recogniser.swap(default)


def test_frames_go_on_while_bundles_are_swapped(brightness: Any) -> None:
    """Each result comes from one bundle alone: its labels and its name fit each other."""
    bundles = [
        brightness(),
        brightness("turned", contents={"head.npz": pack(kernel=[[20.0, -20.0]], bias=[-10.0, 10.0])}),
    ]
    recogniser = Recogniser(bundles[0], Halves())
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            for bundle in reversed(bundles):
                recogniser.swap(bundle)

    thread = threading.Thread(target=swap)
    thread.start()
    try:
        results = [recogniser.process(Frame(picture(20, 20), stamp=n)) for n in range(400)]
    finally:
        stop.set()
        thread.join()
    expected = {"brightness": "dark", "turned": "bright"}
    assert all([e.label for e in r.emotions] == [expected[r.model]] * 2 for r in results)


WITHOUT_TENSORFLOW = """
import sys
import numpy as np
import fer_ros.core.recognition.recogniser
from fer_ros.core.base import registry
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.core.base.types import Frame

recogniser = Recogniser(Bundle.load("default"), registry.load("detectors", "whole_frame")())
result = recogniser.process(Frame(np.random.default_rng(0).integers(0, 256, (64, 64, 3), dtype=np.uint8), 1))
assert len(result.emotions) == 1 and len(result.emotions[0].probabilities) == 7
for kind in ("backbones", "heads", "detectors"):
    registry.load_all(kind)
print(sorted({"tensorflow", "keras", "matplotlib", "torch", "jax", "rclpy"} & set(sys.modules)))
"""


def test_inference_imports_neither_tensorflow_nor_ros(run: Any) -> None:
    done = run(sys.executable, "-c", WITHOUT_TENSORFLOW)
    assert done.code == 0, done.err
    assert done.out.strip() == "[]"


def test_no_module_of_core_and_plugins_imports_ros_or_tensorflow_when_imported() -> None:
    """By their text, so that modules which need what is not installed here count too."""
    root = Path(__file__).resolve().parents[3] / "fer_ros"
    for path in [*root.glob("core/**/*.py"), *root.glob("plugins/**/*.py")]:
        lines = path.read_text(encoding="utf-8").splitlines()
        words = [line.split() for line in lines if line.lstrip().startswith(("import ", "from "))]
        if path.parent.name == "sinks":
            continue  # those that publish to ROS import messages when they are opened
        assert not [w for w in words if w[1].split(".")[0] in ("rclpy", "fer_msgs", "sensor_msgs")], path
        top = [line.split()[1].split(".")[0] for line in lines if line.startswith(("import ", "from "))]
        if path.name not in ("loop.py", "layers.py"):  # imported when a run begins or a network is built
            assert not {"tensorflow", "keras", "matplotlib"} & set(top), path
