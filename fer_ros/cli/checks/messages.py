"""fer_msgs: importable, complete, with type support, and the same as in the checkout."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from fer_ros.cli.checks.finding import Finding, error, ok, warning
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.base.paths import share_dir

MESSAGES = (
    "Emotion",
    "EmotionArray",
    "Label",
    "Metrics",
    "ModelInfo",
    "RecordStatus",
    "StageTimes",
    "TrainProgress",
)
SERVICES = (
    "AddPictures",
    "DiscardTake",
    "ForgetPerson",
    "LoadModel",
    "RestoreTake",
    "ReviseTake",
    "StartRecording",
    "Train",
)
BUILD = "build it by `make setup` or `colcon build`, then source install/setup.bash"
OTHERS = ("builtin_interfaces", "sensor_msgs", "std_msgs", "std_srvs", "diagnostic_msgs", "lifecycle_msgs")


def check() -> Iterator[Finding]:
    """Every message is filled, written as bytes and read back, which needs the compiled type support."""
    lacking = [name for name in OTHERS if importlib.util.find_spec(name) is None]
    if lacking:
        packages = " ".join(f"ros-<distro>-{name.replace('_', '-')}" for name in lacking)
        yield error(f"missing: {', '.join(lacking)}", f"`apt install {packages}`, or `make setup`")
    try:
        import fer_msgs.msg
        import fer_msgs.srv
    except Exception as problem:
        yield error(f"fer_msgs cannot be imported: {reason(problem)}", BUILD)
        return
    if fer_msgs.__file__ is None:
        # Python takes the folder of the sources for a package when it is started beside it.
        yield error("fer_msgs is not built, only its sources are here", BUILD)
        return
    absent = [name for name in MESSAGES if not hasattr(fer_msgs.msg, name)]
    absent += [name for name in SERVICES if not hasattr(fer_msgs.srv, name)]
    if absent:
        yield error(f"fer_msgs is of an older version: it has no {', '.join(absent)}", BUILD)
        return
    types = [getattr(fer_msgs.msg, name) for name in MESSAGES]
    for service in (getattr(fer_msgs.srv, name) for name in SERVICES):
        types += [service.Request, service.Response]
    try:
        _round_trip(types)
    except Exception as problem:
        yield error(f"fer_msgs has no working type support: {reason(problem)}", BUILD)
        return
    folder = _installed(Path(fer_msgs.__file__))
    other = _differing(folder) if folder else []
    if other:
        yield warning(f"fer_msgs was built from other definitions than the checkout's: {', '.join(other)}", BUILD)
    yield ok(f"fer_msgs: {len(MESSAGES)} messages, {len(SERVICES)} services", folder=str(folder or ""))


def _round_trip(types: list[type]) -> None:
    from rclpy.serialization import deserialize_message, serialize_message

    for kind in types:
        message = kind()
        if deserialize_message(serialize_message(message), kind) != message:
            raise TypeError(f"{kind.__name__} comes back changed")


def _installed(module: Path) -> Path | None:
    """The installed ``share/fer_msgs`` that belongs to the Python module, or None."""
    return next((p / "share" / "fer_msgs" for p in module.parents if (p / "share" / "fer_msgs" / "msg").is_dir()), None)


def _differing(installed: Path) -> list[str]:
    """The definitions of the checkout that differ from the installed ones; none where this is no checkout."""
    try:
        source = share_dir() / "fer_msgs"
    except FerError:
        return []
    differing = []
    for file in sorted(f for kind in ("msg", "srv", "action") for f in source.glob(f"{kind}/*.{kind}")):
        copy = installed / file.relative_to(source)
        if not copy.is_file() or copy.read_bytes() != file.read_bytes():
            differing.append(file.name)
    return differing
