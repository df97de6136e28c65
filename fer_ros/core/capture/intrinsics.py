"""A camera's calibration file, as `camera_calibration` writes it and every ROS driver reads it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fer_ros.core.base import files, yaml_files
from fer_ros.core.base.errors import ConfigError, quoted

#: Distortion model → how many coefficients it has at most (sensor_msgs/distortion_models.hpp).
MODELS = {"plumb_bob": 5, "rational_polynomial": 14, "equidistant": 4}
#: Sides in pixels up to which a size is believed.
MAX_SIDE = 65_536


@dataclass(frozen=True)
class Intrinsics:
    """The geometry of a camera; the fields of sensor_msgs/CameraInfo.

    :ivar width: pixels of the calibrated picture; ``height`` likewise.
    :ivar name: of the camera.
    :ivar model: distortion model, one of :data:`MODELS`.
    :ivar d: distortion coefficients.
    :ivar k: 3×3 intrinsic matrix, row by row.
    :ivar r: 3×3 rectification matrix, row by row.
    :ivar p: 3×4 projection matrix, row by row.
    """

    width: int
    height: int
    name: str
    model: str
    d: tuple[float, ...]
    k: tuple[float, ...]
    r: tuple[float, ...]
    p: tuple[float, ...]

    def __post_init__(self) -> None:
        for side in ("width", "height"):
            value = getattr(self, side)
            if type(value) is not int or not 1 <= value <= MAX_SIDE:
                raise ConfigError(f"image_{side} must be an integer from 1 to {MAX_SIDE}, got {quoted(value)}")
        if self.model not in MODELS:
            raise ConfigError(f"distortion_model {quoted(self.model)} is not known: use {', '.join(MODELS)}")
        if len(self.d) > MODELS[self.model]:
            raise ConfigError(f"{self.model} has at most {MODELS[self.model]} coefficients, got {len(self.d)}")
        for name, numbers, count in (("camera", self.k, 9), ("rectification", self.r, 9), ("projection", self.p, 12)):
            if len(numbers) != count or not all(math.isfinite(number) for number in numbers):
                raise ConfigError(f"{name}_matrix must hold {count} finite numbers")
        if not all(math.isfinite(number) for number in self.d):
            raise ConfigError("distortion_coefficients must be finite numbers")
        if self.k[0] <= 0 or self.k[4] <= 0:
            raise ConfigError("camera_matrix has no focal length: the camera is not calibrated")

    @classmethod
    def read(cls, path: Path) -> Intrinsics:
        """Read a calibration file (YAML).

        :raises ConfigError: it is missing, damaged or not such a file; the message names it.
        """
        content = yaml_files.read(path)
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: this is not a camera's calibration file")
        try:
            return cls(
                width=content.get("image_width"),  # type: ignore[arg-type]  # checked by __post_init__
                height=content.get("image_height"),  # type: ignore[arg-type]
                name=str(content.get("camera_name", ""))[:64],
                model=str(content.get("distortion_model", "plumb_bob"))[:64],
                d=_numbers(content, "distortion_coefficients"),
                k=_numbers(content, "camera_matrix"),
                r=_numbers(content, "rectification_matrix", (1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0)),
                p=_numbers(content, "projection_matrix"),
            )
        except ConfigError as error:
            raise ConfigError(f"{path}: {error}") from error

    def write(self, path: Path) -> None:
        """Write the file whole or not at all.

        :raises OSError: the folder cannot be made or written.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        document = {
            "image_width": self.width,
            "image_height": self.height,
            "camera_name": self.name,
            "camera_matrix": _matrix(3, 3, self.k),
            "distortion_model": self.model,
            "distortion_coefficients": _matrix(1, len(self.d), self.d),
            "rectification_matrix": _matrix(3, 3, self.r),
            "projection_matrix": _matrix(3, 4, self.p),
        }
        files.write_atomic(path, yaml.safe_dump(document, sort_keys=False).encode())


def _numbers(content: dict[str, Any], name: str, default: Sequence[float] | None = None) -> tuple[float, ...]:
    matrix = content.get(name)
    if matrix is None and default is not None:
        return tuple(default)
    data = matrix.get("data") if isinstance(matrix, dict) else None
    if not isinstance(data, list) or not all(isinstance(n, (int, float)) and not isinstance(n, bool) for n in data):
        raise ConfigError(f"{name} must have rows, cols and data, a list of numbers")
    if len(data) > 14:
        raise ConfigError(f"{name} has {len(data)} numbers, too many")
    try:
        return tuple(float(number) for number in data)
    except OverflowError:
        raise ConfigError(f"{name} must hold finite numbers") from None


def _matrix(rows: int, columns: int, numbers: Sequence[float]) -> dict[str, Any]:
    return {"rows": rows, "cols": columns, "data": list(numbers)}
