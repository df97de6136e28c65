"""A backbone without a network: the mean of each place of the crop."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from fer_ros import Backbone, ConfigError, InputSpec, setting

#: Places to a side.
GRID = 4


@dataclass(frozen=True)
class ExampleSettings:
    """Settings of the backbone; each field becomes a ROS parameter."""

    gain: float = setting(1.0, "factor for all values", low=0.01, high=100.0, live=True)


class ExampleBackbone(Backbone):
    """The mean of each of 4×4 places of the crop, for each channel."""

    contract = 1
    Settings: ClassVar[type[Any]] = ExampleSettings

    def __init__(self, file: Path, spec: InputSpec, threads: int = 1, settings: Any = None) -> None:
        super().__init__(file, spec, threads, settings)
        # A real backbone loads its network here.
        if not file.is_file():
            raise ConfigError(f"{file}: there is no such file")
        if spec.height % GRID or spec.width % GRID:
            raise ConfigError(f"{file}: width and height of the input must be multiples of {GRID}")
        self._shape = (GRID, GRID, spec.channels)

    @property
    def output_shape(self) -> tuple[int, ...]:
        return self._shape

    def embed(self, crops: np.ndarray[Any, np.dtype[np.float32]]) -> np.ndarray[Any, np.dtype[np.float32]]:
        n, height, width, channels = crops.shape
        places = crops.reshape(n, GRID, height // GRID, GRID, width // GRID, channels)
        return (places.mean(axis=(2, 4)) * self.settings.gain).astype(np.float32)
