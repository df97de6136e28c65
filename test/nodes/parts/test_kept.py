"""What a node keeps for its return after a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("rclpy")

from fer_ros.nodes.launched import KEPT
from fer_ros.nodes.parts.kept import Kept


def test_what_was_kept_is_there_after_a_crash_and_gone_after_an_end_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEPT, str(tmp_path / "run" / "17"))
    first = Kept("/left/camera")
    first.put(state="active", parameters={"a": 1})
    first.put(parameters={"b": "x"}, model="small")
    second = Kept("/left/camera")
    assert (second.state, second.model, second.parameters) == ("active", "small", {"a": 1, "b": "x"})
    assert Kept("/right/camera").state == ""
    [file] = (tmp_path / "run" / "17").iterdir()
    assert file.stat().st_mode & 0o777 == 0o600
    second.forget()
    assert not (tmp_path / "run" / "17").exists() and Kept("/left/camera").parameters == {}


@pytest.mark.parametrize("content", [b"", b"[1]", b'{"state": 7, "parameters": 3}', b"\xff", b"{" * 9999])
def test_a_damaged_file_is_as_good_as_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    monkeypatch.setenv(KEPT, str(tmp_path))
    (tmp_path / "camera.json").write_bytes(content)
    kept = Kept("/camera")
    assert (kept.state, kept.model, kept.parameters) == ("", "", {})


def test_without_a_launch_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEPT, raising=False)
    kept = Kept("/camera")
    kept.put(state="active")
    kept.forget()
    assert kept.state == "" and list(tmp_path.iterdir()) == []
