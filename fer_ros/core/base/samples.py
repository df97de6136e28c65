"""Labelled pictures of people, as they are recorded into bags and trained on."""

from __future__ import annotations

from dataclasses import dataclass

from fer_ros.core.base.types import ImageArray, Roi


@dataclass(frozen=True, slots=True)
class Sample:
    """One labelled frame.

    :ivar image: uint8 (height, width, 3) BGR, the whole frame; (height, width) where grey was asked for.
    :ivar roi: the face's box when it was recorded; None where no face was found.
    :ivar stamp: acquisition, nanoseconds.
    :ivar take: number of the take within its bag, from 1 up: one uninterrupted recording of one label. 0: the picture
        has no neighbours in time, such as an imported photograph.
    :ivar bag: name of the bag.
    """

    image: ImageArray
    label: str
    subject: str
    roi: Roi | None
    stamp: int
    take: int
    bag: str
