"""The check of backbones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fer_ros.core.base.contracts import Backbone
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.vision.crop import scale
from fer_ros.testing.common import check_class, check_configure, ensure


def check_backbone(cls: type[Backbone], file: Path, spec: InputSpec, settings: Any = None) -> None:
    """Check an exported backbone on noise.

    :param file: the exported network.
    :param spec: its input.
    :param settings: an instance of its ``Settings``; None takes the defaults.
    :raises AssertionError: in one line, what is wrong.
    """
    check_class(cls, Backbone)
    name = cls.__name__
    more = () if settings is None else (settings,)
    backbone = cls(file, spec, 1, *more)
    ensure(isinstance(backbone.settings, cls.Settings), f"{name}.__init__ must call super().__init__")
    shape = backbone.output_shape
    good = isinstance(shape, tuple) and shape and all(isinstance(n, int) and n > 0 for n in shape)
    ensure(good, f"{name}.output_shape must be a tuple of numbers above 0")
    rng = np.random.default_rng(0)
    crops = scale(rng.integers(0, 256, (3, spec.height, spec.width, spec.channels)).astype(np.uint8), spec)
    before = crops.copy()
    found = backbone.embed(crops)
    ensure(np.array_equal(crops, before), f"{name}.embed changes the crops")
    ensure(found.dtype == np.float32 and found.shape == (3, *shape), f"{name}.embed must give float32 (n, *{shape})")
    ensure(np.isfinite(found).all(), f"{name}.embed gives a value that is not a number")
    single = np.concatenate([backbone.embed(crops[i : i + 1]) for i in range(3)])
    ensure(np.allclose(found, single, rtol=1e-3, atol=1e-4), f"{name}.embed: a crop's embedding depends on the others")
    maps = backbone.maps(crops)
    ensure(np.array_equal(maps.embeddings, found), f"{name}.maps and embed give different embeddings")
    check_configure(backbone)
    absent = file.with_name("there_is_no_such_file")
    try:
        cls(absent, spec, 1, *more)
    except ConfigError:
        return
    except Exception as error:
        raise AssertionError(f"{name}: a missing file must raise ConfigError, not {type(error).__name__}") from error
    raise AssertionError(f"{name}: a missing file must raise ConfigError")
