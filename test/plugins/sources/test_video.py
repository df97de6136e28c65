"""A video file: its frames in order, its pace, its end, and files that are none."""

from __future__ import annotations

import contextlib
import itertools
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core.base.contracts import EndOfSource, NotYet
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import Frame
from fer_ros.plugins.sources.video import VideoSettings, VideoSource

#: Of the video file (see conftest.py).
FRAMES = 24
Number = Callable[[Frame], int]


def read_all(source: VideoSource, most: int = 1000) -> list[Frame]:
    source.open()
    frames: list[Frame] = []
    try:
        while len(frames) < most:
            frames.append(source.read(1.0))
    except EndOfSource:
        pass
    finally:
        source.close()
    return frames


def test_unpaced_gives_every_frame_and_can_be_opened_again(video_file: Path, number: Number) -> None:
    source = VideoSource(VideoSettings(str(video_file), realtime=False))
    for _ in range(2):
        frames = read_all(source)
        assert [number(frame) for frame in frames] == list(range(FRAMES))
    assert frames[0].image.shape == (120, 160, 3)
    assert all(a.stamp <= b.stamp for a, b in itertools.pairwise(frames))


def test_real_time_keeps_the_pace_of_the_file(video_file: Path, fake_time: Any, number: Number) -> None:
    frames = read_all(VideoSource(VideoSettings(str(video_file)), clock=fake_time.time_ns))
    assert [number(frame) for frame in frames] == list(range(FRAMES))
    assert [frame.stamp for frame in frames] == [pytest.approx(1e9 * n / 24.0, abs=1e3) for n in range(FRAMES)]


def test_a_slow_reader_misses_frames_and_gets_no_old_ones(video_file: Path, fake_time: Any, number: Number) -> None:
    source = VideoSource(VideoSettings(str(video_file)))
    source.open()
    numbers = []
    for _ in range(4):
        numbers.append(number(source.read(1.0)))
        fake_time.sleep(0.26)
    assert numbers == [0, 6, 12, 18]
    source.close()


def test_loop_begins_again(video_file: Path, number: Number) -> None:
    frames = read_all(VideoSource(VideoSettings(str(video_file), realtime=False, loop=True)), 2 * FRAMES + 3)
    assert [number(frame) for frame in frames] == [*range(FRAMES), *range(FRAMES), 0, 1, 2]


def test_a_cut_off_file_ends_where_it_was_cut(video_file: Path, tmp_path: Path, number: Number) -> None:
    cut = tmp_path / "cut.avi"
    data = video_file.read_bytes()
    cut.write_bytes(data[: len(data) // 2])
    numbers = [number(frame) for frame in read_all(VideoSource(VideoSettings(str(cut), realtime=False)))]
    assert numbers == list(range(len(numbers))) and 5 < len(numbers) < FRAMES


def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a long path would be shortened in the message
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").touch()
    for name in ("text.mp4", "empty.mp4", "none.mp4", ""):
        with pytest.raises(ConfigError) as caught:
            VideoSource(VideoSettings(name or str(tmp_path))).open()
        assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="no video given"):
        VideoSource()


@pytest.mark.slow
def test_opencv_and_ffmpeg_write_nothing_beside_the_error(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    # In a process of its own, as a robot runs it: FFmpeg takes its log level from the first file that is opened.
    script = (
        "import sys\n"
        "from fer_ros.core.base.errors import ConfigError\n"
        "from fer_ros.plugins.sources.video import VideoSettings, VideoSource\n"
        "try:\n"
        "    VideoSource(VideoSettings(sys.argv[1])).open()\n"
        "except ConfigError as error:\n"
        "    print(error)\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "text.mp4")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    assert "is damaged or no video" in done.stdout and done.stderr == ""


def heavy(source: VideoSource, fake_time: Any, seconds: float) -> None:
    """Let the decoding of each frame take so long."""
    film = source._film
    assert film is not None
    advance = film.advance

    def slow() -> bool:
        fake_time.sleep(seconds)
        return advance()

    film.advance = slow  # type: ignore[method-assign]


@pytest.mark.parametrize(("seconds", "shown"), [(0.02, 24), (0.05, 12), (0.2, 24)])
def test_a_film_that_decodes_slowly_is_shown_to_its_end_and_its_rate_is_told(
    video_file: Path, fake_time: Any, number: Number, caplog: pytest.LogCaptureFixture, seconds: float, shown: int
) -> None:
    source = VideoSource(VideoSettings(str(video_file)))
    source.open()
    heavy(source, fake_time, seconds)
    numbers = []
    with caplog.at_level("INFO"), pytest.raises(EndOfSource):
        while True:
            numbers.append(number(source.read(1.0)))
    assert numbers == sorted(set(numbers)) and numbers[-1] >= FRAMES - 2
    assert len(numbers) >= shown - 1
    assert fake_time.monotonic() <= max(1.0, FRAMES * seconds) + 0.1
    assert ("frames shown" in caplog.text) == (len(numbers) < FRAMES)
    assert ("slower than the film" in caplog.text) == (seconds == 0.2)


@pytest.mark.parametrize("realtime", [True, False])
def test_each_frame_has_its_own_time(tmp_path: Path, fake_time: Any, realtime: bool) -> None:
    times = [0.0, 0.1, 0.2, 0.9, 1.0, 3.4, 3.45]
    path = film_of(tmp_path / "varying.avi", times)
    source = VideoSource(VideoSettings(str(path), realtime=realtime), clock=fake_time.time_ns)
    source.open()
    seen: list[float] = []
    with contextlib.suppress(EndOfSource):
        while True:
            with contextlib.suppress(NotYet):
                seen.append(source.read(0.5).stamp / 1e9)
    assert len(seen) == len(times)
    if realtime:
        assert seen == [pytest.approx(time, abs=0.06) for time in times]


def film_of(path: Path, times: list[float]) -> Path:
    """A film of pictures at varying times: slots of 50 ms, of which AVI may leave some empty."""
    plain = path.with_name("plain.avi")
    writer = cv2.VideoWriter(str(plain), cv2.VideoWriter_fourcc(*"MJPG"), 20.0, (64, 48))
    for index in range(len(times)):
        writer.write(np.full((48, 64, 3), 30 * index, np.uint8))
    writer.release()
    data = plain.read_bytes()
    pictures = re.findall(rb"00dc(....)(\xff\xd8.*?\xff\xd9)\0?(?=00dc|idx1)", data, re.DOTALL)
    assert len(pictures) == len(times)
    slots: list[bytes] = []
    for time, (_, picture) in zip(times, pictures, strict=True):
        slots += [b""] * (round(time * 20) - len(slots)) + [picture]
    body = b"".join(b"00dc" + struct.pack("<I", len(s)) + s + b"\0" * (len(s) % 2) for s in slots)
    start = data.index(b"movi") + 4
    head = bytearray(data[:start])
    head[start - 8 : start - 4] = struct.pack("<I", len(body) + 4)
    for place in (48, 140):  # frames, in the main header and in that of the stream
        head[place : place + 4] = struct.pack("<I", len(slots))
    head[4:8] = struct.pack("<I", len(head) + len(body) - 8)
    path.write_bytes(bytes(head) + body)
    return path


@pytest.mark.parametrize("rate", [0.5, 12.0])
def test_a_film_of_a_frame_in_two_seconds_is_shown_like_that(tmp_path: Path, fake_time: Any, rate: float) -> None:
    path = tmp_path / "slow.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (64, 48))
    for index in range(4):
        writer.write(np.full((48, 64, 3), 30 * index, np.uint8))
    writer.release()
    source = VideoSource(VideoSettings(str(path)), clock=fake_time.time_ns)
    source.open()
    assert [source.read(5.0).stamp for _ in range(4)] == [pytest.approx(1e9 * n / rate, abs=2e6) for n in range(4)]
