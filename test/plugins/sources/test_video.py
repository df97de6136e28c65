"""A video file: its frames in order, its pace, its end, and files that are none."""

from __future__ import annotations

import itertools
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_ros.core.base.contracts import EndOfSource
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


def test_what_is_no_video_is_refused_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("no video")
    (tmp_path / "empty.mp4").touch()
    for name in ("text.mp4", "empty.mp4", "none.mp4", ""):
        with pytest.raises(ConfigError) as caught:
            VideoSource(VideoSettings(str(tmp_path / name))).open()
        assert name in str(caught.value) and "\n" not in str(caught.value)
    with pytest.raises(ConfigError, match="no video given"):
        VideoSource()


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
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    assert "is damaged or no video" in done.stdout and done.stderr == ""
