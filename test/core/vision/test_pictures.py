"""Every kind of picture is read right, whatever it is called; what is none is named, soon and with little memory."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision import depth, images, pictures
from test.core.vision.conftest import GREY, PICTURE, READABLE, REFUSED, TOLERANCE, pil, with_exif


@pytest.mark.parametrize("name", READABLE)
def test_a_file_is_read_by_what_it_holds(tmp_path: Path, name: str) -> None:
    file = tmp_path / "picture.txt"
    file.write_bytes(READABLE[name])
    notes: list[str] = []
    image = pictures.read_file(file, note=notes.append)
    expected = np.dstack([GREY] * 3) if name.endswith("grey") else PICTURE
    assert image.dtype == np.uint8 and image.shape == expected.shape
    assert np.abs(image.astype(int) - expected).mean() < TOLERANCE
    assert [pictures.ANIMATED in notes, len(notes)] == ([True, 1] if "animated" in name else [False, 0])


@pytest.mark.parametrize("name", READABLE)
def test_a_message_is_read_like_a_file(name: str) -> None:
    image = images.decode_compressed(READABLE[name])
    expected = GREY if image.ndim == 2 else PICTURE
    assert image.shape == expected.shape and np.abs(image.astype(int) - expected).mean() < TOLERANCE
    assert images.decode_compressed(READABLE[name], grey=True).shape == (48, 64)


def test_a_profile_that_is_wrong_is_no_words_on_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    """As that of scikit-image's astronaut, of whom libpng warned."""
    assert images.decode_compressed(READABLE["png with a profile that is wrong"]).shape == (48, 64, 3)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_picture_is_named_in_one_line(tmp_path: Path, name: str) -> None:
    data, word = REFUSED[name]
    file = tmp_path / "picture.jpg"
    file.write_bytes(data)
    with pytest.raises(BadImage) as caught:
        pictures.read_file(file)
    assert word in str(caught.value) and "\n" not in str(caught.value) and 0 < len(caught.value.short) < 60


@pytest.mark.parametrize(("orientation", "shape"), [(1, (48, 64)), (3, (48, 64)), (6, (64, 48)), (8, (64, 48))])
def test_a_photograph_is_turned_and_a_sensor_is_not(tmp_path: Path, orientation: int, shape: tuple[int, int]) -> None:
    file = tmp_path / "x"
    file.write_bytes(with_exif(orientation))
    assert pictures.read_file(file).shape[:2] == shape
    assert images.decode_compressed(file.read_bytes()).shape[:2] == (48, 64)


MEASURE = """
import json, sys, time
from pathlib import Path
from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision import pictures
begin = time.process_time()
for file in map(Path, sys.argv[1:]):
    try:
        pictures.read_file(file)
    except BadImage:
        pass
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(json.dumps([int(peak.split()[1]) / 1024, time.process_time() - begin]))
"""


def test_harmful_files_take_little_memory_and_time(tmp_path: Path) -> None:
    files = []
    for number, (data, _) in enumerate(REFUSED.values()):
        files.append(tmp_path / str(number))
        files[-1].write_bytes(data)
    done = subprocess.run([sys.executable, "-c", MEASURE, *files], capture_output=True, text=True, check=True)
    megabytes, seconds = json.loads(done.stdout)
    assert megabytes < 300 and seconds < 2.0  # of the processor, for all of them
    assert done.stderr == ""


@pytest.mark.parametrize(("name", "megabytes"), [("avif", 5), ("heic", 7)])
def test_a_picture_that_takes_long_to_decode_is_refused_by_its_bytes(name: str, megabytes: int) -> None:
    if name not in READABLE:
        pytest.skip(f"no reader of {name} here")

    def with_film(claimed: int) -> np.ndarray:
        """With a phone's film behind it, of whose bytes the picture claims some for itself (the end of ``iloc``)."""
        data = bytearray(READABLE[name])
        at = data.index(b"iloc") - 4
        end = at + int.from_bytes(data[at : at + 4], "big")
        if claimed:
            data[end - 4 : end] = claimed.to_bytes(4, "big")
        film = megabytes * 1_000_000 + 8
        return np.frombuffer(bytes(data) + film.to_bytes(4, "big") + b"mpvd" + bytes(film - 8), np.uint8)

    with pytest.raises(BadImage, match=f"more than {megabytes} MB: save it smaller, or as JPEG"):
        pictures.decode(with_film(megabytes * 1_000_000 + 1), 1 << 22)
    assert pictures.decode(with_film(0), 1 << 22).shape == PICTURE.shape


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "how"),
    [("avif", {"speed": 10, "quality": 30}), ("heic", {"quality": 10, "enc_params": {"preset": "ultrafast"}})],
)
def test_the_largest_picture_of_phones_takes_little_memory_and_time(
    tmp_path: Path, name: str, how: dict[str, Any]
) -> None:
    if name not in READABLE:
        pytest.skip(f"no writer of {name} here")
    side = int((pictures.MAX_FILE_PIXELS // 2) ** 0.5)
    file = tmp_path / "large"
    file.write_bytes(pil("HEIF" if name == "heic" else "AVIF", Image.linear_gradient("L").resize((side, side)), **how))
    script = MEASURE.replace("pass", "raise")
    done = subprocess.run([sys.executable, "-c", script, file], capture_output=True, text=True, check=True)
    megabytes, seconds = json.loads(done.stdout)
    assert megabytes < 500 and seconds < 2.0


_WHOLE = [READABLE[n] for n in ("gif", "tiff lzw", "webp", "bmp", "ppm", "pam", "jpeg 2000", "sun raster", "pfm")]


@settings(max_examples=150, deadline=None)
@given(
    whole=st.sampled_from([*_WHOLE, *(READABLE[n] for n in ("avif", "heic", "tga", "pcx", "icon") if n in READABLE)]),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 40),
)
def test_damaged_files_give_a_picture_or_a_reason(whole: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(whole[: len(whole) - cut])
    for at, value in changes:
        damaged[at % len(damaged)] = value
    try:
        image = pictures.decode(np.frombuffer(bytes(damaged), np.uint8), 1 << 22, "bgr", True)
    except BadImage as error:
        assert error.reason in ("size", "compression")
    else:
        assert image.dtype == np.uint8 and image.ndim == 3


def test_few_bits_of_sixteen_are_told_and_can_be_set() -> None:
    dark = (GREY.astype(np.uint16) << 2).astype("<u2")  # 10 bits
    fields = (64, 48, "mono16", 128, dark.tobytes())
    notes: list[str] = []
    assert images.decode(*fields, note=notes.append).max() < 4
    assert "uses 10 of 16 bits" in notes[0] and "set bits to 10" in notes[0]
    np.testing.assert_array_equal(images.decode(*fields, depth=depth.parse("10"), note=notes.append), GREY)
    stretched = images.decode(*fields, depth=depth.parse("auto"), note=notes.append)
    assert stretched.min() == 0 and stretched.max() == 255 and len(notes) == 1
    big = images.decode(64, 48, "16UC1", 128, dark.astype(">u2").tobytes(), True, depth=depth.parse("10"))
    np.testing.assert_array_equal(big, GREY)


@pytest.mark.parametrize("text", ["7", "17", "ten", "1e1", " "])
def test_bits_that_do_not_exist_are_refused(text: str) -> None:
    with pytest.raises(Exception, match="8 to 16, or auto"):
        depth.parse(text)
