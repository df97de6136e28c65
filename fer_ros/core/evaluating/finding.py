"""How many faces detectors find, what is right of that, and what they take for a face where nobody is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fer_ros.core.base.contracts import Detector
from fer_ros.core.base.errors import BadImage, ConfigError
from fer_ros.core.base.labels import UNCERTAIN
from fer_ros.core.base.types import Frame
from fer_ros.core.datasets import folder
from fer_ros.core.datasets.left_out import LeftOut
from fer_ros.core.evaluating import intervals
from fer_ros.core.evaluating.evaluation import Evaluation
from fer_ros.core.recognition.recogniser import Model, Recogniser
from fer_ros.core.recognition.smoothing import Smoother, each_frame
from fer_ros.core.vision import pictures
from fer_ros.core.vision.quality import ENOUGH

#: Pictures with a false alarm that are named.
NAMED = 20


def share(hits: int, count: int) -> dict[str, Any]:
    """A share with its 95 % interval; None where there is nothing to count."""
    if not count:
        return {"share": None, "interval": None}
    return {"share": hits / count, "interval": intervals.exact(hits, count)}


def found(result: Evaluation) -> dict[str, Any]:
    """What share of the pictures has a face, and is read rightly.

    :returns: ``pictures``; ``found``, ``right_of_found`` and ``right_of_all``, each a share with its interval. A face
        that is not found is not right.
    """
    faces, every = result.metrics.count, result.metrics.count + result.no_face
    right = round(result.metrics.accuracy * faces)
    return {
        "pictures": every,
        "found": share(faces, every),
        "right_of_found": share(right, faces),
        "right_of_all": share(right, every),
    }


@dataclass(slots=True)
class Alarms:
    """What was taken for a face in pictures without people.

    :ivar pictures: how many were looked at; ``answered``: those in which something was found; ``labelled``: those in
        which it even got a label.
    :ivar names: of the first answered ones, with the score.
    """

    pictures: int = 0
    answered: int = 0
    labelled: int = 0
    names: list[tuple[str, float]] = field(default_factory=list)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "pictures": self.pictures,
            "answered": share(self.answered, self.pictures),
            "labelled": share(self.labelled, self.pictures),
            "names": [{"name": name, "score": score} for name, score in self.names],
        }


def is_plain(path: Path) -> bool:
    """Whether a folder holds pictures themselves and no folders that could be labels."""
    if not path.is_dir() or any(entry.is_dir() and not entry.name.startswith(".") for entry in path.iterdir()):
        return False
    return bool(folder.loose(path, LeftOut()))


def alarms(model: Model, detector: Detector, path: Path, progress: Callable[[int], None] | None = None) -> Alarms:
    """Look at every picture of a folder in which there is nobody.

    :param progress: called with the number of pictures done.
    :raises ConfigError: no picture in it can be read.
    """
    recogniser, counts = Recogniser(model, detector, smoother=Smoother(each_frame(ENOUGH))), Alarms()
    for number, (file, _) in enumerate(folder.loose(path, LeftOut()), start=1):
        try:
            image = pictures.read_file(file)
        except BadImage:
            continue
        finally:
            if progress:
                progress(number)
        recogniser.reset()
        emotion = recogniser.process(Frame(image, 1)).primary
        counts.pictures += 1
        if emotion is not None:
            counts.answered += 1
            counts.labelled += emotion.label != UNCERTAIN
            if len(counts.names) < NAMED:
                counts.names.append((file.name, round(float(emotion.face.score), 3)))
    if not counts.pictures:
        raise ConfigError(f"{path}: no picture in it can be read")
    return counts
