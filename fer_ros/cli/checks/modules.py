"""The Python modules that the package stands on, and their versions."""

from __future__ import annotations

import importlib
import importlib.metadata
import importlib.util
import re
from collections.abc import Iterator
from dataclasses import dataclass

from fer_ros.cli.checks.finding import Finding, error, info, ok, warning
from fer_ros.core.base.errors import reason


@dataclass(frozen=True, slots=True)
class Module:
    """A module, the package that brings it, and its versions from ``least`` to just under ``below`` (0,): any.

    :ivar attribute: what the module must have.
    :ivar needed: the robot does not work without it; otherwise its absence is a warning.
    :ivar imported: it is imported; otherwise only looked for, as the package itself does.
    :ivar use: what stops without it.
    """

    name: str
    package: str
    least: tuple[int, ...] = (0,)
    below: tuple[int, ...] = (0,)
    attribute: str = ""
    needed: bool = True
    imported: bool = True
    use: str = ""

    def requirement(self) -> str:
        """As pip takes it, such as ``opencv-python-headless>=4.6,<5``."""
        bounds = [f">={_dotted(self.least)}"] if any(self.least) else []
        bounds += [f"<{_dotted(self.below)}"] if any(self.below) else []
        return self.package + ",".join(bounds)


MODULES = (
    Module("numpy", "numpy", (1, 26)),
    # OpenCV 5 has no CascadeClassifier and ships no cascade.
    Module("cv2", "opencv-python-headless", (4, 6), (5,), attribute="CascadeClassifier"),
    Module("ai_edge_litert.interpreter", "ai-edge-litert", (2, 1), attribute="Interpreter"),
    Module("yaml", "PyYAML", (6,)),
    Module("mcap.writer", "mcap", (1, 6), needed=False, use="nothing can be recorded, and no bag read"),
    Module("rosbags.typesys", "rosbags", (0, 11), needed=False, use="nothing can be recorded, and no bag read"),
    Module("aiohttp", "aiohttp", (3, 9), needed=False, use="the dashboard does not start"),
    Module("segno", "segno", (1, 5), needed=False, use="the dashboard does not start"),
    Module("cryptography", "cryptography", (41,), needed=False, use="the dashboard makes no certificate of its own"),
    Module("skimage", "scikit-image", (0, 22), needed=False, imported=False, use="the sample has no photograph"),
    Module("matplotlib", "matplotlib", (3, 5), needed=False, imported=False, use="models are trained without plots"),
)
#: Asked for without importing: what runs on the robot must never load them.
TRAINING = {"tensorflow": "tensorflow-cpu"}
#: They all install the same folder ``cv2`` and overwrite each other.
OPENCV_PACKAGES = (
    "opencv-python",
    "opencv-python-headless",
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
)


def check() -> Iterator[Finding]:
    """Modules that the running robot loads are imported; those for training are only looked for."""
    for module in MODULES:
        yield _examine(module)
    twice = [name for name in OPENCV_PACKAGES if _packaged(name)]
    if len(twice) > 1:
        yield warning(
            f"{' and '.join(twice)} overwrite each other", f"`pip uninstall {' '.join(twice)}`, then install one"
        )
    missing = [package for name, package in TRAINING.items() if importlib.util.find_spec(name) is None]
    if missing:
        yield info(f"{' and '.join(missing)} not installed: needed for `fer pretrain` alone", training=False)
    else:
        yield info(f"{' and '.join(TRAINING)} installed, for `fer pretrain` alone", training=True)


def _examine(module: Module) -> Finding:
    bad = error if module.needed else warning
    consequence = f": {module.use}" if module.use else ""
    cure = f"`pip install '{module.requirement()}'`"
    try:
        if not module.imported and importlib.util.find_spec(module.name) is None:
            raise ModuleNotFoundError(name=module.name)
        loaded = importlib.import_module(module.name) if module.imported else None
    except Exception as problem:
        if isinstance(problem, ModuleNotFoundError) and module.name.split(".")[0] == problem.name:
            return bad(f"{module.package} is missing{consequence}", cure)
        return bad(f"{module.name} cannot be imported: {type(problem).__name__}: {reason(problem)}{consequence}", cure)
    version = str(getattr(loaded, "__version__", "") or _packaged(module.package) or "of unknown version")
    facts = {"module": module.name, "version": version}
    numbers = parse(version)
    too_new = any(module.below) and numbers >= module.below
    if numbers and (numbers < module.least or too_new):
        return bad(f"{module.package} {version} is too {'new' if too_new else 'old'}{consequence}", cure, **facts)
    if module.attribute and not hasattr(loaded, module.attribute):
        return bad(f"{module.package} {version} has no {module.attribute}", cure, **facts)
    return ok(f"{module.package} {version}", **facts)


def parse(version: str) -> tuple[int, ...]:
    """The leading numbers of a version: ``4.14.0.94`` gives (4, 14, 0, 94), ``2.3rc1`` (2, 3); empty where none."""
    match = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in match.group().split(".")) if match else ()


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _packaged(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ""
