"""The built page: whole, small, of this server alone, and what its sources give."""

from __future__ import annotations

import gzip
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ROOT / "web"
BUILT = ROOT / "fer_ros" / "dashboard" / "static"
#: Bytes of all files together, compressed.
LARGEST = 300_000
#: Names of XML vocabularies, which nobody fetches.
NAMESPACE = "http://www.w3.org/"


def _files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_page_is_small_and_names_only_what_is_there() -> None:
    files = _files(BUILT)
    assert sum(len(gzip.compress(content)) for content in files.values()) < LARGEST
    page = files["index.html"].decode()
    named = re.findall(r'(?:src|href)="/([^"]+)"', page)
    assert len(named) >= 3 and set(named) <= set(files)
    assert not re.search(r"<style|style=|<script(?![^>]*src=)", page), "the Content-Security-Policy forbids it"


def test_no_file_comes_from_another_server() -> None:
    for name, content in _files(BUILT).items():
        addresses = re.findall(rb"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"'`)]*", content)
        foreign = [address for address in addresses if not address.startswith(NAMESPACE.encode())]
        assert name.endswith("NOTICE.md") or not foreign, name


def test_licences_of_all_that_is_bundled_are_beside_it() -> None:
    notice = (BUILT / "NOTICE.md").read_text()
    for package in json.loads((SOURCES / "package.json").read_text())["dependencies"]:
        assert f"## {package} - " in notice


def test_the_lock_file_names_no_registry() -> None:
    packages = json.loads((SOURCES / "package-lock.json").read_text())["packages"]
    assert all("integrity" in package for name, package in packages.items() if name)
    assert not any("resolved" in package for package in packages.values())


@pytest.mark.slow
def test_building_again_gives_the_same(tmp_path: Path) -> None:
    vite = SOURCES / "node_modules" / ".bin" / "vite"
    if shutil.which("node") is None:
        pytest.skip("no Node.js, which only building the page needs")
    if not vite.exists():
        pytest.skip("no web/node_modules: `make dashboard` fetches them")
    subprocess.run([vite, "build", "--outDir", tmp_path, "--logLevel", "error"], cwd=SOURCES, check=True, timeout=100)
    assert _files(tmp_path) == _files(BUILT), "the sources have changed: run `make dashboard`"
