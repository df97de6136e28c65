"""The page that needs no server: what is written, whole, again, and where not."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.paths import share_dir
from fer_ros.core.exporting import static_page
from fer_ros.core.vision import networks

ROOT = Path(__file__).resolve().parents[3]
SOURCES = ROOT / "web"
#: Bytes of all files of a folder; plain web servers send them as they are.
LARGEST = {"default": 7_000_000, "small": 5_000_000}


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _release(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        (folder / "sw.js").read_text().partition(";\n")[0].removeprefix("const RELEASE = ")
    )
    return found


@pytest.mark.parametrize("model", ["default", "small"])
def test_all_that_the_page_needs_is_there_and_small(tmp_path: Path, model: str) -> None:
    done = static_page.export(tmp_path / "page", model)
    files = _files(done.folder)
    assert done.files == len(files) and sum(map(len, files.values())) < LARGEST[model]
    about, release = json.loads(files["page.json"]), _release(done.folder)
    for name, digest in about["model"]["sha256"].items():
        assert hashlib.sha256(gzip.decompress(files[f"model/{name}.gz"])).hexdigest() == digest
    assert (about["detector"] is not None) == done.detector == ("model/detector.tflite.gz" in files)
    kept = {*release["shell"], *(name.partition("?")[0] for name in release["large"])}
    assert kept - {"./"} == {name for name in files if not name.endswith(".md")} - {"index.html", "sw.js"}
    for name, version in about["versions"].items():
        assert hashlib.sha256(gzip.decompress(files[name])).hexdigest().startswith(version)
        assert f"{name}?v={version}" in release["large"]
    for name, start in release["sums"].items():
        assert hashlib.sha256(files[name]).hexdigest().startswith(start)
    assert {"page.json", "page.js", "engine.js"} <= set(release["sums"])
    named = re.findall(r'(?:src|href)="\./([^"]+)"', files["index.html"].decode())
    assert len(named) >= 4 and set(named) <= set(files)


def test_the_framing_is_the_detectors(tmp_path: Path) -> None:
    if networks.blazeface(static_page.DETECTOR_FILE) is None:
        pytest.skip("BlazeFace is not installed")
    static_page.export(tmp_path / "page")
    framing = registry.load("detectors", static_page.DETECTOR).framing
    found = json.loads((tmp_path / "page" / "page.json").read_text())["detector"]["framing"]
    assert found == {"scale": framing.scale, "dx": framing.dx, "dy": framing.dy}


def test_again_it_replaces_its_own_files_and_no_others(tmp_path: Path) -> None:
    folder = tmp_path / "page"
    first = _release(static_page.export(folder).folder)
    (folder / "CNAME").write_text("mine")
    (folder / "model" / "old.tflite.gz").write_bytes(b"old")
    assert _release(static_page.export(folder).folder) == first, "the same files are the same release"
    second = _release(static_page.export(folder, "small").folder)
    assert second["version"] != first["version"]
    assert (folder / "CNAME").read_text() == "mine" and not (folder / "model" / "old.tflite.gz").exists()


def test_without_a_detector_the_page_draws_a_frame(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "blazeface", lambda file: None)
    done = static_page.export(tmp_path / "page")
    assert not done.detector and json.loads((done.folder / "page.json").read_text())["detector"] is None


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    with pytest.raises(ConfigError, match="holds other files"):
        static_page.export(tmp_path)
    assert _files(tmp_path) == {"mine": b"mine"}
    with pytest.raises(ConfigError, match="is a file"):
        static_page.export(tmp_path / "mine")


def test_a_head_that_browsers_do_not_run_is_refused(fer_home: Path, tmp_path: Path) -> None:
    target = fer_home / "models" / "other"
    shutil.copytree(share_dir() / "models" / "small", target)
    card = (target / "model.yaml").read_text().replace("name: small", "name: other")
    (target / "model.yaml").write_text(card.replace("plugin: linear", "plugin: prototype"))
    with pytest.raises(ConfigError, match="in a browser run linear, ridge, dense"):
        static_page.export(tmp_path / "page", "other")
    assert not (tmp_path / "page").exists()


@pytest.mark.slow
def test_building_again_gives_the_same(tmp_path: Path) -> None:
    vite = SOURCES / "node_modules" / ".bin" / "vite"
    if shutil.which("node") is None or not vite.exists():
        pytest.skip("no Node.js or no web/node_modules: `make dashboard` needs them")
    command = [str(vite), "build", "--mode", "alone", "--outDir", str(tmp_path), "--logLevel", "error"]
    subprocess.run(command, cwd=SOURCES, check=True, timeout=100)
    found, kept = _files(tmp_path), _files(static_page.PAGE)
    packed = "runtime/litert.wasm.gz"  # versions of zlib pack differently
    assert gzip.decompress(found.pop(packed)) == gzip.decompress(kept.pop(packed))
    assert found == kept, "the sources have changed: run `make dashboard`"
