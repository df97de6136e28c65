"""Project files: from bags and back without a loss, and hostile ones refused in one line with nothing left behind."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fer_ros.core import bags
from fer_ros.core.bags import BagWriter
from fer_ros.core.base import registry
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import LabelNames
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.bundles.bundle import WEIGHTS_FILE, Bundle
from fer_ros.core.datasets import importing
from fer_ros.core.exporting import project, project_file
from fer_ros.core.exporting.project_file import Entry, Reader, Writer
from fer_ros.core.training.faces import gather
from fer_ros.core.vision import crop

FACTS = importing.facts(Path("phone.zip"), "")
SPEC = Bundle.load("small").input
#: Tilted by so much that the face is turned upright.
EYES = ((120.0, 90.0), (180.0, 130.0))


def _png(image: ImageArray) -> bytes:
    return bytes(cv2.imencode(".png", image)[1].tobytes())


def _noise(seed: int, side: int = 48) -> ImageArray:
    return np.random.default_rng(seed).integers(0, 256, (side, side, 3), dtype=np.uint8)


def _zip(members: dict[str, bytes], head: Any) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("project.json", json.dumps(head))
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def _head(*samples: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format": "fer_ros project", "version": 1, "labels": ["happy"], "samples": list(samples), **more}


@pytest.fixture
def recorded(fer_home: Path) -> list[Path]:
    """Two bags: of a camera, with frames without a face, by a detector that frames its boxes; and of faces."""
    folders = [fer_home / "bags" / name for name in ("camera", "faces")]
    stamp = 1_700_000_000_000_000_000
    with BagWriter(folders[0], {"detector": "blazeface"}) as writer:
        for take, label in enumerate(("happy", "sad", "happy")):
            writer.begin_take(label, "Ann" if take < 2 else "Bo")
            for frame in range(3):
                stamp += 40_000_000
                roi = Roi(80, 60, 150, 140) if frame else None
                writer.write(stamp, _png(_noise(10 * take + frame, 300)), roi, eyes=EYES if roi else None)
    with BagWriter(folders[1], FACTS) as writer:
        writer.begin_take("smirk / 1", independent=True)
        for frame in range(2):
            writer.write(stamp + frame, _png(_noise(100 + frame)), Roi(0, 0, 48, 48))
    return folders


def test_faces_of_bags_are_kept_with_what_is_known_of_them(
    recorded: list[Path], tmp_path: Path, fer_home: Path
) -> None:
    file = tmp_path / "all.zip"
    saved = project.save(file, recorded, Bundle.load("small"))
    assert saved.labels == {"happy": 4, "sad": 2, "smirk / 1": 2}
    assert (saved.without_face, saved.model) == (3, "small")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    with zipfile.ZipFile(file) as archive:
        assert archive.testzip() is None and f"model/{WEIGHTS_FILE}" not in archive.namelist()
    framing = registry.load("detectors", "blazeface").framing
    with Reader(file) as found:
        assert found.labels == ["happy", "sad", "smirk / 1"]
        assert [(one.subject, one.take) for one in found.samples] == [
            *[("Ann", 1)] * 2, *[("Ann", 2)] * 2, *[("Bo", 3)] * 2, *[("", 0)] * 2
        ]  # fmt: skip
        first, faces = found.picture(found.samples[0]), found.picture(found.samples[-1])
    frame = next(sample for sample in bags.read(recorded[0]) if sample.roi)
    assert frame.roi is not None and frame.eyes == EYES
    cut = crop.square(frame.image, frame.roi, framing, EYES)
    assert len(cut) > project.SIDE
    small = cv2.resize(cut, (project.SIDE, project.SIDE), interpolation=cv2.INTER_AREA)
    assert np.array_equal(cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_COLOR), small)
    assert faces == _png(_noise(101))  # as it was, to the byte

    # As a bag again, a training sees the very faces; and as a project once more, it is the same.
    names = LabelNames()
    back = project.load(file, fer_home / "bags" / "back", "back", FACTS, "mcap", names)
    assert (back.labels, back.model) == (saved.labels, "back")
    learned = gather([fer_home / "bags" / "back"], SPEC, "haar")
    grey = cv2.imdecode(np.frombuffer(first, np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.array_equal(learned.crops[0], crop.resize(np.asarray(grey, np.uint8), SPEC))
    assert learned.subjects == ("Ann", "Bo") and learned.without_face == 0
    model = Bundle.load("back")
    assert model.name == "back" and model.labels == Bundle.load("small").labels
    again = tmp_path / "again.zip"
    project.save(again, [fer_home / "bags" / "back"], None)
    with Reader(file) as one, Reader(again) as other:
        assert one.samples == other.samples
        assert [one.picture(s) for s in one.samples] == [other.picture(s) for s in other.samples]


def test_what_cannot_be_saved_leaves_no_file(recorded: list[Path], tmp_path: Path, monkeypatch: Any) -> None:
    there = tmp_path / "there.zip"
    there.write_bytes(b"mine")
    with pytest.raises(ConfigError, match="exists already"):
        project.save(there, recorded, None)
    with pytest.raises(ConfigError, match="there is no face to save"):
        project.save(tmp_path / "none.zip", [], None)
    with pytest.raises(ConfigError, match="cannot be written"):
        project.save(tmp_path / "no folder" / "a.zip", recorded, None)
    monkeypatch.setattr(project_file, "MAX_SAMPLES", 3)
    with pytest.raises(ConfigError, match="3 pictures at most"):
        project.save(tmp_path / "many.zip", recorded, None)
    assert there.read_bytes() == b"mine" and list(tmp_path.glob("*.zip")) == [there]
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def _hostile() -> dict[str, tuple[bytes, str]]:
    """What is wrong → the file, and what its error says."""
    face = _png(_noise(1))
    one = {"file": "pictures/1.png", "label": "happy"}
    picture = {"pictures/1.png": face}
    link = zipfile.ZipInfo("pictures/1.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    linked = io.BytesIO(_zip({}, _head(one)))
    with zipfile.ZipFile(linked, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    bomb = _zip({**picture, **{f"{n}.png": bytes(90_000_000) for n in range(6)}}, _head(one))
    card = {"schema": 1, "name": "x"}
    lying = bytearray(_zip({"pictures/1.png": face + bytes(5_000_000)}, _head(one)))
    at = lying.rfind(b"pictures/1.png") - 46 + 24
    lying[at : at + 4] = (len(face)).to_bytes(4, "little")  # the list says that it is small
    return {
        "a bomb": (bomb, "512000000 are allowed"),
        "a size that lies": (bytes(lying), "damaged"),
        "a picture too large": (_zip({"pictures/1.png": bytes(5_000_000)}, _head(one)), "4000000 are allowed"),
        "a way out": (_zip({"../1.png": face}, _head({**one, "file": "../1.png"})), "not allowed"),
        "a root": (_zip({"/etc/1.png": face}, _head({**one, "file": "/etc/1.png"})), "not allowed"),
        "a link": (linked.getvalue(), "not allowed"),
        "no picture": (_zip({}, _head(one)), "is missing"),
        "another kind": (_zip({"pictures/1.png": b"GIF89a"}, _head(one)), "neither PNG nor JPEG"),
        "cut off": (_zip({"pictures/1.png": face[:200]}, _head(one)), "cannot be read"),
        "newer": (_zip(picture, _head(one, version=2)), "newer fer_ros"),
        "another format": (_zip(picture, _head(one, format="zoo")), "no project"),
        "an empty label": (_zip(picture, _head({**one, "label": " "})), "label"),
        "a stamp beyond time": (_zip(picture, _head({**one, "stamp": 1e300})), "out of range"),
        "a take that is none": (_zip(picture, _head({**one, "take": -1})), "out of range"),
        "no list": (_zip(picture, _head(samples="all")), "type list"),
        "a model with a part": (_zip({"model/model.yaml": json.dumps(card).encode()}, _head()), "its model is damaged"),
        "a model's way out": (
            _zip({"model/model.yaml": json.dumps(card).encode(), "model/a/b": b""}, _head()),
            "its model is damaged",
        ),
        "nothing": (_zip({}, _head()), "neither a picture nor a model"),
    }


HOSTILE = _hostile()


@pytest.mark.parametrize("what", HOSTILE)
def test_a_hostile_project_is_refused_in_one_line_and_leaves_nothing(what: str, tmp_path: Path, fer_home: Path) -> None:
    data, says = HOSTILE[what]
    file = tmp_path / "hostile.zip"
    file.write_bytes(data)
    with pytest.raises(ConfigError) as caught:
        project.load(file, fer_home / "bags" / "hostile", "hostile", FACTS, "mcap")
    assert says in str(caught.value) and "\n" not in str(caught.value)
    assert not [path for path in (fer_home.rglob("*") if fer_home.exists() else ()) if path.is_file()]


def test_a_model_that_is_refused_takes_the_bag_with_it(tmp_path: Path, fer_home: Path) -> None:
    """Both or none: a damaged network is found before a picture is written, a taken name, too."""
    small = project.model_files(Bundle.load("small"))
    for name, files in {"hurt": {**small, "head.npz": b"no"}, "small": small}.items():
        file = tmp_path / f"{name}.zip"
        with file.open("wb") as out, Writer(out) as writer:
            writer.add(Entry("happy", "", 1, 1.0), _png(_noise(1)))
            writer.model(files)
            writer.finish(["happy"])
        with pytest.raises(ConfigError):
            project.load(file, fer_home / "bags" / name, name, FACTS, "mcap")
        assert not (fer_home / "bags" / name).exists()


SOUND = _zip({f"pictures/{n}.png": _png(_noise(n, 8)) for n in range(3)}, _head(*(
    {"file": f"pictures/{n}.png", "label": "happy", "subject": "Ann", "take": n, "stamp": n} for n in range(3)
)))  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, len(SOUND) - 1), st.binary(max_size=6)), max_size=4), st.integers(0, 40))
def test_a_damaged_file_is_read_whole_or_refused(changes: list[tuple[int, bytes]], cut: int) -> None:
    data = bytearray(SOUND)
    for at, new in changes:
        data[at : at + len(new)] = new
    _read(bytes(data[: len(data) - cut]))


def test_pictures_without_a_time_get_one(tmp_path: Path, fer_home: Path) -> None:
    (tmp_path / "a.zip").write_bytes(SOUND)
    assert project.load(tmp_path / "a.zip", fer_home / "bags" / "a", "a", FACTS, "sqlite3").labels == {"happy": 3}
    found = bags.info(fer_home / "bags" / "a")
    assert (found.samples, found.storage, [take.number for take in found.takes]) == (3, "sqlite3", [0, 1, 2])


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(("format", "version", "labels", "samples", "other"), JSON)))
def test_any_list_is_read_or_refused(changed: dict[str, Any]) -> None:
    _read(_zip({}, {**_head(), **changed}))


def _read(data: bytes) -> None:
    try:
        with Reader(io.BytesIO(data)) as found:
            assert all(project_file.kind(found.picture(one)) for one in found.samples)
            assert isinstance(found.model(), dict)
    except ConfigError as error:
        assert "\n" not in str(error)


@given(st.text(min_size=1, max_size=64), st.text(max_size=64))
def test_any_label_makes_names_that_every_system_takes(first: str, second: str) -> None:
    out = io.BytesIO()
    with Writer(out) as writer:
        for label in (first, second, first):
            writer.add(Entry(label, "", 0, 0.0), SMALL)
        writer.finish([])
    names = zipfile.ZipFile(out).namelist()
    assert len(set(names)) == 4
    assert all(name == "project.json" or len(name.split("/")) == 3 for name in names)


SMALL = _png(_noise(1, 8))


def test_what_is_no_project_is_told_apart(tmp_path: Path) -> None:
    for name, data in {"a.zip": SOUND, "b.zip": _zip({}, 1), "c.zip": b"PK\3\4", "d.csv": b"emotion,pixels"}.items():
        (tmp_path / name).write_bytes(data)
    found: Callable[[str], bool] = lambda name: project_file.is_one(tmp_path / name)  # noqa: E731
    assert [found(name) for name in ("a.zip", "b.zip", "c.zip", "d.csv", "none")] == [True, True, False, False, False]
