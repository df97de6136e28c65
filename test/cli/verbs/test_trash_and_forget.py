"""`fer trash`, `fer bags --delete` and `fer forget`, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from fer_ros.core import bags

from ...conftest import Run


def _bag(home: Path) -> Path:
    folder = home / "bags" / "one"
    with bags.BagWriter(folder, {"consent": "for a year"}) as writer:
        for stamp, (label, subject) in enumerate((("happy", "Kim"), ("sad", "Lee")), start=1):
            writer.begin_take(label, subject)
            writer.write(stamp, b"\xff\xd8\xff" + bytes([stamp]) * 99, None)
    return folder


@pytest.mark.slow
def test_a_bag_is_deleted_and_comes_back(fer: Run, fer_home: Path) -> None:
    folder = _bag(fer_home)
    shown = fer("bags", "one").out
    assert "consent" in shown and shown.count("for a year") == 2
    done = fer("bags", "one", "--delete")
    assert done.code == 0 and "fer trash restore one" in done.out and not folder.exists()
    listed = fer("trash")
    assert listed.code == 0 and "one" in listed.out and "all" in listed.out
    (entry,) = json.loads(fer("trash", "--json").out)["trash"]
    assert (entry["name"], entry["samples"]) == ("one", 2)
    assert fer("trash", "restore", "one").code == 0 and len(list(bags.stored(folder))) == 2
    wrong = fer("trash", "restore", "one")
    assert wrong.code == 2 and "is not in the trash: there is nothing" in wrong.err
    fer("bags", "one", "--delete")
    assert "one is removed for good" in fer("trash", "empty").out
    assert "the trash is empty" in fer("trash").err


@pytest.mark.slow
def test_a_person_is_forgotten(fer: Run, fer_home: Path) -> None:
    folder = _bag(fer_home)
    planned = fer("forget", "Kim", "--dry-run")
    assert planned.code == 0 and "one: 1 sample in 1 file" in planned.out and len(list(bags.stored(folder))) == 2
    (fer_home / "note.txt").write_text("Kim was here")
    told = fer("forget", "Kim", "--json")
    assert told.code == 1 and json.loads(told.out)["left"] == ["note.txt: the name, in it"]
    (fer_home / "note.txt").unlink()
    told = fer("forget", "Kim")
    assert told.code == 0 and "nothing of this person is left" in told.out, told.err
    assert [sample.subject for sample in bags.stored(folder)] == ["Lee"]
    assert fer("forget", " ").code == 2
