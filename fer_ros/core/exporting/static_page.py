"""The page that needs no server: the built page in ``page/`` (sources: ``web/src/alone``) with a model beside it.

Plain web servers pack nothing, so the networks lie packed in the folder, and the page unpacks them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros import __version__
from fer_ros.core.base import files, registry
from fer_ros.core.base.emoticons import Emoticons
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import ALIASES, DEFAULT_LABELS
from fer_ros.core.bundles.bundle import FINER_FILE, Bundle
from fer_ros.core.vision import networks

#: The built page.
PAGE = Path(__file__).parent / "page"
#: Heads that run in the browser.
HEADS = ("linear", "ridge", "dense")
#: What the page knows of itself; a folder with it is one that was exported before.
MARK = "page.json"
DETECTOR, DETECTOR_FILE = "blazeface", "face_detection_short_range.tflite"
#: Fetched by the page itself, as it needs them; the rest is kept by the service worker when it is installed.
_LARGE = (".gz",)


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written.

    :ivar size: bytes of all files.
    :ivar detector: whether faces are found; otherwise a frame is drawn into which one holds the face.
    """

    folder: Path
    model: str
    files: int
    size: int
    detector: bool


def export(folder: Path, model: str = "default") -> Exported:
    """Write the page into a folder that any web server can serve.

    :param folder: new, empty, or one that was exported before, whose other files stay.
    :param model: a model's name.
    :raises ConfigError: the folder holds something else, the page is not built, or the model does not run in a browser.
    """
    bundle = _fit_for_browsers(Bundle.load(model))
    if not (PAGE / "index.html").is_file():
        raise ConfigError(f"{PAGE}: the page is not built: run `make dashboard`")
    if folder.exists() and not folder.is_dir():
        raise ConfigError(f"{folder} is a file: name a folder")
    if folder.is_dir() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise ConfigError(f"{folder} holds other files: name a new or empty folder")
    contents = {str(path.relative_to(PAGE)): path.read_bytes() for path in sorted(PAGE.rglob("*")) if path.is_file()}
    worker = contents.pop("sw.js")
    for name in _networks(bundle):
        contents[f"model/{name}.gz"] = _packed((bundle.path / name).read_bytes())
    detector = networks.blazeface(DETECTOR_FILE)
    if detector is not None:
        contents["model/detector.tflite.gz"] = _packed(detector.read_bytes())
    contents[MARK] = _json(_about(bundle, contents, detector is not None))
    release = _json(_release(contents))
    for name, data in contents.items():
        _write(folder / name, data)
    # Last: browsers that have the page take the new files when this one has changed.
    _write(folder / "sw.js", b"const RELEASE = " + release + b";\n" + worker)
    for old in (folder / "model").iterdir():
        if f"model/{old.name}" not in contents and old.name.endswith(_LARGE):
            old.unlink()
    size = sum(len(data) for data in contents.values()) + len(release) + len(worker)
    return Exported(folder, bundle.name, len(contents) + 1, size, detector is not None)


def _fit_for_browsers(bundle: Bundle) -> Bundle:
    if not bundle.backbone.file.endswith(".tflite"):
        raise ConfigError(f"model '{bundle.name}' has no .tflite network, which browsers need: choose another model")
    if bundle.head.plugin not in HEADS:
        raise ConfigError(
            f"model '{bundle.name}' has the head '{bundle.head.plugin}': in a browser run {', '.join(HEADS)}"
        )
    return bundle


def _networks(bundle: Bundle) -> dict[str, str]:
    """The files that the page runs → their SHA-256."""
    wanted = (bundle.backbone.file, bundle.head.file, FINER_FILE)
    return {name: bundle.checksums[name] for name in wanted if name in bundle.checksums}


def _about(bundle: Bundle, contents: dict[str, bytes], detector: bool) -> dict[str, Any]:
    """What the page reads first."""
    framing = registry.load("detectors", DETECTOR).framing
    return {
        "software": f"fer_ros {__version__}",
        "labels": [*DEFAULT_LABELS, *(label for label in bundle.labels if label not in DEFAULT_LABELS)],
        "aliases": ALIASES,
        "emoticons": Emoticons.load().to_dict(),
        "model": {**bundle.to_dict(), "sha256": _networks(bundle)},
        "detector": {"framing": {"scale": framing.scale, "dx": framing.dx, "dy": framing.dy}} if detector else None,
        "versions": _versions(contents),
    }


def _release(contents: dict[str, bytes]) -> dict[str, Any]:
    """What the service worker keeps: with the page, or, as the page fetches them, files with their version."""
    shell = [name for name in contents if not name.endswith((*_LARGE, ".md")) and name != "index.html"]
    large = [f"{name}?v={version}" for name, version in _versions(contents).items()]
    version = _sum(b"".join(name.encode() + data for name, data in sorted(contents.items())))
    # Of what must fit together; servers may change pages and pictures on the way.
    sums = {name: _sum(contents[name]) for name in shell if name.endswith((".js", ".json"))}
    return {"version": version, "shell": ["./", *shell], "sums": sums, "large": large}


def _versions(contents: dict[str, bytes]) -> dict[str, str]:
    """Of large files, by what is in them: the page checks it, and servers may unpack them on the way."""
    return {name: _sum(gzip.decompress(data)) for name, data in contents.items() if name.endswith(_LARGE)}


def _packed(data: bytes) -> bytes:
    return gzip.compress(data, 9, mtime=0)


def _sum(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:12]


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode()


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    files.write_atomic(path, data, 0o644)
