from __future__ import annotations

import logging
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError

BROKEN = {
    "function": "is not a subclass of fer_ros.core.base.contracts.Detector",
    "wrong_kind": "is not a subclass of fer_ros.core.base.contracts.Detector",
    "absent_name": "cannot be loaded: AttributeError: module 'core_stranger' has no attribute 'Nothing'",
    "absent_module": "cannot be loaded: ModuleNotFoundError: No module named 'core_stranger_absent'",
    "raising": "cannot be loaded: RuntimeError: no licence",
    "leaving": "cannot be loaded: SystemExit: goodbye",
    "malformed": "cannot be loaded: ",
    "tomorrow": "is written for version 99 of the plugin contract, and fer_ros",
    "loose": "its Settings are no dataclass made with fer_ros",
}


@pytest.mark.parametrize("kind", registry.GROUPS)
def test_every_plugin_of_the_package_can_be_loaded(kind: str) -> None:
    loaded = registry.load_all(kind)
    assert sorted(loaded) == registry.names(kind) != []
    for plugin in loaded.values():
        assert issubclass(plugin, registry.GROUPS[kind]) and plugin.__doc__


def test_a_package_of_somebody_else_adds_plugins(stranger: Path) -> None:
    assert {"left", "haar"} <= set(registry.names("detectors"))
    plugin = registry.load("detectors", "left")
    assert plugin.__module__ == "core_stranger"


def test_listing_imports_nothing(stranger: Path) -> None:
    found = {info.name: info for info in registry.listing("detectors")}
    assert found["raising"] == registry.PluginInfo(
        "detectors", "raising", "core_stranger_raising:Left", "core-stranger"
    )
    assert "core_stranger" not in sys.modules
    registry.load("detectors", "left")
    assert "core_stranger_raising" not in sys.modules


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_that_cannot_be_loaded_is_named_with_the_reason(stranger: Path, name: str) -> None:
    with pytest.raises(ConfigError) as error:
        registry.load("detectors", name)
    text = str(error.value)
    assert text.startswith(f"detector '{name}' (") and BROKEN[name] in text and len(text.splitlines()) == 1


def test_a_plugin_that_lacks_a_method_is_refused(stranger: Path) -> None:
    with pytest.raises(ConfigError, match=r"backbone 'half' \(core_stranger:Half\) lacks embed"):
        registry.load("backbones", "half")


def test_the_rest_goes_on_when_plugins_fail(stranger: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        loaded = registry.load_all("detectors")
    assert set(loaded) == set(registry.names("detectors")) - set(BROKEN) and "left" in loaded
    assert len(caplog.messages) == len(BROKEN)


def test_of_two_with_one_name_the_first_wins_and_the_other_is_reported(
    stranger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING):
        plugin = registry.load("backbones", "mobilenet_v1")
    # The stranger's folder comes first on sys.path here.
    assert plugin.__name__ == "Pooled"
    assert "'mobilenet_v1' is given twice: using core_stranger:Pooled, not fer_ros." in caplog.text


def test_one_malformed_line_of_somebody_hides_no_plugin(stranger: Path, run: Any) -> None:
    """The package importlib_metadata, which a library may import, refuses all entry points there are."""
    pytest.importorskip("importlib_metadata")
    script = """
import importlib_metadata
from fer_ros.core.base import registry
points = registry.entry_points("backbones")
print(points["mobilenet_v1"].value, points["mobilenet_v1"].dist.name, len(registry.load_all("heads")))
try:
    registry.load("detectors", "malformed")
except registry.ConfigError as error:
    print(error)
"""
    done = run(sys.executable, "-c", script, PYTHONPATH=f"{stranger}:{os.environ.get('PYTHONPATH', '')}")
    first, second = done.out.splitlines()
    assert first == f"core_stranger:Pooled core-stranger {len(registry.names('heads'))}", done.err
    assert second.startswith("detector 'malformed' (not a target!) cannot be loaded: ")


def test_unknown_names_get_the_known_ones() -> None:
    with pytest.raises(
        ConfigError, match=r"unknown detector 'harr' \(did you mean 'haar'\?\): choose one of blazeface, haar, "
    ):
        registry.load("detectors", "harr")
    with pytest.raises(ConfigError, match="unknown plugin group 'detector'"):
        registry.names("detector")


def test_contracts_cannot_be_used_themselves() -> None:
    for contract in registry.GROUPS.values():
        with pytest.raises(TypeError, match="abstract"):
            made: Any = contract()
            del made
