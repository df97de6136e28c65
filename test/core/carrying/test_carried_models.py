"""Models pushed to and pulled from a folder and a real S3 server; broken, hostile and changed ones."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError, FerError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.carrying import models, pull, push
from fer_ros.core.recognition.recogniser import Model
from test.core.conftest import killed

SMALL = paths.share_dir() / "models" / "small"


@pytest.fixture(params=["folder", "s3"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a model is to be put: in a folder, and on a server."""
    return str(tmp_path / "place") if request.param == "folder" else f"{request.getfixturevalue('s3').address}/place"


def test_what_is_pulled_is_what_was_pushed(address: str, fer_home: Path) -> None:
    pushed = push("small", f"{address}/models/")
    assert pushed.at == f"{address}/models/small" and pushed.moved == pushed.bytes > 500_000
    pulled = pull(pushed.at, "kitchen")
    found = fer_home / "models" / "kitchen"
    assert {file.name for file in found.iterdir()} == {file.name for file in SMALL.iterdir()}
    for file in SMALL.iterdir():
        assert file.name == "model.yaml" or (found / file.name).read_bytes() == file.read_bytes()
    assert (pulled.name, pulled.bytes) == ("kitchen", pushed.bytes)
    Model.open(Bundle.load("kitchen"))


def test_only_what_is_new_travels(address: str, fer_home: Path) -> None:
    assert push("small", address).moved
    assert push("small", address).moved == 0
    # The networks are here already, as part of the shipped model; card and plots have no checksum in it.
    unknown = sum(f.stat().st_size for f in SMALL.iterdir() if f.name not in Bundle.load("small").checksums)
    assert pull(address, "a").moved == unknown
    assert pull(address, "a", replace=True).moved == unknown


def test_a_model_has_the_same_sha256_on_every_robot(
    address: str, fer_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    push("small", address)
    first = pull(address, "kitchen")
    second_address = push("kitchen", f"{address}/")
    for robot in ("one", "two"):
        monkeypatch.setenv("FER_HOME", str(tmp_path / robot))
        assert pull(second_address.at).sha256 == first.sha256 == second_address.sha256


def test_another_model_is_replaced_on_demand_only(address: str, fer_home: Path) -> None:
    push("small", address)
    with pytest.raises(ConfigError, match=r"another model lies at .*--replace"):
        push("default", address)
    assert pull(address, "a").name == "a" and Bundle.load("a").checksums == Bundle.load("small").checksums
    push("default", address, replace=True)
    with pytest.raises(ConfigError, match="model 'a' exists already"):
        pull(address, "a")
    pull(address, "a", replace=True)
    assert Bundle.load("a").checksums == Bundle.load("default").checksums


def test_names_of_people_stay_here_unless_asked(address: str, fer_home: Path) -> None:
    pull_from = push("small", address)
    pull(pull_from.at, "taught")
    mark = fer_home / "models" / "taught" / "model.yaml"
    mark.write_text(mark.read_text().replace("data:\n", "data:\n  subjects: [Annegret]\n", 1))
    push("taught", f"{address}/without")
    push("taught", f"{address}/with", names=True)
    pull(f"{address}/without", "without")
    pull(f"{address}/with", "with")
    assert Bundle.load("without").data["subjects"] == ["person 1"]
    assert Bundle.load("with").data["subjects"] == ["Annegret"]


def test_a_push_that_is_killed_leaves_nothing_or_all(fer_home: Path, tmp_path: Path) -> None:
    moments = 0
    while killed(moments + 1, lambda: push("small", str(tmp_path / "place")), below=tmp_path / "place"):
        moments += 1
        with pytest.raises(ConfigError, match="no model lies at"):
            pull(str(tmp_path / "place"), "x")
        assert not (fer_home / "models" / "x").exists()
        shutil.rmtree(tmp_path / "place", ignore_errors=True)
    assert moments > len(list(SMALL.iterdir())), "one for each file, and one for the list of them"
    assert pull(str(tmp_path / "place"), "x").name == "x"


def test_a_push_over_another_model_that_is_killed_leaves_the_old_or_the_new_one(fer_home: Path, tmp_path: Path) -> None:
    place = tmp_path / "place"
    push("default", str(place))
    moments = 0
    while killed(moments + 1, lambda: push("small", str(place), replace=True), below=place):
        moments += 1
        pull(str(place), "x", replace=moments > 1)
        assert Bundle.load("x").checksums == Bundle.load("default").checksums
    assert moments
    pull(str(place), "x", replace=True)
    assert Bundle.load("x").checksums == Bundle.load("small").checksums


def test_a_pull_that_is_killed_leaves_nothing_or_all(fer_home: Path, tmp_path: Path) -> None:
    push("small", str(tmp_path / "place"))
    moments = 0
    while killed(moments + 1, lambda: pull(str(tmp_path / "place"), "x"), below=fer_home):
        moments += 1
        if "x" in paths.model_names():  # only the tidying up was left
            break
    assert moments
    pull(str(tmp_path / "place"), "x", replace="x" in paths.model_names())
    assert Bundle.load("x").checksums == Bundle.load("small").checksums


def _cut(path: str, files: Any) -> None:
    files.pipe_file(path, files.cat_file(path)[:-1])


def _changed(path: str, files: Any) -> None:
    content = bytearray(files.cat_file(path))
    content[len(content) // 2] ^= 1
    files.pipe_file(path, bytes(content))


def _gone(path: str, files: Any) -> None:
    files.rm(path)


@pytest.mark.parametrize("damage", [_cut, _changed, _gone])
@pytest.mark.parametrize("file", ["README.md", "model.yaml", "bundle.json"])
def test_what_is_not_whole_there_never_appears_here(
    address: str, fer_home: Path, file: str, damage: Callable[[str, Any], None]
) -> None:
    import fsspec

    push("small", address)
    files, path = fsspec.core.url_to_fs(address, use_listings_cache=False, skip_instance_cache=True)
    (target,) = [one for one in files.find(path) if one.endswith(f"/{file}")]
    damage(target, files)
    with pytest.raises(FerError, match=r"SHA-256|not whole|no model lies|damaged") as caught:
        pull(address, "x")
    assert "\n" not in str(caught.value)
    assert os.listdir(fer_home / "models") == [] if (fer_home / "models").exists() else True
    push("small", address, replace=True)
    if damage is not _changed or file == "bundle.json":  # a file of the right length is taken for the right one
        assert pull(address, "x").name == "x"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"files": {"../x": {"sha256": "0" * 64, "bytes": 1}}}, "must be a plain name"),
        ({"files": {".x": {"sha256": "0" * 64, "bytes": 1}}}, "must be a plain name"),
        ({"files": {}}, "model.yaml is missing"),
        ({"files": {"model.yaml": {"sha256": "../../x", "bytes": 1}}}, "is not allowed"),
        ({"files": {"model.yaml": {"sha256": "0" * 64, "bytes": 1 << 40}}}, "out of range"),
        ({"files": {f"f{i}": {"sha256": "0" * 64, "bytes": 1} for i in range(65)}}, "65 entries"),
        ({"format": "fer_ros bundle 2"}, "is not known"),
        ({"name": "../x"}, "is not allowed"),
    ],
)
def test_a_hostile_list_is_refused(fer_home: Path, tmp_path: Path, change: dict[str, Any], message: str) -> None:
    push("small", str(tmp_path))
    file = tmp_path / models.MANIFEST
    file.write_text(json.dumps(json.loads(file.read_text()) | change))
    with pytest.raises(ConfigError, match=message) as caught:
        pull(str(tmp_path))
    assert "\n" not in str(caught.value) and not (fer_home / "models").exists()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
)


@given(st.one_of(st.binary(), _JSON.map(lambda v: json.dumps(v).encode())))
def test_any_bytes_in_its_place_are_one_line(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("place")
    (folder / models.MANIFEST).write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        pull(str(folder), "x")
    assert "\n" not in str(caught.value)


def test_a_damaged_model_is_not_pushed(fer_home: Path, tmp_path: Path) -> None:
    shutil.copytree(SMALL, fer_home / "models" / "mine")
    (fer_home / "models" / "mine" / "head.npz").write_bytes(b"no")
    with pytest.raises(ConfigError, match="damaged"):
        push("mine", str(tmp_path / "place"))
    assert not (tmp_path / "place").exists()
