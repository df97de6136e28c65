"""A model.yaml of a stranger's never ends the list of models, nor takes it long."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path

import pytest

from fer_ros.core.base import paths
from fer_ros.core.bundles import model_list
from fer_ros.dashboard.doing import models as page

SHIPPED = paths.share_dir() / "models" / "small"
ACCURACY = "  accuracy: "


def _with_accuracy(value: str) -> str:
    text = (SHIPPED / paths.MODEL_FILE).read_text(encoding="utf-8")
    at = text.index(ACCURACY) + len(ACCURACY)
    return text[:at] + value + text[text.index("\n", at) :]


HOSTILE = {
    "hexadecimal": _with_accuracy("0x" + "f" * 4_000),
    "beyond_floats": _with_accuracy("1" + "0" * 400),
    "beyond_finite": _with_accuracy("1.0e+400"),
    "sexagesimal": _with_accuracy(":".join(["1"] * 200_000)),
    "deep": _with_accuracy("[" * 100_000),
    "wide": _with_accuracy("[" + "1," * 200_000 + "1]"),
    "alias": "a: &a [1]\n" + _with_accuracy("*a"),
    "date": _with_accuracy("2025-03-01"),
    "binary": _with_accuracy("!!binary eA=="),
    "not_a_number": _with_accuracy(".nan"),
    "a_text": _with_accuracy("'\\x1b[2J'"),
    "lists_for_tables": "schema: 1\nname: x\nlabels: [a, b]\ninput: []\nbackbone: []\nhead: []\nsha256: []\n",
    "a_list": "- 1\n",
    "binary_zeros": "\0" * 100,
}


@pytest.fixture
def models(fer_home: Path) -> None:
    """A folder of models of which each is hostile in its own way."""
    for name, text in HOSTILE.items():
        folder = fer_home / "models" / name
        shutil.copytree(SHIPPED, folder)
        (folder / paths.MODEL_FILE).write_text(text, encoding="utf-8")


@pytest.mark.usefixtures("models")
def test_every_list_of_models_goes_on() -> None:
    began = time.process_time()
    found = model_list.listing()
    assert time.process_time() - began < 10.0
    json.dumps([model.to_dict() for model in found], allow_nan=False)
    json.dumps([page._facts(model) for model in found], allow_nan=False)
    assert {model.name for model in found} >= {*HOSTILE, "default"}
    whole = {model.name for model in found if model.bundle is not None and model.own}
    assert whole == {"sexagesimal", "date", "not_a_number", "a_text"}
    assert all(model.error.count("\n") == 0 and len(model.error) < 400 for model in found)


@pytest.mark.usefixtures("models")
def test_the_command_lists_them_too(fer: object) -> None:
    done = fer("models")  # type: ignore[operator]
    assert done.code == 0 and "Traceback" not in done.err and "\x1b[2J" not in done.out
    assert all(name in done.out for name in HOSTILE)
