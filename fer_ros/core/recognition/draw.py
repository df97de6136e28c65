"""The annotated picture: a box around each face, the emotion read from it, what hinders that, and the latency."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.labels import DEFAULT_LABELS
from fer_ros.core.base.types import Emotion, ImageArray, Result, Roi

Colour = tuple[int, int, int]

#: Colours that people with any kind of colour vision tell apart (Okabe and Ito, "Color Universal Design", 2008), BGR;
#: in the order of the default labels: vermillion, green, purple, yellow, blue, orange, and grey for neutral.
PALETTE: tuple[Colour, ...] = (
    (0, 94, 213),
    (115, 158, 0),
    (167, 121, 204),
    (66, 228, 240),
    (178, 114, 0),
    (0, 159, 230),
    (200, 200, 200),
    (233, 180, 86),
)
DARK, LIGHT = (24, 24, 24), (245, 245, 245)
#: How much of the picture shines through behind text.
CLEAR = 0.35
FONT = cv2.FONT_HERSHEY_SIMPLEX
#: Faces that get bars, the largest first; more would hide the picture.
MAX_PANELS = 4
#: Characters of a label that are shown.
MAX_TEXT = 14


def annotate(image: ImageArray, result: Result, latency_ms: float | None = None) -> ImageArray:
    """A new picture with the result drawn into it.

    :param image: uint8, (height, width, 3) BGR or (height, width) grey, 1×1 or larger; it is not changed.
    :param latency_ms: from acquisition to result, milliseconds; None leaves it out.
    :returns: uint8 (height, width, 3) BGR, of the same size.
    """
    picture = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR) if image.ndim == 2 else image.copy()
    pen = _Pen(picture)
    emotions = result.emotions
    for emotion in reversed(emotions):
        pen.box(emotion.face.roi, colour(emotion.label, emotion.labels))
    taken = [emotion.face.roi for emotion in emotions]
    for emotion in emotions:
        taken.append(_caption(pen, emotion, taken))
    for emotion in emotions[:MAX_PANELS]:
        taken.append(_bars(pen, emotion, taken))
    footer = result.model if latency_ms is None else f"{result.model}  {latency_ms:.1f} ms"
    pen.text_box(plain(footer, 3 * MAX_TEXT), 0, picture.shape[0], DARK)
    return picture


def colour(label: str, labels: Sequence[str]) -> Colour:
    """The colour of a label, BGR: the same in every model for a default label, else by its place in ``labels``."""
    if label in DEFAULT_LABELS:
        return PALETTE[DEFAULT_LABELS.index(label)]
    place = list(labels).index(label) if label in labels else 0
    return PALETTE[(place + 7) % len(PALETTE)]


def plain(text: str, longest: int = MAX_TEXT) -> str:
    """A text as OpenCV's font can draw it: short ASCII, without accents, and ``?`` for the rest."""
    bare = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    shown = "".join(c if " " <= c <= "~" else "?" for c in bare)
    return shown if len(shown) <= longest else shown[: longest - 2] + ".."


@dataclass(frozen=True, slots=True)
class _Size:
    """Lengths in pixels, in proportion to the picture."""

    font: float
    line: int
    row: int
    gap: int

    @classmethod
    def of(cls, image: ImageArray) -> _Size:
        short = min(image.shape[:2])
        font = min(max(short / 950.0, 0.34), 2.0)
        return cls(font, max(1, round(font * 2.2)), round(31 * font), max(2, round(8 * font)))


class _Pen:
    """Draws into one picture, cutting off what does not fit."""

    def __init__(self, picture: ImageArray) -> None:
        self.picture = picture
        self.height, self.width = picture.shape[:2]
        self.size = _Size.of(picture)
        self._stroke = 1 if self.size.font < 0.7 else 2

    def box(self, roi: Roi, ink: Colour) -> None:
        """The frame of a face; a dark edge makes it visible on any ground."""
        corners = (roi.x, roi.y), (roi.x + roi.width - 1, roi.y + roi.height - 1)
        cv2.rectangle(self.picture, *corners, DARK, self.size.line + 2)
        cv2.rectangle(self.picture, *corners, ink, self.size.line)

    def width_of(self, text: str) -> int:
        """The size of a text, pixels."""
        return int(cv2.getTextSize(text, FONT, self.size.font, self._stroke)[0][0])

    def text(self, text: str, x: int, bottom: int, ink: Colour) -> None:
        """Text in a row that ends at ``bottom``."""
        y = bottom - round(0.3 * self.size.row)
        cv2.putText(self.picture, text, (x, y), FONT, self.size.font, ink, self._stroke, cv2.LINE_AA)

    def text_box(self, text: str, x: int, bottom: int, ground: Colour) -> None:
        """Text on a filled ground."""
        roi = Roi(x, bottom - self.size.row, self.width_of(text) + 2 * self.size.gap, self.size.row)
        self.fill(roi, ground)
        self.text(text, x + self.size.gap, bottom, readable_on(ground))

    def fill(self, roi: Roi, ground: Colour, clear: float = 0.0) -> None:
        """A filled rectangle; ``clear``: its transparency, 0 to 1."""
        part = roi.clipped(self.width, self.height)
        if part.width and part.height:
            area = self.picture[part.y : part.y + part.height, part.x : part.x + part.width]
            area[:] = cv2.addWeighted(area, clear, np.full_like(area, ground), 1.0 - clear, 0.0)


def readable_on(ground: Colour) -> Colour:
    """Dark or light ink, for the better contrast."""
    blue, green, red = ground
    return DARK if 0.114 * blue + 0.587 * green + 0.299 * red > 120 else LIGHT


def _caption(pen: _Pen, emotion: Emotion, taken: Sequence[Roi]) -> Roi:
    """Who it is, label, confidence and what hinders at the upper edge of the face's box, above it if there is room."""
    text = f"{plain(emotion.subject)}: " if emotion.subject else ""
    text += f"{plain(emotion.label)} {emotion.confidence:.0%}"
    if emotion.hindrance:
        text += f", {plain(emotion.hindrance)}"
    roi, row = emotion.face.roi, pen.size.row
    width = pen.width_of(text) + 2 * pen.size.gap
    x = max(0, min(roi.x, pen.width - width))
    above, inside = Roi(x, roi.y - row, width, row), Roi(x, max(0, roi.y), width, row)
    place = above if above.y >= 0 and not any(above.iou(t) for t in taken if t is not roi) else inside
    pen.text_box(text, place.x, place.y + row, colour(emotion.label, emotion.labels))
    return place


def _bars(pen: _Pen, emotion: Emotion, taken: Sequence[Roi]) -> Roi:
    """The probabilities as bars in a panel beside the face, in the order of the labels."""
    size = pen.size
    room = max(0, (pen.height - 2 * size.gap) // size.row - 1)
    order = np.argsort(-emotion.probabilities, kind="stable")[:room]
    names = [plain(emotion.labels[i]) for i in sorted(order)]
    values = [float(emotion.probabilities[i]) for i in sorted(order)]
    inks = [colour(emotion.labels[i], emotion.labels) for i in sorted(order)]
    if not names:
        return Roi(0, 0, 0, 0)
    text = max(pen.width_of(name) for name in names)
    number = pen.width_of("100%")
    bar = 4 * size.row
    panel = _place(pen, emotion.face.roi, text + bar + number + 4 * size.gap, len(names) * size.row + size.gap, taken)
    pen.fill(panel, DARK, CLEAR)
    for row, (name, value, ink) in enumerate(zip(names, values, inks, strict=True)):
        bottom = panel.y + size.gap // 2 + (row + 1) * size.row
        x = panel.x + size.gap
        pen.text(name, x, bottom, LIGHT)
        x += text + size.gap
        thickness = max(1, size.row // 2)
        top = bottom - (size.row + thickness) // 2
        pen.fill(Roi(x, top, bar, thickness), (90, 90, 90), CLEAR)
        pen.fill(Roi(x, top, round(bar * min(max(value, 0.0), 1.0)), thickness), ink)
        percent = f"{value:.0%}"
        pen.text(percent, x + bar + size.gap + number - pen.width_of(percent), bottom, LIGHT)
    return panel


def _place(pen: _Pen, face: Roi, width: int, height: int, taken: Sequence[Roi]) -> Roi:
    """Where a panel hides least: beside, above or below the face, else in a corner; inside the picture if it fits."""
    gap = pen.size.gap
    right, left, bottom = face.x + face.width + gap, face.x - gap - width, face.y + face.height + gap
    spots = [(right, face.y), (left, face.y), (face.x, bottom), (face.x, face.y - gap - pen.size.row - height)]
    spots += [(pen.width, 0), (0, 0), (pen.width, pen.height), (0, pen.height - pen.size.row - height)]
    best, least = Roi(0, 0, width, height), float("inf")
    for x, y in spots:
        x0 = max(0, min(x, pen.width - width))
        y0 = max(0, min(y, pen.height - pen.size.row - height))
        spot = Roi(x0, y0, width, height)
        hidden = sum(_common(spot, other) for other in taken)
        if hidden < least:
            best, least = spot, hidden
    return best


def _common(a: Roi, b: Roi) -> int:
    """Pixels that two rectangles share."""
    w = min(a.x + a.width, b.x + b.width) - max(a.x, b.x)
    h = min(a.y + a.height, b.y + b.height) - max(a.y, b.y)
    return max(0, w) * max(0, h)
