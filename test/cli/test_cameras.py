"""What ``fer doctor`` says of cameras. This machine may have none: real ones are tried by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from fer_ros.cli.checks import camera
from fer_ros.cli.checks.camera import attempt, check, examine, users
from fer_ros.core.capture.video_devices import VideoDevice, list_devices


def test_no_camera_is_a_warning(tmp_path: Path) -> None:
    (tmp_path / "video").touch()
    (tmp_path / "video-rtc").touch()
    (found,) = examine(tmp_path)
    assert found.level == "warning" and "no camera" in found.text


def test_what_gives_no_pictures_is_no_camera(tmp_path: Path) -> None:
    (tmp_path / "video10").touch()
    (tmp_path / "video2").symlink_to("/dev/null")
    (found,) = examine(tmp_path)
    assert found.level == "warning" and "no camera" in found.text


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open everything")
def test_a_forbidden_camera_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "video0").touch(mode=0)
    (found,) = examine(tmp_path)
    assert found.level == "error" and "usermod -aG video" in found.cure


@pytest.mark.slow
def test_a_device_is_read_as_the_robot_reads_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    film = tmp_path / "film.avi"
    writer = cv2.VideoWriter(str(film), cv2.VideoWriter_fourcc(*"MJPG"), 30.0, (640, 480))
    for level in range(600):
        writer.write(np.full((480, 640, 3), level % 256, np.uint8))
    writer.release()
    monkeypatch.setattr(camera, "RATE_S", 0.02)
    found = attempt(VideoDevice(film, "a film", usable=True, captures=True))
    assert found.level == "ok" and found.facts["size"] == "640x480" and found.facts["frames_per_second"] > 0
    # It is over before the rate is known, like a camera that is unplugged.
    monkeypatch.setattr(camera, "RATE_S", 60.0)
    found = attempt(VideoDevice(film, "a film", usable=True, captures=True))
    assert found.level == "error" and "stopped giving frames" in found.text
    (tmp_path / "video7").touch()
    found = attempt(VideoDevice(tmp_path / "video7", "", usable=True, captures=True))
    assert found.level == "error" and str(tmp_path / "video7") in found.text


def test_who_holds_a_device_is_named(tmp_path: Path) -> None:
    file = tmp_path / "video0"
    file.touch()
    assert users(file) == []
    command = "import sys; file = open(sys.argv[1]); print(flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", command, str(file)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        holder.stdout.readline()
        assert [name.endswith(f"({holder.pid})") for name in users(file)] == [True]
        holder.communicate()


def test_real_devices_are_told_from_others() -> None:
    """On a machine with cameras this opens them; without one it must say so."""
    found = list(check())
    assert found
    if not list_devices():
        assert [f.level for f in found] == ["warning"]
