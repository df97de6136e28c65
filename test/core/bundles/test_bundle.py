from __future__ import annotations

import io
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_ros.core.base import arrays, files, paths
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Model


def refused(source: Path | str) -> str:
    """The message of a refusal, which must be one line."""
    with pytest.raises(ConfigError) as error:
        Model.open(Bundle.load(source))
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_shipped_model_loads_and_answers() -> None:
    model = Model.open(Bundle.load("default"))
    assert model.bundle.labels == DEFAULT_LABELS
    crops = np.random.default_rng(0).integers(0, 256, (3, 48, 48, 1), dtype=np.uint8)
    probabilities = model.classify(crops)
    assert probabilities.shape == (3, 7) and probabilities.dtype == np.float32
    np.testing.assert_allclose(probabilities.sum(axis=1), 1.0, atol=1e-5)
    # One by one gives the same as together.
    np.testing.assert_allclose(np.concatenate([model.classify(c[np.newaxis]) for c in crops]), probabilities, atol=1e-6)


@pytest.mark.parametrize("name", ["backbone.tflite", "head.npz"])
@pytest.mark.parametrize("damage", ["cut", "emptied", "flipped", "removed", "a folder", "a dead link"])
def test_a_damaged_file_is_named(copy: Any, name: str, damage: str) -> None:
    file = copy.path / name
    data = bytearray(file.read_bytes())
    file.unlink()
    if damage == "cut":
        file.write_bytes(data[: len(data) // 2])
    elif damage == "emptied":
        file.write_bytes(b"")
    elif damage == "flipped":
        data[len(data) // 3] ^= 1
        file.write_bytes(data)
    elif damage == "a folder":
        file.mkdir()
    elif damage == "a dead link":
        file.symlink_to("nowhere")
    assert name in refused(copy.path)


def test_no_model_there(tmp_path: Path, fer_home: Path) -> None:
    assert "model.yaml is missing" in refused(tmp_path)
    assert "did you mean 'default'" in refused("defualt")
    for name in ("", "../default", "/etc", ".hidden", "a\nb", "x" * 65, "a/b", "a\x00b"):
        assert "is not allowed" in refused(name)


def _traversal(document: dict[str, Any], name: str) -> None:
    document["head"]["file"] = name
    document["sha256"][name] = document["sha256"].pop("head.npz")


CHANGES = {
    "schema of the future": (lambda d: d.update(schema=2), "schema 2 is not known"),
    "schema of another type": (lambda d: d.update(schema="1"), "schema must be of type int"),
    "no schema": (lambda d: d.pop("schema"), "schema is missing"),
    "labels as one string": (lambda d: d.update(labels="angry"), "labels must be of type list"),
    "labels as a mapping": (lambda d: d.update(labels={"a": 1, "b": 2}), "labels must be of type list"),
    "labels that YAML reads as no string": (lambda d: d.update(labels=["yes", True]), "labels[1] must be of type str"),
    "an empty label": (lambda d: d.update(labels=["a", ""]), "label ''"),
    "a label with a line break": (lambda d: d.update(labels=["a", "b\n"]), "label 'b\\n'"),
    "a label of a thousand letters": (lambda d: d.update(labels=["a", "b" * 1000]), "is not allowed"),
    "the same label twice": (lambda d: d.update(labels=["a", "a"]), "different labels"),
    "one label": (lambda d: d.update(labels=["a"]), "different labels"),
    "more labels than the head has": (lambda d: d["labels"].append("awe"), "array 'kernel' is"),
    "a name that leaves the folder": (lambda d: d.update(name="../default"), "is not allowed"),
    "channels as truth": (lambda d: d["input"].update(channels=True), "channels must be 1 or 3"),
    "channels as float": (lambda d: d["input"].update(channels=1.0), "channels must be 1 or 3"),
    "a huge input": (lambda d: d["input"].update(width=10**9), "width must be an integer from 8 to 1024"),
    "another input": (lambda d: d["input"].update(width=64), "the network takes"),
    "no scaling": (lambda d: d["input"].pop("scaling"), "input must have width, height, channels, scaling"),
    "an unknown scaling": (lambda d: d["input"].update(scaling="x"), "choose one of standardize"),
    "an unknown backbone": (lambda d: d["backbone"].update(plugin="mobilnet_v1"), "did you mean 'mobilenet_v1'"),
    "an unknown head": (lambda d: d["head"].update(plugin="\x1b[2J"), "unknown head '\\x1b[2J'"),
    "a head of another kind": (lambda d: d["head"].update(plugin="dense"), "kernel1"),
    "no head": (lambda d: d.pop("head"), "head is missing"),
    "no checksums": (lambda d: d.pop("sha256"), "sha256 is missing"),
    "no checksum of the head": (lambda d: d["sha256"].pop("head.npz"), "head.npz has no SHA-256"),
    "a checksum that is a number": (lambda d: d["sha256"].update({"head.npz": 5}), "must be of type str, got 5"),
    "a checksum of a number": (lambda d: d["sha256"].update({5: "x"}), "sha256 must be names with values"),
    "a path upwards": (lambda d: _traversal(d, "../copy/head.npz"), "must be a plain name"),
    "an absolute path": (lambda d: _traversal(d, "/etc/passwd"), "must be a plain name"),
    "a folder's name": (lambda d: _traversal(d, ".."), "must be a plain name"),
    "a zero byte in a path": (lambda d: _traversal(d, "head\0.npz"), "missing"),
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_wrong_entry_is_named(copy: Any, case: str) -> None:
    change, expected = CHANGES[case]
    document = copy.document()
    change(document)
    copy.save(document)
    message = refused(copy.path)
    assert expected in message and len(message) < 1000


BOMB = "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))

TEXTS: dict[str, str | bytes] = {
    "nothing": "",
    "a word": "happy",
    "a list": "[1, 2]",
    "no YAML": "labels: [",
    "no UTF-8": b"name: \xff\xfe",
    "a zero byte": "name: a\0b",
    "an object": "!!python/object/apply:os.system ['touch /tmp/owned']",
    "nested without end": "[" * 1_000,
    "aliases that unfold to gigabytes": "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + BOMB + "name: *a11\n",
    "an alias to itself": "&a [*a]",
    "a number of ten thousand digits": "schema: " + "9" * 10_000,
    "no date": "schema: 2001-99-99",
    "an empty number": "schema: !!int ''",
    "no truth": "schema: !!bool maybe",
    "a megabyte": "# " + "x" * (1 << 20),
}


@pytest.mark.parametrize("case", TEXTS)
def test_a_damaged_model_yaml_is_named(copy: Any, case: str) -> None:
    text = TEXTS[case]
    copy.mark.write_bytes(text if isinstance(text, bytes) else text.encode())
    assert "model.yaml: " in refused(copy.path)


@pytest.fixture(scope="module")
def victim(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle whose model.yaml is written anew for each example, with small files, so that many fit into a second."""
    folder = tmp_path_factory.mktemp("victim") / "copy"
    shutil.copytree(paths.share_dir() / "models" / "default", folder)
    document = yaml.safe_load((folder / paths.MODEL_FILE).read_text())
    for name in ("backbone.tflite", "head.npz"):
        (folder / name).write_bytes(b"x")
        document["sha256"][name] = files.sha256(folder / name)
    (folder / "good.yaml").write_text(yaml.safe_dump(document))
    return folder


def loads_or_is_refused(folder: Path) -> None:
    try:
        bundle = Bundle.load(folder)
    except ConfigError as error:
        assert "\n" not in str(error)
    else:
        assert len(set(bundle.labels)) == len(bundle.labels) >= 2
        assert all(isinstance(label, str) for label in bundle.labels)
        assert {Path(name).name for name in bundle.checksums} == set(bundle.checksums)


@given(data=st.data())
@settings(max_examples=150)
def test_any_bytes_are_read_or_refused(victim: Path, data: st.DataObject) -> None:
    good = (victim / "good.yaml").read_bytes()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, len(good)))
    (victim / paths.MODEL_FILE).write_bytes(good[:start] + data.draw(st.binary(max_size=12)) + good[end:])
    loads_or_is_refused(victim)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.dates() | st.binary(max_size=3),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6) | st.integers(), inner, max_size=4),
    max_leaves=6,
)


@pytest.mark.slow
@given(data=st.data())
@settings(max_examples=150)
def test_any_values_are_read_or_refused(victim: Path, data: st.DataObject) -> None:
    document = yaml.safe_load((victim / "good.yaml").read_text())
    place = document
    if data.draw(st.booleans()):
        place = document[data.draw(st.sampled_from(["input", "backbone", "head", "sha256"]))]
    place[data.draw(st.sampled_from(sorted(place)) | st.text(max_size=6))] = data.draw(PLAIN)
    (victim / paths.MODEL_FILE).write_text(yaml.safe_dump(document))
    loads_or_is_refused(victim)


def _npz(**arrays: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def _npy() -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.zeros(7))
    return buffer.getvalue()


GOOD = {"kernel": np.zeros((256, 7), np.float32), "bias": np.zeros(7, np.float32)}
HEADS = {
    "empty": lambda: b"",
    "text": lambda: b"kernel",
    "an array without names": _npy,
    "cut": lambda: pack(**GOOD)[:-100],
    "the compressed data flipped": lambda: _npz(**GOOD)[:60] + b"\xff\xff" + _npz(**GOOD)[62:],
    "no bias": lambda: pack(kernel=GOOD["kernel"]),
    "a pickle": lambda: _npz(kernel=np.array([{"a": 1}], dtype=object), bias=GOOD["bias"]),
    "strings": lambda: _npz(kernel=np.full((256, 7), "1.0"), bias=GOOD["bias"]),
    "complex numbers": lambda: _npz(kernel=GOOD["kernel"].astype(complex), bias=GOOD["bias"]),
    "not a number": lambda: pack(kernel=np.full((256, 7), np.nan), bias=GOOD["bias"]),
    "too large for float32": lambda: _npz(kernel=np.full((256, 7), 1e300), bias=GOOD["bias"]),
    "so large that the answer is no number": lambda: pack(kernel=np.full((256, 7), 3e38), bias=GOOD["bias"]),
    "turned": lambda: pack(kernel=GOOD["kernel"].T, bias=GOOD["bias"]),
    "more labels": lambda: pack(kernel=np.zeros((256, 8)), bias=np.zeros(8)),
    "one axis more": lambda: pack(kernel=GOOD["kernel"][np.newaxis], bias=GOOD["bias"]),
}


@pytest.mark.parametrize("case", HEADS)
def test_a_head_that_does_not_fit_is_refused(copy: Any, case: str) -> None:
    copy.put("head.npz", HEADS[case]())
    message = refused(copy.path)
    assert str(copy.path) in message
    if case in ("not a number", "too large for float32"):
        assert "array 'kernel' holds values that are not finite" in message


def test_a_small_file_that_unpacks_to_more_than_allowed_is_refused(copy: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    copy.put("head.npz", _npz(**GOOD))
    Model.open(Bundle.load(copy.path))
    monkeypatch.setattr(arrays, "MAX_BYTES", 256 * 7 * 4)
    assert "7168 are allowed" in refused(copy.path)


def test_a_network_that_cannot_be_read_is_refused(copy: Any) -> None:
    data = (copy.path / "backbone.tflite").read_bytes()
    for damaged in (b"", b"network", data[:1000], data[: len(data) // 2], b"\0" * 8 + data[8:]):
        copy.put("backbone.tflite", damaged)
        assert "backbone.tflite: LiteRT cannot load" in refused(copy.path)


@pytest.mark.parametrize("head", ["silent", "negative", "too_many"])
def test_a_model_that_gives_no_probabilities_is_refused(brightness: Any, head: str) -> None:
    assert "does not answer with probabilities" in refused(brightness(head=head).path)


def test_a_plugin_that_fails_refuses_the_model(brightness: Any) -> None:
    message = refused(brightness(head="failing").path)
    assert message.endswith("brightness: cannot be run: ValueError: shapes (1,1,1) and (3,) not aligned")
