"""``fer plugins`` with the package's own plugins and with a real package of somebody else's."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fer_ros.cli.main import main
from fer_ros.core.base import registry

Fer = Callable[..., Any]


def test_listing_imports_no_plugin(fer: Fer, stranger: Any) -> None:
    done = fer("plugins", "--json", PYTHONPATH=stranger.path)
    assert done.code == 0, done.err
    found = {(p["kind"], p["name"]): p for p in json.loads(done.out)["plugins"]}
    assert {kind for kind, _ in found} == set(registry.GROUPS)
    assert found["detectors", "haar"]["target"] == "fer_ros.plugins.detectors.haar:HaarDetector"
    # What ends or crashes the process when imported is listed like the others.
    for name in stranger.broken:
        assert found["sources", name]["package"] == "stranger-plugins"


def test_every_group_has_the_plugins_of_the_package() -> None:
    assert "haar" in registry.names("detectors")
    assert {"auto", "camera", "sample"} <= set(registry.names("sources"))


def test_settings_of_a_strangers_plugin(fer: Fer, stranger: Any) -> None:
    shown = json.loads(fer("plugins", "sources", "grey", "--json", PYTHONPATH=stranger.path).out)
    assert shown["summary"].startswith("Plain grey")
    settings = {setting.pop("name"): setting for setting in shown["settings"]}
    assert settings["level"] == {
        "type": "int",
        "default": 128,
        "low": 0,
        "high": 255,
        "choices": None,
        "live": True,
        "help": "grey level",
    }
    assert settings["size"]["choices"] == ["small", "large"]
    assert settings["rate"]["high"] is None
    text = fer("plugins", "sources", "grey", PYTHONPATH=stranger.path).out
    assert "0 to 255" in text and "small, large" in text and "from 0.5" in text
    assert "\x1b" not in text, "a plugin's text must not steer the terminal"


@pytest.mark.slow
def test_broken_plugins_are_warned_of_and_the_rest_go_on(fer: Fer, stranger: Any) -> None:
    done = fer("plugins", "sources", "--settings", PYTHONPATH=stranger.path)
    assert done.code == 0
    warned = [line for line in done.err.splitlines() if line.startswith("WARNING: ")]
    assert len(warned) == len(stranger.broken)
    for name in stranger.broken:
        assert sum(f"source '{name}'" in line for line in warned) == 1, warned
    assert any("RuntimeError: no such device" in line for line in warned)
    assert any("not a subclass of fer_ros.core.base.contracts.Source" in line for line in warned)
    assert "source grey: " in done.out and "source sample: " in done.out
    shown = json.loads(fer("plugins", "sources", "--settings", "--json", PYTHONPATH=stranger.path).out)
    assert sorted(plugin["name"] for plugin in shown["broken"]) == sorted(stranger.broken)
    assert "grey" in [plugin["name"] for plugin in shown["plugins"]]


def test_a_broken_plugin_by_name_is_one_line_and_status_2(
    stranger: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.syspath_prepend(stranger.path)
    for name in stranger.broken:
        assert main(["plugins", "sources", name]) == 2
        printed = capsys.readouterr()
        assert printed.err.count("\n") == 1 + printed.err.count("noise")
        assert f"'{name}'" in printed.err and not printed.out


def test_names_that_do_not_exist_get_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plugins", "detector"]) == 2
    assert "did you mean 'detectors'" in capsys.readouterr().err
    assert main(["plugins", "detectors", "harr"]) == 2
    assert "choose one of blazeface, haar, " in capsys.readouterr().err


def test_same_name_twice_uses_one_and_names_the_other(fer: Fer, tmp_path: Path) -> None:
    info = tmp_path / "twin-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: twin\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[fer_ros.detectors]\nhaar = twin:Haar\n")
    done = fer("plugins", "detectors", "--json", PYTHONPATH=str(tmp_path))
    assert [p["name"] for p in json.loads(done.out)["plugins"]].count("haar") == 1
    assert "given twice" in done.err and "twin:Haar" in done.err
