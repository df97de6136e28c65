"""``fer duplicates`` as users type it; what it finds is tested in ``test/core/evaluating``."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from fer_ros.cli.main import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def csv(tmp_path: Path) -> Path:
    """Thirty faces of Training, each again in PrivateTest, a few with another label; and one damaged row."""
    faces = np.random.default_rng(7).integers(0, 256, (30, 2304))
    rows = ["emotion,pixels,Usage", "x,1,Training"]
    for usage in ("Training", "PrivateTest"):
        for number, face in enumerate(faces):
            emotion = number % 7 if usage == "Training" or number > 3 else 6
            rows.append(f"{emotion},{' '.join(map(str, face))},{usage}")
    (tmp_path / "fer2013.csv").write_text("\n".join(rows))
    return tmp_path / "fer2013.csv"


def test_the_table(csv: Path, capsys: Capture) -> None:
    assert main(["duplicates", str(csv), "--rows", "4"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "faces: Training 30, PrivateTest 30"
    assert lines[1] == "pairs with a correlation above 0.98: 30" and lines[2] == "left out: 1 of another size"
    assert lines[5].split() == ["Training", "PrivateTest", "30", "30", "30", "26"]
    assert len([line for line in lines if line.split()[:3] == ["1.0000", "Training", "row"]]) == 4
    assert lines[-1] == "… and 26 more: --rows 0 or --json lists all"
    assert main(["duplicates", str(csv), "--rows", "0"]) == 0
    assert capsys.readouterr().out.count("\n1.0000") == 30


def test_json_lists_every_pair(csv: Path, capsys: Capture) -> None:
    assert main(["duplicates", str(csv), "--json", "--threshold", "0.999"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["count"] == len(found["pairs"]) == 30 and found["threshold"] == 0.999
    rows = {(int(p["first"]["name"][4:]), int(p["second"]["name"][4:])) for p in found["pairs"]}
    assert rows == {(number, number + 30) for number in range(1, 31)}
    assert found["skipped"] == {"of another size": 1}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--strict"], "line 2: of another size"),
        (["--threshold", "2"], "give a number between 0 and 1"),
        (["absent"], "absent: no such dataset"),
    ],
)
def test_what_is_wrong_is_one_line(csv: Path, capsys: Capture, words: list[str], message: str) -> None:
    assert main(["duplicates", str(csv), *words]) == 2
    err = capsys.readouterr().err.splitlines()[-1]
    assert err.startswith("fer duplicates: ") and message in err


def test_no_pair_is_no_error(csv: Path, tmp_path: Path, capsys: Capture) -> None:
    lines = csv.read_text().splitlines()
    (tmp_path / "one.csv").write_text("\n".join(lines[:1] + lines[2:10]))
    assert main(["duplicates", str(tmp_path / "one.csv")]) == 0
    assert "above 0.98: 0" in capsys.readouterr().out
