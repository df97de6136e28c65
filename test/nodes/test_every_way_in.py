"""Every kind of file through every way in: read right, or one line and one more in a count; nothing vanishes."""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from rclpy.parameter import Parameter
from rclpy.qos import QoSProfile
from sensor_msgs.msg import CompressedImage
from std_srvs.srv import Trigger

from fer_msgs.srv import StartRecording
from fer_ros.core import bags
from fer_ros.core.base.contracts import EndOfSource
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Frame
from fer_ros.core.datasets import datasets
from fer_ros.dashboard.doing.takes import TakeReader
from fer_ros.nodes.messages import recognition as messages
from fer_ros.nodes.recorder import RecorderNode
from fer_ros.plugins.sources.images import ImagesSettings, ImagesSource
from fer_ros.plugins.sources.video import VideoSettings, VideoSource

pytestmark = [pytest.mark.ros, pytest.mark.slow]

Fer = Callable[..., Any]
Wait = Callable[..., None]
STAMP = 1_700_000_000_000_000_000
#: FFmpeg's four letters of a codec, by ending of the film.
CODECS = {"avi": "MJPG", "mp4": "mp4v", "mkv": "MJPG", "mov": "mp4v", "webm": "VP80", "ts": "mpg2"}


def everything(corpus: Any) -> dict[str, bytes]:
    """Name → file, those that are read first."""
    return {**corpus.READABLE, **{name: data for name, (data, _) in corpus.REFUSED.items()}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, corpus: Any) -> Path:
    """All files as pictures with the label happy, each called after what it is."""
    folder = tmp_path_factory.mktemp("corpus") / "data"
    (folder / "happy").mkdir(parents=True)
    for name, data in everything(corpus).items():
        (folder / "happy" / f"{name}.jpg").write_bytes(data)
    return folder


def shows(corpus: Any, image: np.ndarray | None, grey: bool) -> bool:
    """Whether an image is what the files show."""
    assert image is not None
    plain = image if image.ndim == 3 else np.dstack([image] * 3)
    expected = np.dstack([corpus.GREY] * 3) if grey else corpus.PICTURE
    return plain.shape == expected.shape and bool(np.abs(plain.astype(int) - expected).mean() < corpus.TOLERANCE + 1)


def test_measured_and_imported(fer: Fer, fer_home: Path, folder: Path, corpus: Any) -> None:
    done = fer("eval", folder, "--crops", "--json")
    assert done.code == 0 and "Traceback" not in done.err, done.err
    found = json.loads(done.out)
    assert found["count"] == len(corpus.READABLE) and sum(found["skipped"].values()) == len(corpus.REFUSED), found[
        "skipped"
    ]
    done = fer("import", folder, "--crops", "--bag", "mine", "--json")
    assert done.code == 0 and "Traceback" not in done.err, done.err
    found = json.loads(done.out)
    assert found["labels"] == {"happy": len(corpus.READABLE)}
    assert sum(found["left_out"].values()) == len(corpus.REFUSED), found["left_out"]
    stored = list(datasets.load(fer_home / "bags" / "mine"))
    assert len(stored) == len(corpus.READABLE) and all(
        shows(corpus, item.image, False) or shows(corpus, item.image, True) for item in stored
    )
    strict = fer("import", folder, "--crops", "--bag", "none", "--strict")
    assert strict.code == 2 and "without --strict it is left out" in strict.err.splitlines()[-1]
    assert not (fer_home / "bags" / "none").exists()


def test_a_table_lists_them(fer: Fer, fer_home: Path, folder: Path, corpus: Any) -> None:
    lines = ["path,label", *(f'"happy/{name}.jpg",joy' for name in everything(corpus))]
    (folder / "table.csv").write_text("\n".join(lines))
    done = fer("import", folder / "table.csv", "--crops", "--json")
    (folder / "table.csv").unlink()
    assert done.code == 0 and "Traceback" not in done.err, done.err
    found = json.loads(done.out)
    assert found["labels"] == {"happy": len(corpus.READABLE)}
    assert sum(found["left_out"].values()) == len(corpus.REFUSED), found["left_out"]


def test_shown_as_pictures(folder: Path, corpus: Any) -> None:
    source = ImagesSource(ImagesSettings(str(folder), fps=0.0))
    source.open()
    shown: list[Frame] = []
    with pytest.raises(EndOfSource):
        while True:
            shown.append(source.read(1.0))
    assert len(shown) == len(corpus.READABLE) and sum(source.left_out.counts.values()) == len(corpus.REFUSED)
    assert [frame.truth for frame in shown] == ["happy"] * len(shown)
    assert all(shows(corpus, frame.image, False) or shows(corpus, frame.image, True) for frame in shown)


def test_shown_as_films(tmp_path: Path, corpus: Any) -> None:
    bad = {
        "stub.mp4": corpus.FILM,
        "empty.mp4": b"",
        "text.avi": b"no film\n",
        "noise.mkv": b"\x1aE\xdf\xa3" + bytes(900),
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(ConfigError) as caught:
            VideoSource(VideoSettings(str(tmp_path / name))).open()
        assert name in str(caught.value) and "\n" not in str(caught.value)
    made = 0
    for ending, codec in CODECS.items():
        file = tmp_path / f"film.{ending}"
        writer = cv2.VideoWriter(str(file), cv2.VideoWriter.fourcc(*codec), 10.0, (64, 48))
        for _ in range(6 * writer.isOpened()):
            writer.write(corpus.PICTURE)
        writer.release()
        if not file.exists() or not file.stat().st_size:
            continue  # this OpenCV cannot write it
        made += 1
        disguised = file.rename(tmp_path / f"{ending}.jpg")
        source = VideoSource(VideoSettings(str(disguised), realtime=False))
        source.open()
        frames: list[Frame] = []
        with pytest.raises(EndOfSource):
            while True:
                frames.append(source.read(1.0))
        source.close()
        assert (
            len(frames) == 6 and np.abs(frames[-1].image.astype(int) - corpus.PICTURE).mean() < 3 * corpus.TOLERANCE
        ), ending
    assert made >= 2


def message(data: bytes, stamp: int = STAMP) -> CompressedImage:
    """As a driver sends it."""
    head = messages.header(Frame(np.zeros((48, 64), np.uint8), stamp, "eye"))
    return CompressedImage(header=head, format="jpeg", data=array("B", data))


def test_seen_live(bench_with: Callable[..., Any], capfd: pytest.CaptureFixture[str], corpus: Any) -> None:
    bench = bench_with(image_transport="compressed", detector="whole_frame")
    for number, (name, data) in enumerate(corpus.READABLE.items()):
        seen = bench.send(message(data, STAMP + number))
        roi = seen.emotions[0].roi
        assert (roi.width, roi.height) == (64, 48), name
        assert messages.nanoseconds(seen.header.stamp) == STAMP + number, name
    read = len(bench.arrays)
    assert not bench.node.drops.counts()
    for name, (data, _) in corpus.REFUSED.items():
        before = sum(bench.node.drops.counts().values())
        bench._repeat(message(data), lambda n=before: sum(bench.node.drops.counts().values()) > n)
        assert bench.camera.get_subscription_count(), name
    assert len(bench.arrays) == read
    err = capfd.readouterr().err
    assert "Traceback" not in err and "dropped (compression)" in err and "dropped (size)" in err


def test_recorded_and_shown_on_the_page(ros: Any, wait: Wait, fer_home: Path, corpus: Any) -> None:
    settings = {"min_free_mb": 0, "use_inference": False, "record_without_face": True, "image_transport": "compressed"}
    overrides = [Parameter(name, value=value) for name, value in settings.items()]
    node: Any = ros.add(RecorderNode(namespace="/fer", parameter_overrides=overrides))
    node.autostart()
    probe = ros.node()
    started = ros.call(probe, StartRecording, "/fer/record/start", label="joy")
    assert started.success, started.message
    camera = probe.create_publisher(CompressedImage, "/fer/image_raw/compressed", QoSProfile(depth=5))
    wait(camera.get_subscription_count)
    for number, (name, data) in enumerate(everything(corpus).items(), start=1):
        camera.publish(message(data, STAMP + number))
        wait(lambda n=number: node._recorder.status().received >= n, f"{name} did not arrive")
    wait(lambda: node._recorder.status().written == len(corpus.READABLE), "not all were written")
    status = node._recorder.status()
    assert (status.received, status.dropped) == (
        len(everything(corpus)),
        len(corpus.REFUSED),
    ) and not status.without_face
    assert ros.call(probe, Trigger, "/fer/record/stop").success
    stored = list(datasets.load(Path(started.bag)))
    assert all(item.label == "happy" and item.image is not None for item in stored)
    assert all(
        shows(corpus, item.image, name.endswith("grey")) for item, name in zip(stored, corpus.READABLE, strict=True)
    )
    takes = TakeReader(fer_home / "bags").read(Path(started.bag).name).takes
    assert takes[0].samples == len(corpus.READABLE) and takes[0].thumbnails
    assert bags.info(Path(started.bag)).complete
