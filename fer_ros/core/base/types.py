"""The values that travel from a source to a sink. Times are integer nanoseconds of the node's clock."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

ImageArray = npt.NDArray[np.uint8]
FloatArray = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Maps:
    """What a backbone gives for some faces.

    :ivar embeddings: float32 (n, height, width, channels) or another shape that the backbone states.
    :ivar finer: float32 (n, height, width, channels), an earlier map of more places; (n, 0) where there is none.
    """

    embeddings: FloatArray
    finer: FloatArray

    def __len__(self) -> int:
        return len(self.embeddings)

    def chosen(self, indices: npt.NDArray[np.int64]) -> Maps:
        """Those of some of the faces."""
        return Maps(self.embeddings[indices], self.finer[indices])


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a source.

    :ivar image: uint8, shape (height, width, 3) in BGR order or (height, width) grey; treat it as read-only.
    :ivar stamp: when the picture was taken (acquisition), nanoseconds.
    :ivar frame_id: the coordinate frame of the camera, copied unchanged to every output.
    :ivar received: when the recogniser got the frame, nanoseconds; 0 before that.
    :ivar truth: the label that the picture shows, if the source knows it, else None.
    :ivar keep: no newer frame may replace it; the reader of the source waits until it is taken.
    """

    image: ImageArray
    stamp: int
    frame_id: str = "camera_optical_frame"
    received: int = 0
    truth: str | None = None
    keep: bool = False

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Frame({width}x{height}, stamp={self.stamp}, frame_id={self.frame_id!r})"


@dataclass(frozen=True, slots=True)
class Roi:
    """A rectangle in pixels of the full image: ``x`` to the right, ``y`` down, origin in the upper left corner."""

    x: int
    y: int
    width: int
    height: int

    @property
    def area(self) -> int:
        """Pixels covered."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Centre in pixels, (x, y)."""
        return self.x + self.width / 2.0, self.y + self.height / 2.0

    def iou(self, other: Roi) -> float:
        """Intersection over union with ``other``, 0 to 1."""
        w = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        h = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        if w <= 0 or h <= 0:
            return 0.0
        return w * h / float(self.area + other.area - w * h)

    def clipped(self, width: int, height: int) -> Roi:
        """The part inside an image of ``width`` × ``height`` pixels (width and height 0 where none is)."""
        x0, y0 = min(max(self.x, 0), width), min(max(self.y, 0), height)
        x1, y1 = min(max(self.x + self.width, x0), width), min(max(self.y + self.height, y0), height)
        return Roi(x0, y0, x1 - x0, y1 - y0)


#: Centres of both eyes, (x, y) in pixels of the full image, the one on the left of the picture first.
Eyes = tuple[tuple[float, float], tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Face:
    """A face found in a frame.

    :ivar roi: the detector's box, inside the image.
    :ivar score: the detector's confidence, 0 to 1.
    :ivar track_id: the same number as long as the face is followed, from 1 up; never reused within a run.
    :ivar eyes: where the detector tells them, else None. They may lie outside the image.
    :ivar name: the id that another package gave the face, if its regions come from there.
    """

    roi: Roi
    score: float
    track_id: int
    eyes: Eyes | None = field(default=None, repr=False)
    name: str = field(default="", repr=False)


@dataclass(slots=True)
class StageTimes:
    """When a frame passed each stage, nanoseconds; 0 means not reached."""

    received: int = 0
    detected: int = 0
    classified: int = 0
    published: int = 0


@dataclass(frozen=True, slots=True)
class Emotion:
    """The expression read from one face.

    :ivar label: one of ``labels``, chosen from probabilities smoothed over time, so that it holds still; or
        ``uncertain`` if none is certain enough or the face cannot be read. It need not have the highest of
        ``probabilities``.
    :ivar confidence: the smoothed probability of ``label``, 0 to 1; if that is ``uncertain``, the highest one.
    :ivar labels: all labels of the model.
    :ivar probabilities: float32, in the order of ``labels``, sum 1; those of this frame alone, unless told otherwise.
    :ivar emoticon: Unicode emoticon of ``label``; empty if none is known.
    :ivar emoticons: further candidates for the same label.
    :ivar quality: how well an expression can be read from this face, 0 to 1.
    :ivar hindrance: what hinders it: ``small``, ``dark``, ``blurred``, ``turned`` or ``covered``; empty where
        ``quality`` is 0.5 or more.
    :ivar subject: the name of whom is seen, where the model was taught to know people and is sure; else empty.
    """

    face: Face
    label: str
    confidence: float
    labels: tuple[str, ...]
    probabilities: FloatArray
    emoticon: str = ""
    emoticons: tuple[str, ...] = ()
    quality: float = 1.0
    hindrance: str = ""
    subject: str = ""

    @property
    def roi(self) -> Roi:
        """The box of the face."""
        return self.face.roi

    @property
    def scores(self) -> dict[str, float]:
        """Label → its probability, 0 to 1, in the order of ``labels``."""
        return dict(zip(self.labels, map(float, self.probabilities), strict=True))

    def __repr__(self) -> str:
        roi = self.face.roi
        return f"Emotion({self.label} {self.confidence:.2f} at {roi.width}x{roi.height}+{roi.x}+{roi.y})"


@dataclass(slots=True)
class Result:
    """Everything read from one frame: ``emotions`` is sorted by face area, largest first; empty without a face."""

    frame: Frame
    emotions: list[Emotion]
    model: str
    times: StageTimes = field(default_factory=StageTimes)

    def __repr__(self) -> str:
        return f"Result({len(self.emotions)} faces, model={self.model!r}, stamp={self.frame.stamp})"

    @property
    def primary(self) -> Emotion | None:
        """The emotion of the largest face, None if there is no face."""
        return self.emotions[0] if self.emotions else None


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled frame.

    :ivar image: uint8 (height, width, 3) BGR, the whole frame; (height, width) if grey was asked for.
    :ivar roi: the face's box when it was recorded; None if no face was found.
    :ivar stamp: acquisition, nanoseconds.
    :ivar take: number of the take within its bag, from 1 up: one uninterrupted recording of one label. 0: the picture
        has no neighbours in time, such as an imported photograph.
    :ivar bag: name of the bag.
    :ivar eyes: of that face, where the detector told them.
    """

    image: ImageArray
    label: str
    subject: str
    roi: Roi | None
    stamp: int
    take: int
    bag: str
    eyes: Eyes | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        height, width = self.image.shape[:2]
        return f"Sample({width}x{height}, {self.label!r}, take {self.take} of {self.bag!r}, stamp={self.stamp})"
