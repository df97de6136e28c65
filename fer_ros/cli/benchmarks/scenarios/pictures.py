"""The pictures that are measured: a source's frames at the wanted size, without end."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import cv2

from fer_ros.core.base import registry, settings
from fer_ros.core.base.contracts import EndOfSource, Source
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import ImageArray

TIMEOUT_S = 10.0


@contextmanager
def pictures(name: str, width: int, height: int) -> Iterator[Iterator[ImageArray]]:
    """Open a source plugin; gives pictures of it without end, uint8 (height, width, 3) or (height, width).

    A source with settings ``width`` and ``height`` is asked for the size, other pictures are resized; one that can
    give frames as fast as they are asked for (``fps`` 0) does so.

    :raises FerError: the source is unknown or gives nothing.
    """
    plugin = registry.load("sources", name)
    known = settings.fields(plugin.Settings)
    wanted: dict[str, Any] = {"width": width, "height": height}
    if "fps" in known and known["fps"][2].low == 0.0:
        wanted["fps"] = 0.0
    source: Source = plugin(settings.make(plugin.Settings, {k: v for k, v in wanted.items() if k in known}))
    source.open()
    try:
        yield _endless(source, width, height)
    finally:
        source.close()


def _endless(source: Source, width: int, height: int) -> Iterator[ImageArray]:
    given = 0
    while True:
        try:
            image = source.read(TIMEOUT_S).image
        except EndOfSource:
            if not given:
                raise ConfigError(f"{source.description} holds no picture") from None
            # From the beginning again.
            source.close()
            source.open()
            given = 0
            continue
        given += 1
        if image.shape[:2] != (height, width):
            image = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        yield image
