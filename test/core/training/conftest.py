"""Bags of coloured pictures and a general model that looks at colours: what is learned is known exactly."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.core import bags
from fer_ros.core.base.arrays import pack
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.base.types import Roi
from fer_ros.core.bundles import bundle
from fer_ros.core.bundles.bundle import Bundle, Network

#: What a label looks like in these bags, BGR.
COLOURS = {
    "happy": (40, 40, 200),
    "sad": (200, 40, 40),
    "neutral": (120, 120, 120),
    "angry": (40, 200, 40),
    "none of these": (20, 220, 220),
}
FRAME = 33_333_333
BOX = Roi(8, 4, 40, 40)

MakeBag = Callable[..., Path]


@pytest.fixture
def make_bag(fer_home: Path) -> MakeBag:
    """Record ``{label: frames}`` into a bag; every picture is noisy and lit a little differently."""

    def make(
        name: str,
        counts: dict[str, int],
        takes: int = 1,
        roi: Roi | None = BOX,
        colours: dict[str, tuple[int, int, int]] = COLOURS,
        facts: dict[str, str] | None = None,
        subject: str = "anna",
    ) -> Path:
        rng = np.random.default_rng(0)
        stamp = 1_700_000_000_000_000_000
        folder = fer_home / "bags" / name
        with bags.BagWriter(folder, {"camera": "none", **(facts or {})}) as writer:
            for _ in range(takes):
                for label, count in counts.items():
                    writer.begin_take(label, subject)
                    for _ in range(count):
                        colour = np.array(colours[label]) * rng.uniform(0.85, 1.15) + rng.normal(0.0, 12.0, (48, 64, 3))
                        picture = cv2.imencode(".jpg", np.clip(colour, 0, 255).astype(np.uint8))[1].tobytes()
                        writer.write(stamp, picture, roi)
                        stamp += FRAME
                    stamp += 30 * FRAME
        return folder

    return make


@pytest.fixture
def general(stranger: Path, fer_home: Path) -> Bundle:
    """A general model ``general`` that sees the mean colour and calls red happy, blue sad, and the rest neutral."""
    stated = Bundle(
        name="general",
        path=fer_home / "models" / "general",
        labels=("happy", "sad", "neutral"),
        input=InputSpec(8, 8, 3, "zero_to_one"),
        backbone=Network("pooled", "backbone.bin"),
        head=Network("linear", "head.npz"),
        data={"parameters": 12},
        quality={"confusion": [[8, 1, 1], [1, 8, 1], [1, 2, 17]]},
    )
    # Channels are red, green, blue.
    kernel: Any = np.array([[20.0, -20.0, 0.0], [0.0, 0.0, 0.0], [-20.0, 20.0, 0.0]])
    contents = {"backbone.bin": b"nothing", "head.npz": pack(kernel=kernel, bias=np.array([-6.0, -6.0, 0.0]))}
    return bundle.write(stated, contents)
