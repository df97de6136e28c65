"""Image fields to pictures: each encoding against a picture of known colours; nothing hostile gets through."""

from __future__ import annotations

import array
import struct

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fer_ros.core.base.errors import BadImage
from fer_ros.core.vision import images
from test.core.vision.conftest import jpeg_that_claims, png_that_claims

REASONS = {"size", "encoding", "step", "data", "compression"}
BLUE, GREEN, RED = (200, 30, 60), (40, 210, 70), (50, 20, 220)


def quarters(height: int = 16, width: int = 32) -> np.ndarray:
    """Blue, green, red and grey quarters, BGR."""
    image = np.full((height, width, 3), 128, dtype=np.uint8)
    image[: height // 2, : width // 2] = BLUE
    image[: height // 2, width // 2 :] = GREEN
    image[height // 2 :, : width // 2] = RED
    return image


def mosaic(image: np.ndarray, pattern: str) -> np.ndarray:
    """The raw picture of a sensor with a colour filter, such as ``rggb``: two letters per row."""
    raw = np.empty(image.shape[:2], dtype=np.uint8)
    for index, letter in enumerate(pattern):
        y, x = divmod(index, 2)
        raw[y::2, x::2] = image[y::2, x::2, "bgr".index(letter)]
    return raw


def yuv(image: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Y, U, V by ITU-R BT.601 with the range of video (16 to 235), which cameras send."""
    b, g, r = (image[..., i].astype(float) for i in range(3))
    y = 16 + (65.481 * r + 128.553 * g + 24.966 * b) / 255
    u = 128 + (-37.797 * r - 74.203 * g + 112.0 * b) / 255
    v = 128 + (112.0 * r - 93.786 * g - 18.214 * b) / 255
    return tuple(np.round(c).astype(np.uint8) for c in (y, u, v))  # type: ignore[return-value]


def sixteen(samples: np.ndarray, big: bool) -> np.ndarray:
    """Samples as 16 bit with noise in the low byte, as bytes in memory order."""
    low = np.full_like(samples, 0x5A)
    return np.stack([samples, low] if big else [low, samples], axis=-1).reshape(len(samples), -1)


def packed(image: np.ndarray, encoding: str, big: bool = False) -> np.ndarray:
    """Rows of bytes as a driver would send them."""
    rows = len(image)
    if encoding.endswith("16") or encoding.startswith("16"):
        narrow = {"16UC1": "mono8", "16UC3": "bgr8", "16UC4": "bgra8"}.get(encoding, encoding.replace("16", "8"))
        return sixteen(packed(image, narrow), big)
    if encoding.startswith("bayer"):
        return mosaic(image, encoding[6:10])
    y, u, v = yuv(image)
    if encoding in ("uyvy", "yuv422", "yuyv", "yuv422_yuy2"):
        chroma = np.empty_like(y)
        chroma[:, 0::2], chroma[:, 1::2] = u[:, 0::2], v[:, 0::2]
        pair = [chroma, y] if encoding in ("uyvy", "yuv422") else [y, chroma]
        return np.stack(pair, axis=-1).reshape(rows, -1)
    if encoding == "p010":
        return sixteen(packed(image, "nv12"), big)
    if encoding in ("i420", "yv12"):
        first, second = (u, v) if encoding == "i420" else (v, u)
        return np.concatenate([y, np.stack([first[::2, ::2], second[::2, ::2]]).reshape(rows // 2, -1)])
    if encoding == "nv24":
        return np.concatenate([y, np.stack([u, v], axis=-1).reshape(rows * 2, -1)])
    if encoding in ("nv12", "nv21"):
        first, second = (u, v) if encoding == "nv12" else (v, u)
        chroma = np.stack([first[::2, ::2], second[::2, ::2]], axis=-1).reshape(rows // 2, -1)
        return np.concatenate([y, chroma])
    alpha = np.full(image.shape[:2], 9, dtype=np.uint8)
    b, g, r = (image[..., i] for i in range(3))
    channels = {
        "bgr8": [b, g, r], "8UC3": [b, g, r], "rgb8": [r, g, b], "mono8": [g], "8UC1": [g],
        "bgra8": [b, g, r, alpha], "8UC4": [b, g, r, alpha], "rgba8": [r, g, b, alpha],
    }[encoding]  # fmt: skip
    return np.stack(channels, axis=-1).reshape(rows, -1)


def padded(rows: np.ndarray, encoding: str, padding: int) -> tuple[int, bytes]:
    """The step and the bytes where each row of the picture ends with so many bytes more."""
    step = rows.shape[1] + padding
    if encoding not in ("nv24", "i420", "yv12"):
        return step, np.pad(rows, ((0, 0), (0, padding)), constant_values=255).tobytes()
    factor = 2 if encoding == "nv24" else 0.5
    luma, chroma = rows[:16], rows[16:].reshape(-1, int(32 * factor))
    more = [
        np.pad(part, ((0, 0), (0, int(padding * k))), constant_values=255) for part, k in ((luma, 1), (chroma, factor))
    ]
    return step, b"".join(part.tobytes() for part in more)


@pytest.mark.parametrize("encoding", images.ENCODINGS)
@pytest.mark.parametrize(("padding", "big"), [(0, False), (6, True)])
def test_each_encoding_gives_the_picture(encoding: str, padding: int, big: bool) -> None:
    truth = quarters()
    rows = packed(truth, encoding, big)
    step, data = padded(rows, encoding, padding)
    image = images.decode(32, 16, encoding, step, array.array("B", data), big)
    expected = truth[..., 1] if image.ndim == 2 else truth
    assert image.dtype == np.uint8 and image.shape == expected.shape
    # Away from the edges of the quarters, where interpolation mixes them.
    inside = np.zeros((16, 32), dtype=bool)
    for y in (0, 8):
        for x in (0, 16):
            inside[y + 2 : y + 6, x + 2 : x + 14] = True
    difference = np.abs(image.astype(int) - expected.astype(int))[inside]
    assert difference.max() <= (3 if encoding[0] in "uynip" else 0)


def test_bgr8_and_mono8_are_views_of_the_message() -> None:
    data = array.array("B", quarters().tobytes())
    image = images.decode(32, 16, "bgr8", 96, data)
    assert np.shares_memory(image, np.frombuffer(data, np.uint8))
    assert np.shares_memory(images.decode(32, 48, "mono8", 32, data), np.frombuffer(data, np.uint8))


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ((0, 16, "bgr8", 96, b"x" * 1536), "size"),
        ((32, 0, "bgr8", 96, b"x" * 1536), "size"),
        ((2**32 - 1, 2**32 - 1, "mono8", 2**32 - 1, b"x"), "size"),
        ((4097, 4096, "mono8", 4097, b"x"), "size"),
        ((31, 16, "uyvy", 62, b"x" * 992), "size"),
        ((32, 15, "nv12", 32, b"x" * 720), "size"),
        ((31, 16, "i420", 31, b"x" * 744), "size"),
        ((32, 16, "i420", 33, b"x" * 792), "step"),
        ((32, 16, "p010", 32, b"x" * 768), "step"),
        ((32, 16, "nv24", 32, b"x" * 768), "data"),
        ((32, 16, "bgr9", 96, b"x" * 1536), "encoding"),
        ((32, 16, "", 96, b"x" * 1536), "encoding"),
        ((32, 16, "\ufffd\ufffd", 96, b"x" * 1536), "encoding"),
        ((32, 16, "32FC1", 128, b"x" * 2048), "encoding"),
        ((32, 16, "bgr8", 95, b"x" * 1520), "step"),
        ((32, 16, "bgr8", 0, b""), "step"),
        ((32, 16, "mono16", 32, b"x" * 512), "step"),
        ((32, 16, "bgr8", 96, b""), "data"),
        ((32, 16, "bgr8", 96, b"x" * 1535), "data"),
        ((32, 16, "bgr8", 96, b"x" * 1537), "data"),
        ((32, 16, "bgr8", 2**32 - 1, b"x" * 1536), "data"),
    ],
)
def test_fields_that_do_not_fit_are_named(fields: tuple[int, int, str, int, bytes], reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        images.decode(*fields)
    assert caught.value.reason == reason
    assert len(str(caught.value).splitlines()) == 1


@settings(max_examples=300, deadline=None)
@given(
    width=st.integers(0, 12),
    height=st.integers(0, 12),
    encoding=st.sampled_from([*images.ENCODINGS, "jpeg", "rgb"]),
    step=st.integers(0, 100),
    data=st.binary(max_size=1400),
    fit=st.booleans(),
    big=st.booleans(),
)
def test_any_fields_give_a_picture_or_a_reason(
    width: int, height: int, encoding: str, step: int, data: bytes, fit: bool, big: bool
) -> None:
    if fit:
        data = bytes(step * height * (3 if encoding.startswith("nv") else 2) // 2)
    try:
        image = images.decode(width, height, encoding, step, data, big)
    except BadImage as error:
        assert error.reason in REASONS
    else:
        assert image.dtype == np.uint8 and image.shape[:2] == (height, width)
        assert image.ndim == 2 or image.shape[2] == 3


@given(height=st.integers(1, 40), width=st.integers(1, 40), grey=st.booleans(), seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_what_we_send_comes_back_the_same(height: int, width: int, grey: bool, seed: int) -> None:
    shape = (height, width) if grey else (height, width, 3)
    image = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    step = width * (1 if grey else 3)
    back = images.decode(width, height, images.encoding_of(image), step, image.tobytes())
    np.testing.assert_array_equal(back, image)


@pytest.mark.parametrize("grey", [False, True])
def test_jpeg_and_png_come_back(grey: bool) -> None:
    image = quarters(64, 96)[..., 1] if grey else quarters(64, 96)
    jpeg = images.decode_compressed(array.array("B", images.encode_jpeg(image, 95)))
    assert jpeg.shape == image.shape and np.abs(jpeg.astype(int) - image).mean() < 3
    assert len(images.encode_jpeg(image, 20)) < len(images.encode_jpeg(image, 95))
    for content in (image, image.astype(np.uint16) << 8):
        png = images.decode_compressed(cv2.imencode(".png", content)[1].tobytes())
        np.testing.assert_array_equal(png, image)


def test_pixels_stay_those_of_the_sensor_whatever_exif_says() -> None:
    jpeg = images.encode_jpeg(quarters(16, 32))
    # One entry, tag 0x0112: orientation 6, a quarter turn.
    tiff = b"II*\0\x08\0\0\0\x01\0" + struct.pack("<HHIHH", 0x0112, 3, 1, 6, 0) + b"\0\0\0\0"
    exif = b"Exif\0\0" + tiff
    turned = jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:]
    assert cv2.imdecode(np.frombuffer(turned, np.uint8), cv2.IMREAD_COLOR).shape == (32, 16, 3)
    assert images.decode_compressed(turned).shape == (16, 32, 3)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "data"),
        (b"\xff", "compression"),
        (b"\xff\xd8\xff", "compression"),
        (b"\xff\xd8\xff\xd9", "compression"),
        (b"\xff\xd8\xff\xe0\x00\x00\xff\xd9", "compression"),
        (b"GIF89a" + bytes(50), "compression"),
        (b"v/1\x01" + bytes(50), "compression"),
        (b"\x89PNG\r\n\x1a\n", "compression"),
        (images.encode_jpeg(quarters(200, 200))[:-200], "compression"),
        (cv2.imencode(".png", quarters())[1].tobytes()[:-9], "compression"),
        (jpeg_that_claims(65000, 65000), "size"),
        (jpeg_that_claims(0, 20), "size"),
        (png_that_claims(2**31 - 1, 2**31 - 1), "size"),
        (png_that_claims(4096, 4097), "size"),
    ],
)
def test_compressed_data_that_do_not_fit_are_named(data: bytes, reason: str) -> None:
    with pytest.raises(BadImage) as caught:
        images.decode_compressed(data)
    assert caught.value.reason == reason


def test_a_camera_that_fills_up_its_buffer_is_understood() -> None:
    jpeg = images.encode_jpeg(quarters())
    np.testing.assert_array_equal(images.decode_compressed(jpeg + bytes(1000)), images.decode_compressed(jpeg))


_JPEG, _PNG = images.encode_jpeg(quarters()), cv2.imencode(".png", quarters())[1].tobytes()


@settings(max_examples=200, deadline=None)
@given(
    whole=st.sampled_from([_JPEG, _PNG]),
    changes=st.lists(st.tuples(st.integers(0, 10_000), st.integers(0, 255)), max_size=8),
    cut=st.integers(0, 40),
)
def test_damaged_files_give_a_picture_or_a_reason(whole: bytes, changes: list[tuple[int, int]], cut: int) -> None:
    damaged = bytearray(whole[: len(whole) - cut])
    for at, value in changes:
        damaged[at % len(damaged)] = value
    try:
        image = images.decode_compressed(bytes(damaged))
    except BadImage as error:
        assert error.reason in REASONS
    else:
        assert image.dtype == np.uint8 and image.ndim in (2, 3)
