"""The camera source, on what OpenCV reads the same way as a camera: a file, a pipe that stops, a stream."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from fer_ros.core.base.errors import ConfigError, SourceUnavailable
from fer_ros.core.base.types import Frame
from fer_ros.core.capture import video_devices
from fer_ros.plugins.sources.camera import CameraSettings, CameraSource

#: Of the video file (see conftest.py).
FRAMES = 24


def grabbers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("camera ")]


class StallingStream:
    """An HTTP server that sends the first part of a video and then nothing, as a camera with a loose cable."""

    def __init__(self, data: bytes) -> None:
        self._server = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._server.getsockname()[1]}/stream.avi"
        self._data, self._done = data, threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        try:
            connection, _ = self._server.accept()
            with connection:
                connection.recv(65536)
                head = b"HTTP/1.0 200 OK\r\nContent-Type: video/x-msvideo\r\n\r\n"
                connection.sendall(head + self._data)
                self._done.wait(20.0)
        except OSError:
            pass

    def close(self) -> None:
        self._done.set()
        self._server.close()
        self._thread.join(5.0)


def test_the_newest_frame_is_given_and_the_rest_are_counted(video_file: Path, number: Callable[[Frame], int]) -> None:
    before = time.time_ns()
    source = CameraSource(CameraSettings(str(video_file)))
    source.open()
    assert "160x120" in source.description and str(video_file) in source.description
    frame = source.read(5.0)
    assert frame.image.shape == (120, 160, 3) and before < frame.stamp <= time.time_ns()
    last = number(frame)
    with pytest.raises(SourceUnavailable, match="stopped giving frames"):
        while True:
            time.sleep(0.01)
            frame = source.read(5.0)
            assert number(frame) > last, "never the same frame, never an older one"
            last = number(frame)
    assert source.skipped > 0
    source.close()
    assert not grabbers()


def test_what_was_seen_before_the_camera_ended_is_read_by_a_late_reader(
    video_file: Path, number: Callable[[Frame], int]
) -> None:
    source = CameraSource(CameraSettings(str(video_file)))
    source.open()
    for thread in grabbers():
        thread.join(10.0)
    assert number(source.read(5.0)) == FRAMES - 1
    with pytest.raises(SourceUnavailable, match="stopped giving frames"):
        source.read(5.0)
    source.close()


def test_unplugged_and_back(video_file: Path) -> None:
    source = CameraSource(CameraSettings(str(video_file)))
    for _ in range(2):
        source.open()
        with pytest.raises(SourceUnavailable):
            for _ in range(FRAMES + 1):
                source.read(5.0)
        source.close()
        source.close()


def test_a_silent_camera_is_noticed_within_the_timeout_and_closing_does_not_hang(video_file: Path) -> None:
    # Half of the file: its head says what is in it, so that opening does not wait for more.
    data = video_file.read_bytes()
    stream = StallingStream(data[: len(data) // 2])
    source = CameraSource(CameraSettings(stream.address))
    try:
        source.open()
        source.read(5.0)
        with pytest.raises(SourceUnavailable, match="no frame within"):
            while True:
                source.read(0.3)
        begin = time.monotonic()
        source.close()
        assert time.monotonic() - begin < 2.0
    finally:
        stream.close()
    for thread in grabbers():
        thread.join(10.0)
    assert not grabbers(), "the driver's thread ends by itself"


def test_no_device_says_what_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    device = video_devices.VideoDevice(Path("/dev/video7"), "Front Camera", True, True)
    monkeypatch.setattr(video_devices, "list_devices", lambda: [device])
    with pytest.raises(SourceUnavailable, match=r"no camera at /dev/video9998 .*/dev/video7 \(Front Camera\)"):
        CameraSource(CameraSettings("9998")).open()


def test_what_is_no_camera_cannot_be_opened(capfd: pytest.CaptureFixture[str]) -> None:
    source = CameraSource(CameraSettings("/dev/null"))
    with pytest.raises(SourceUnavailable, match="/dev/null cannot be opened"):
        source.open()
    with pytest.raises(SourceUnavailable):
        source.read(0.1)
    source.close()
    with pytest.raises(SourceUnavailable, match="is not open"):
        CameraSource().read(0.1)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("device", ["", "camera", "-1", "12345", "/tmp/none.mp4", "0\n"])
def test_a_device_that_can_never_work_is_a_mistake(device: str) -> None:
    with pytest.raises(ConfigError, match="device") as caught:
        CameraSource(CameraSettings(device))
    assert "\n" not in str(caught.value)


def test_a_pixel_format_has_four_characters() -> None:
    with pytest.raises(ConfigError, match="fourcc"):
        CameraSource(CameraSettings(fourcc="MJPEG"))


def test_how_often_a_lost_camera_is_tried_again_can_be_set() -> None:
    source = CameraSource(CameraSettings(device="/dev/none", first_pause=0.05, longest_pause=0.1))
    assert CameraSource().pauses == (0.5, 10.0)
    assert source.pauses == (0.05, 0.1)
    assert CameraSource(CameraSettings(first_pause=20.0)).pauses == (20.0, 20.0)
