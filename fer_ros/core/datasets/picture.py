"""One picture of a dataset: as it lies there, and as it was read."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from fer_ros.core.base.errors import BadImage
from fer_ros.core.base.types import Eyes, ImageArray, Roi
from fer_ros.core.vision import pictures
from fer_ros.core.vision.depth import PLAIN, Depth

if TYPE_CHECKING:
    from fer_ros.core.bags import StoredSample


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture with its label.

    :ivar label: as the dataset spells it.
    :ivar image: uint8, (height, width, 3) BGR or (height, width) grey; None where it could not be read.
    :ivar roi: the face's box, where the dataset knows it.
    :ivar eyes: of that face, where the dataset knows them.
    :ivar error: why it could not be read.
    :ivar notes: what is odd about it.
    """

    name: str
    label: str
    image: ImageArray | None
    roi: Roi | None = None
    eyes: Eyes | None = None
    error: BadImage | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unread:
    """A picture that can be sent to another process and read there: of a file, of a bag, or of an array.

    :ivar bag: name of the bag that ``stored`` is of.
    """

    name: str
    label: str
    file: Path | None = None
    roi: Roi | None = None
    depth: Depth = PLAIN
    stored: StoredSample | None = None
    bag: str = ""
    image: ImageArray | None = None

    def read(self) -> LabelledPicture:
        """Read it; what cannot be read comes with its error."""
        try:
            if self.stored is not None:
                from fer_ros.core import bags  # only for bags: it takes longer than a folder to begin with

                sample = bags.decoded(self.stored, self.bag, False)
                return LabelledPicture(self.name, self.label, sample.image, sample.roi, sample.eyes)
            if self.file is None:
                return LabelledPicture(self.name, self.label, self.image, self.roi)
            return self._of_file(self.file)
        except BadImage as error:
            return LabelledPicture(self.name, self.label, None, error=error)

    def _of_file(self, file: Path) -> LabelledPicture:
        notes: list[str] = []
        image = pictures.read_file(file, self.depth, notes.append)
        roi = self.roi and self.roi.clipped(image.shape[1], image.shape[0])
        if roi and not roi.area:
            raise BadImage("size", f"the box {self.roi} is not in the picture", "with a box outside the picture")
        return LabelledPicture(self.name, self.label, image, roi, notes=tuple(notes))
