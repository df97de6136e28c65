"""The faces of a dataset as they are measured on, whatever kind of dataset it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.geometry import Framing, InputSpec
from fer_ros.core.base.labels import resolve
from fer_ros.core.base.types import Eyes, ImageArray, Roi
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.datasets.picture import LabelledPicture
from fer_ros.core.vision import crop


@dataclass(frozen=True, slots=True)
class MeasuredFace:
    """A face that a model is asked about.

    :ivar position: of the picture in the dataset, from 0.
    :ivar target: index of the true label among the model's labels.
    :ivar image: uint8, (height, width, 3) BGR or (height, width) grey.
    :ivar roi: the face's box; None where the whole picture is the face.
    :ivar framing: from the box to the crop.
    :ivar eyes: where the detector told them.
    """

    position: int
    name: str
    target: int
    image: ImageArray
    roi: Roi | None
    framing: Framing
    eyes: Eyes | None = None

    def crop(self, spec: InputSpec) -> ImageArray:
        """What the network gets, uint8 (spec.height, spec.width, spec.channels)."""
        return crop.resize(self.face(), spec)

    def face(self) -> ImageArray:
        """The face at the picture's own size and with its channels."""
        return self.image if self.roi is None else crop.square(self.image, self.roi, self.framing, self.eyes)


class MeasuredFaces:
    """Reads a dataset; what cannot be used is counted.

    :ivar left_out: pictures of unknown labels and unreadable ones.
    :ivar renamed: label of the dataset → the model's, where they differ.
    :ivar no_face: pictures in which the detector found no face.
    :ivar sizes: ``width x height`` of the pictures that are crops → how many.
    """

    def __init__(
        self,
        dataset: Iterable[LabelledPicture],
        labels: tuple[str, ...],
        detector: Detector | None,
        left_out: LeftOut,
        resolving: bool = True,
    ) -> None:
        """Nothing is read yet.

        :param labels: of the model.
        :param detector: finds the face (the largest counts) where the dataset does not know it; None where the
            dataset's pictures are crops.
        :param resolving: take ``joy`` for the model's ``happy``.
        """
        self.dataset, self.labels, self.detector, self.left_out = dataset, labels, detector, left_out
        self.resolving, self.renamed = resolving, dict[str, str]()
        self.no_face = 0
        self.sizes: Counter[str] = Counter()

    def read(self, progress: Callable[[int], None] | None = None) -> Iterator[MeasuredFace]:
        """The faces, in the order of the dataset.

        :param progress: called with the number of pictures done.
        :raises ConfigError: ``left_out`` is strict and something is wrong.
        """
        for position, item in enumerate(self.dataset):
            label = resolve(item.label, self.labels) if self.resolving else item.label
            if label not in self.labels:
                label = None
            elif label != item.label:
                self.renamed[item.label] = label
            if label is None:
                known = ", ".join(self.labels)
                self.left_out.add(item.name, f"of unknown label '{item.label}'", f"labels of the model: {known}")
            elif item.image is None:
                self.left_out.unreadable(item.name, item.error)
            else:
                for note in item.notes:
                    self.left_out.note(item.name, note)
                measured = self._measured(position, item, item.image, self.labels.index(label))
                if measured is None:
                    self.no_face += 1
                else:
                    yield measured
            if progress:
                progress(position + 1)

    def _measured(self, position: int, item: LabelledPicture, image: ImageArray, target: int) -> MeasuredFace | None:
        if self.detector is None:
            self.sizes[f"{image.shape[1]}x{image.shape[0]}"] += 1
            return MeasuredFace(position, item.name, target, image, None, Framing())
        roi, eyes = item.roi, item.eyes
        if roi is None:
            self.detector.reset()
            faces = self.detector.detect(image)
            if not faces:
                return None
            roi, eyes = faces[0].roi, faces[0].eyes
        return MeasuredFace(position, item.name, target, image, roi, self.detector.framing, eyes)
