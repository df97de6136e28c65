"""Takes bright pixels for a face."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from fer_ros import Detector, Face, Framing, Roi, setting


@dataclass(frozen=True)
class ExampleSettings:
    """Settings of the detector; each field becomes a ROS parameter."""

    threshold: int = setting(90, "grey level from which a pixel counts as bright", low=1, high=255, live=True)
    least: float = setting(0.01, "smallest face, as a share of the picture", low=0.0, high=1.0, live=True)


class ExampleDetector(Detector):
    """Takes the box around all bright pixels for a face."""

    contract = 1
    Settings: ClassVar[type[Any]] = ExampleSettings
    # From this detector's box to the crop that the models know; benchmarks/framing.py measures it.
    framing: ClassVar[Framing] = Framing(scale=1.0, dx=0.0, dy=0.0)

    def detect(self, image: np.ndarray[Any, np.dtype[np.uint8]]) -> list[Face]:
        grey = image if image.ndim == 2 else image.max(axis=2)
        rows, columns = np.nonzero(grey >= self.settings.threshold)
        if not len(rows):
            return []
        x, y = int(columns.min()), int(rows.min())
        roi = Roi(x, y, int(columns.max()) + 1 - x, int(rows.max()) + 1 - y)
        if roi.area < self.settings.least * grey.size:
            return []
        # A detector that follows several faces gives each a number of its own, and forgets them in `reset`.
        return [Face(roi, score=1.0, track_id=1)]
