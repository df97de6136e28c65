"""The choice between camera and sample, and that it is kept."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from fer_ros.core.base.errors import SourceUnavailable
from fer_ros.core.capture import video_devices
from fer_ros.core.capture.video_devices import VideoDevice, list_devices
from fer_ros.plugins.sources.auto import AutoSettings, AutoSource


def cameras(monkeypatch: pytest.MonkeyPatch, *paths: Path) -> None:
    found = [VideoDevice(path, "", True, None) for path in paths]
    monkeypatch.setattr(video_devices, "list_devices", lambda: found)


def test_without_a_camera_it_is_the_sample_and_the_log_says_so(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    cameras(monkeypatch)
    source = AutoSource(AutoSettings(width=160, height=120))
    with caplog.at_level(logging.INFO):
        source.open()
    assert "no camera that works (no /dev/video* is there)" in caplog.text
    assert f"source {source.description}" in caplog.text
    assert source.read(1.0).image.shape == (120, 160, 3)
    source.close()


def test_a_camera_that_works_is_chosen_over_one_that_does_not(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, video_file: Path
) -> None:
    cameras(monkeypatch, Path("/dev/null"), video_file)
    source = AutoSource()
    source.open()
    assert source.description.startswith(f"auto: camera {video_file}")
    assert "/dev/null cannot be opened" in caplog.text
    assert source.read(1.0).image.shape == (120, 160, 3)
    source.close()


def test_a_camera_that_vanished_is_waited_for(
    monkeypatch: pytest.MonkeyPatch, video_file: Path, tmp_path: Path
) -> None:
    link = tmp_path / "camera.avi"
    link.symlink_to(video_file)
    cameras(monkeypatch, link)
    source = AutoSource()
    source.open()
    with pytest.raises(SourceUnavailable):
        while True:
            source.read(5.0)
    source.close()
    link.unlink()
    cameras(monkeypatch)
    with pytest.raises(SourceUnavailable):
        source.open()
    source.close()
    link.symlink_to(video_file)
    source.open()
    assert source.read(5.0).image.shape == (120, 160, 3)
    source.close()


def test_devices_are_listed_by_number_with_their_names(tmp_path: Path) -> None:
    dev, sys = tmp_path / "dev", tmp_path / "sys"
    dev.mkdir()
    for number in (10, 2):
        (dev / f"video{number}").touch()
        (sys / f"video{number}").mkdir(parents=True)
        (sys / f"video{number}" / "name").write_text(f"Camera {number}\n")
    (dev / "video-codec").touch()
    found = list_devices(dev, sys)
    assert [(device.path.name, device.name) for device in found] == [("video2", "Camera 2"), ("video10", "Camera 10")]
    assert all(device.captures is None for device in found), "a plain file does not say what it can do"
    assert video_devices.describe(found) == f"there is {dev}/video2 (Camera 2), {dev}/video10 (Camera 10)"
    assert video_devices.describe([]) == "no /dev/video* is there"
