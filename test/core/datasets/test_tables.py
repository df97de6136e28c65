"""Tables as others write them: encodings, separators, order of columns, packed or not."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.datasets import fer2013
from fer_ros.core.datasets.datasets import check_table

LEVELS = " ".join(str(n % 256) for n in range(48 * 48))


def packed(text: str, how: str) -> bytes:
    return gzip.compress(text.encode()) if how == "gzip" else text.encode(how)


@pytest.mark.parametrize("how", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gzip"])
@pytest.mark.parametrize(
    ("head", "line"),
    [
        ("emotion,pixels,Usage", "3,{0},PublicTest"),
        ("emotion, Usage, pixels", "3, PublicTest, {0}"),
        ("Pixels;Emotion;USAGE", "{0};3;PublicTest"),
        ("emotion\tpixels\tusage", "3\t{0}\tPublicTest"),
        ("label,pixels", "happy,{0}"),
        ("id,emotion,pixels", '1,Happiness,"{0}"'),
        ("emotion, Usage, pixels", '3.0, PublicTest, "[{1}]"'),
        ("", "3,{0},PublicTest"),  # without a header
        ("", "PublicTest;happy;{0}"),
        ("", "{0}\t3"),
    ],
)
def test_the_tables_that_others_made_of_it_are_read(tmp_path: Path, head: str, line: str, how: str) -> None:
    path = tmp_path / "mine.txt"
    row = line.format(LEVELS, LEVELS.replace(" ", ", "))
    path.write_bytes(packed("\n".join([*filter(None, [head]), row, ""]), how))
    check_table(path)
    faces = fer2013.load(path)
    assert faces.targets.tolist() == [3] and " ".join(map(str, faces.images[0].ravel())) == LEVELS
    assert faces.usage.tolist() == ["PublicTest" if "PublicTest" in line else "Training"]


def test_a_table_of_other_columns_is_told_what_is_expected_and_what_is_there(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text("subDirectory_filePath,face_x,expression\n1/a.jpg,3,1\n")
    with pytest.raises(ConfigError, match=r"expected emotion, pixels, .*; its first line has 'subDir"):
        fer2013.load(path)
    path.write_text(f"pixels\n{LEVELS}\n")  # Kaggle's test.csv
    with pytest.raises(ConfigError, match=r"column emotion is missing: .*; its first line has 'pixels'$"):
        fer2013.load(path)
    path.write_bytes(gzip.compress(b"emotion,pixels\n3,0 0 0\n" * 50)[:-20])
    with pytest.raises(ConfigError):
        fer2013.load(path)
