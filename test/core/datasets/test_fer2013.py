from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import ImageArray
from fer_ros.core.datasets import fer2013

USAGES = ("Training", "Training", "PublicTest", "PrivateTest")
IMAGES = np.random.default_rng(0).integers(0, 256, (4, 48, 48), dtype=np.uint8)
TARGETS = (3, 0, 6, 1)
HEADER = "emotion,pixels,Usage"
RENAMED = "usage, image , Neutral,happy,Surprised,sad,angry,Disgust,fearful,contempt,unknown,NF"
#: As in FER+: votes of ten people for the ten columns.
PLUS_HEADER = "Usage,Image name,neutral,happiness,surprise,sadness,anger,disgust,fear,contempt,unknown,NF"
PLUS = [
    "Training,a.png,0,10,0,0,0,0,0,0,0,0",
    "Training,,4,0,0,0,3,0,0,2,1,0",
    ",,0,0,0,0,0,0,0,0,10,0",
    ",,1,2,3,4,5,6,7,0,0,0",
]


def row(image: ImageArray, target: object = 3, usage: object = "Training") -> str:
    return f"{target},{' '.join(map(str, image.ravel()))},{usage}"


ROWS = [row(*given) for given in zip(IMAGES, TARGETS, USAGES, strict=True)]


def write(folder: Path, rows: list[str], header: str = HEADER, name: str = "fer2013.csv") -> Path:
    path = folder / name
    path.write_text("\n".join([header, *rows]) + "\n")
    return path


def refused(path: Path, strict: bool = False) -> str:
    with pytest.raises(ConfigError) as error:
        fer2013.load(path, strict)
    text = str(error.value)
    assert text.startswith(f"{path.parent}/") and len(text.splitlines()) == 1 and len(text) < 400
    return text


def test_every_face_is_read_as_it_was_written(tmp_path: Path) -> None:
    faces = fer2013.load(write(tmp_path, ROWS))
    np.testing.assert_array_equal(faces.images, IMAGES)
    assert faces.images.dtype == np.uint8 and faces.labels == DEFAULT_LABELS
    assert faces.targets.tolist() == list(TARGETS) and faces.usage.tolist() == list(USAGES)
    assert faces.rows.tolist() == [0, 1, 2, 3] and not faces.votes.any() and faces.votes.shape == (4, 7)
    part = faces.part("Training")
    assert len(part) == 2 and part.rows.tolist() == [0, 1]
    with pytest.raises(ConfigError, match="found PrivateTest, PublicTest, Training"):
        faces.part("Test")


def test_other_orders_marks_and_line_ends_are_read(tmp_path: Path) -> None:
    path = tmp_path / "fer2013.CSV"
    text = "\ufeffUsage,emotion,more,pixels\r\n" + "".join(
        f'{usage},{target},x,"{" ".join(map(str, image.ravel()))}"\r\n'
        for image, target, usage in zip(IMAGES, TARGETS, USAGES, strict=True)
    )
    path.write_bytes(text.encode())
    np.testing.assert_array_equal(fer2013.load(path).images, IMAGES)


@pytest.mark.parametrize("header", [PLUS_HEADER, RENAMED])
def test_the_votes_beside_it_are_used(tmp_path: Path, header: str) -> None:
    write(tmp_path, PLUS, header, "fer2013new.csv")
    faces = fer2013.load(write(tmp_path, ROWS))
    # angry, disgust, fear, happy, sad, surprise, neutral
    assert faces.votes.tolist() == [[0, 0, 0, 10, 0, 0, 0], [3, 0, 0, 0, 0, 0, 4], [0] * 7, [5, 6, 7, 2, 4, 3, 1]]
    targets = fer2013.soft_targets(faces, 0.4)
    assert targets.dtype == np.float32
    np.testing.assert_allclose(targets.sum(axis=1), 1.0, atol=1e-6)
    np.testing.assert_allclose(targets[0], [0, 0, 0, 1, 0, 0, 0], atol=1e-6)
    np.testing.assert_allclose(targets[1], [0.6 + 0.4 * 3 / 7, 0, 0, 0, 0, 0, 0.4 * 4 / 7], atol=1e-6)
    np.testing.assert_allclose(targets[2], [0, 0, 0, 0, 0, 0, 1], atol=1e-6)
    np.testing.assert_allclose(fer2013.soft_targets(faces, 0.0), np.eye(7)[list(TARGETS)], atol=0)


@pytest.mark.parametrize("row", ["Training,a.png,1,2", *(PLUS[0].replace("10", bad) for bad in ("ten", "nan", "-1"))])
def test_damaged_votes_count_as_none(tmp_path: Path, row: str) -> None:
    write(tmp_path, [PLUS[0], row, *PLUS[2:]], PLUS_HEADER, "fer2013new.csv")
    path = write(tmp_path, ROWS)
    faces = fer2013.load(path)
    assert faces.votes[:2].tolist() == [[0, 0, 0, 10, 0, 0, 0], [0] * 7] and faces.votes[3].any()
    assert faces.left_out.counts == {"of damaged votes": 1} and len(faces) == 4
    assert "fer2013new.csv: line 3: of damaged votes" in refused(path, strict=True)


def test_votes_of_another_release_are_refused(tmp_path: Path) -> None:
    write(tmp_path, PLUS[:-1], PLUS_HEADER, "fer2013new.csv")
    assert "has 3 rows, fer2013.csv has 4" in refused(write(tmp_path, ROWS))


def test_a_missing_column_of_votes_is_named(tmp_path: Path) -> None:
    write(tmp_path, PLUS, PLUS_HEADER.replace("fear", "fright"), "fer2013new.csv")
    with pytest.raises(ConfigError, match=r"new\.csv: column fear is missing: expected neutral, .*'fright'"):
        fer2013.load(write(tmp_path, ROWS))


LEVELS = " ".join(["7"] * 2304)
PIXELS, SIZE, EMOTION, USAGE = "of damaged pixels", "of another size", "of unknown emotion", "of unknown usage"
BAD_ROWS = {
    "no pixels": ("3,,Training", SIZE, "0 grey levels, 2304 expected"),
    "too few pixels": (f"3,{LEVELS[2:]},Training", SIZE, "2303 grey levels"),
    "too many pixels": (f"3,{LEVELS} 7,Training", SIZE, "2305 grey levels"),
    "a level too high": (f"3,{LEVELS[2:]} 256,Training", PIXELS, "from 0 to 255"),
    "a negative level": (f"3,{LEVELS[2:]} -1,Training", PIXELS, "from 0 to 255"),
    "a huge level": (f"3,{LEVELS[2:]} {'9' * 30},Training", PIXELS, "from 0 to 255"),
    "a broken level": (f"3,{LEVELS[2:]} 1.5,Training", PIXELS, "numbers expected"),
    "a word after the levels": (f"3,{LEVELS} end,Training", PIXELS, "numbers expected"),
    "words": ("3,a b c,Training", PIXELS, "numbers expected"),
    "no emotion": (f",{LEVELS},Training", EMOTION, "emotion ''"),
    "an emotion too high": (f"7,{LEVELS},Training", EMOTION, "emotion '7', expected 0 to 6"),
    "an emotion of ten thousand digits": (f"{'1' * 10_000},{LEVELS},Training", EMOTION, "emotion '111"),
    "an emotion that is a word": (f"cheese,{LEVELS},Training", EMOTION, "emotion 'cheese'"),
    "another usage": (f"3,{LEVELS},Test\x1b[2J", USAGE, r"usage 'Test\x1b[2J', expected one of Training"),
    "columns are missing": ("3", SIZE, "0 grey levels"),
    "the usage is missing": (f"3,{LEVELS}", USAGE, "usage None"),
    "a quote that never ends": (f'3,"{LEVELS},Training', PIXELS, "numbers expected"),
    "a field beyond all bounds": (f"3,{LEVELS * 40},Training", SIZE, "0 grey levels"),
}


@pytest.mark.parametrize("case", BAD_ROWS)
def test_a_bad_row_is_named_and_left_out_or_refused(
    tmp_path: Path, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad, kind, message = BAD_ROWS[case]
    path = write(tmp_path, [*ROWS[:2], bad, ROWS[3]])
    faces = fer2013.load(path)
    np.testing.assert_array_equal(faces.images, IMAGES[[0, 1, 3]])
    assert (
        faces.rows.tolist() == [0, 1, 3]
        and faces.left_out.counts == {kind: 1} == faces.part("Training").left_out.counts
    )
    assert f"{path}: line 4: left out, {kind} (" in caplog.text and message in caplog.text
    text = refused(path, strict=True)
    assert f"{path}: line 4: {kind}" in text and message in text and "without --strict it is left out" in text


def test_a_zero_byte_costs_one_row(tmp_path: Path) -> None:
    """The row is cut by some versions of Python's csv module and read by others; the rest is read by all."""
    faces = fer2013.load(write(tmp_path, [*ROWS[:2], f"3,{LEVELS[2:]} \0,Training", ROWS[3]]))
    assert faces.rows.tolist() == [0, 1, 3] and sum(faces.left_out.counts.values()) == 1


def test_votes_stay_with_their_faces_where_rows_are_left_out(tmp_path: Path) -> None:
    write(tmp_path, PLUS, PLUS_HEADER, "fer2013new.csv")
    faces = fer2013.load(write(tmp_path, ["", "damaged", *ROWS[1:]]))
    assert faces.votes.tolist() == [[3, 0, 0, 0, 0, 0, 4], [0] * 7, [5, 6, 7, 2, 4, 3, 1]]


FILES = {
    "empty": (b"", "column emotion, pixels is missing: expected emotion, pixels, or path and label"),
    "only the header": (f"{HEADER}\n".encode(), "holds no faces"),
    "another table": (b"a,b\n1,2\n", "is missing: expected emotion, pixels, or path and label"),
    "the pixels missing": (b"emotion,Usage\n3,Training\n", "column pixels is missing"),
    "a picture": (b"\x89PNG\r\n\x1a\n\xff\xfe", "is missing: expected emotion, pixels, or path and label"),
    "no good row": (f"{HEADER}\n9,1,Training\n9\n".encode(), "holds no faces that can be used (2 of another size)"),
}


@pytest.mark.parametrize("case", FILES)
def test_other_files_are_refused(tmp_path: Path, case: str) -> None:
    content, message = FILES[case]
    path = tmp_path / "fer2013.csv"
    path.write_bytes(content)
    assert message in refused(path)


def test_what_is_not_there_or_of_another_kind(tmp_path: Path) -> None:
    assert "no such file" in refused(tmp_path / "fer2013.csv")
    assert "no such file" in refused(tmp_path)
    (tmp_path / "fer2013.zip").touch()
    assert "column emotion, pixels is missing" in refused(tmp_path / "fer2013.zip")


@given(data=st.data())
@settings(max_examples=60)
def test_any_damage_is_named_or_harmless(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    good = "\n".join([HEADER, *ROWS[:2]]).encode()
    start = data.draw(st.integers(0, len(good)))
    end = data.draw(st.integers(start, min(len(good), start + 20)))
    path = tmp_path_factory.getbasetemp() / "damaged.csv"
    path.write_bytes(good[:start] + data.draw(st.binary(max_size=6)) + good[end:])
    try:
        faces = fer2013.load(path)
    except ConfigError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert len(faces) >= 1 and faces.images.shape[1:] == (48, 48)


def arrays(**changes: Any) -> dict[str, Any]:
    given_arrays = {
        "image": IMAGES,
        "label": np.array(TARGETS, np.uint8),
        "usage": np.array(USAGES),
        "row": np.array([5, 6, 7, 9]),
        "votes": np.full((4, 10), 1, np.uint8),
        "vote_names": np.array(PLUS_HEADER.split(",")[2:]),
        "label_names": np.array(DEFAULT_LABELS),
        **changes,
    }
    return {name: value for name, value in given_arrays.items() if value is not None}


def npz(**changes: Any) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays(**changes))
    return buffer.getvalue()


def test_the_same_as_npz(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    path.write_bytes(npz())
    faces = fer2013.load(path)
    np.testing.assert_array_equal(faces.images, IMAGES)
    assert faces.rows.tolist() == [5, 6, 7, 9] and faces.votes.tolist() == [[1] * 7] * 4
    path.write_bytes(npz(row=None, votes=None, vote_names=None, label_names=None))
    assert fer2013.load(path).rows.tolist() == [0, 1, 2, 3] and not fer2013.load(path).votes.any()


BAD_NPZ = {
    "empty": lambda: b"",
    "cut": lambda: npz()[:2000],
    "flipped": lambda: npz()[:200] + b"\xff" * 8 + npz()[208:],
    "no archive": lambda: b"image",
    "no images": lambda: npz(image=None),
    "no faces": lambda: npz(image=IMAGES[:0], label=[], usage=np.array([], str), row=[], votes=None),
    "colour": lambda: npz(image=np.zeros((4, 48, 48, 3), np.uint8)),
    "floats": lambda: npz(image=IMAGES / 255.0),
    "another size": lambda: npz(image=IMAGES[:, :40, :40]),
    "a label too few": lambda: npz(label=[0, 1, 2]),
    "labels as a column": lambda: npz(label=np.zeros((4, 1), np.uint8)),
    "labels as words": lambda: npz(label=["a"] * 4),
    "a usage too few": lambda: npz(usage=USAGES[:3]),
    "another usage throughout": lambda: npz(usage=["Test"] * 4),
    "a row too few": lambda: npz(row=[1, 2, 3]),
    "other labels": lambda: npz(label_names=DEFAULT_LABELS[::-1]),
    "votes too few": lambda: npz(votes=np.ones((3, 10))),
    "a column of votes too few": lambda: npz(votes=np.ones((4, 9))),
    "no names of the votes": lambda: npz(vote_names=None),
    "votes that are no numbers": lambda: npz(votes=np.full((4, 10), np.nan)),
    "a pickle": lambda: npz(usage=np.array([{}] * 4, dtype=object)),
}


@pytest.mark.parametrize("case", BAD_NPZ)
def test_a_damaged_npz_is_refused(tmp_path: Path, case: str) -> None:
    path = tmp_path / "faces.npz"
    path.write_bytes(BAD_NPZ[case]())
    refused(path)


def test_bad_rows_of_an_npz_are_left_out_or_refused(tmp_path: Path) -> None:
    path = tmp_path / "faces.npz"
    path.write_bytes(npz(label=[0, 7, 2, -1], usage=["Training", "Training", "Test", "Training"]))
    faces = fer2013.load(path)
    assert faces.rows.tolist() == [5] and faces.left_out.counts == {"of unknown emotion": 2, "of unknown usage": 1}
    assert "row 6: of unknown emotion (emotion 7, expected 0 to 6)" in refused(path, strict=True)
