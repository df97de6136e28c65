"""Each example is run as a user runs it, beside the real nodes."""

from __future__ import annotations

import configparser
import json
import os
import re
import signal
import sys
import sysconfig
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
Start = Callable[..., Any]


def until(ready: Callable[[], Any], process: Any, seconds: float = 60.0) -> None:
    deadline = time.monotonic() + seconds
    while not ready():
        assert process.popen.poll() is None and time.monotonic() < deadline, process.out + process.err
        time.sleep(0.05)


@pytest.mark.ros
@pytest.mark.slow
def test_the_greeter_greets_one_smile_once(start: Start) -> None:
    greeter = start(sys.executable, EXAMPLES / "greeter.py", "--ros-args", "-r", "__ns:=/fer")
    live = start(sys.executable, "-m", "fer_ros.cli.main", "live", "--source", "sample")
    until(lambda: "hello, face" in greeter.out + greeter.err, greeter)
    time.sleep(1.0)
    live.signal(signal.SIGINT)
    live.wait(20)
    greeter.signal(signal.SIGINT)
    done = greeter.wait(20)
    text = done.out + done.err
    assert text.count("hello, face") == 1 and "Traceback" not in text, text


def _rclcpp() -> Path | None:
    """Where rclcpp is installed: in a ROS 2, or where scripts/rclcpp.sh has built it."""
    places = [*filter(None, [os.environ.get("FER_RCLCPP")]), *os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep)]
    found = (root for place in places if place for root in (Path(place), Path(place, "install")))
    return next((root for root in found if (root / "share" / "rclcpp" / "package.xml").is_file()), None)


@pytest.mark.ros
@pytest.mark.slow
@pytest.mark.skipif(_rclcpp() is None, reason="rclcpp is not here: install ROS 2, or see scripts/rclcpp.sh")
def test_the_greeter_in_cpp_is_built_and_greets(start: Start, run: Any, tmp_path: Path) -> None:
    ours, theirs = sys.prefix, str(_rclcpp())
    prefixes = os.pathsep.join(dict.fromkeys([theirs, *os.environ.get("AMENT_PREFIX_PATH", ours).split(os.pathsep)]))
    paths = {"CMAKE_PREFIX_PATH": prefixes, "AMENT_PREFIX_PATH": prefixes}
    # The libraries of wheels lie in folders of their own, and some expect Python in the process.
    bundled = [str(folder) for folder in Path(sysconfig.get_path("purelib")).glob("*.libs")]
    known = os.environ.get("LD_LIBRARY_PATH", "").split(os.pathsep)
    paths["LD_LIBRARY_PATH"] = os.pathsep.join([f"{theirs}/lib", f"{ours}/lib", *bundled, *filter(None, known)])
    python = Path(sysconfig.get_config_var("LIBDIR"), sysconfig.get_config_var("INSTSONAME"))
    options = (f"-DPython3_EXECUTABLE={sys.executable}", "-DCMAKE_EXE_LINKER_FLAGS=-Wl,--allow-shlib-undefined")
    for words in (("-S", EXAMPLES / "greeter_cpp", "-B", tmp_path, *options), ("--build", tmp_path)):
        made = run("cmake", *words, timeout=280, **paths)
        assert made.code == 0, made.out + made.err
    preload = {"LD_PRELOAD": str(python)} if bundled else {}
    greeter = start(tmp_path / "greeter", "--ros-args", "-r", "__ns:=/fer", **paths, **preload)
    live = start(sys.executable, "-m", "fer_ros.cli.main", "live", "--source", "sample")
    until(lambda: "hello, face" in greeter.out + greeter.err, greeter)
    live.signal(signal.SIGINT)
    live.wait(20)
    greeter.signal(signal.SIGINT)
    done = greeter.wait(20)
    assert (done.out + done.err).count("hello, face") == 1, done.err


@pytest.mark.ros
@pytest.mark.slow
def test_a_manager_of_somebody_else_drives_the_nodes(start: Start, run: Any) -> None:
    live = start(sys.executable, "-m", "fer_ros.cli.main", "live", "--source", "sample", "--set", "autostart=false")
    up = run(sys.executable, EXAMPLES / "lifecycle.py", "up", timeout=120)
    assert (up.code, up.out.split("\n")[:2]) == (0, ["/fer/inference is up", "/fer/camera is up"]), up.err + live.err
    until(lambda: "happy" in live.out, live)
    down = run(sys.executable, EXAMPLES / "lifecycle.py", "down", timeout=120)
    assert (down.code, down.out.split("\n")[:2]) == (0, ["/fer/camera is down", "/fer/inference is down"]), down.err
    again = run(sys.executable, EXAMPLES / "lifecycle.py", "down", timeout=120)
    assert (again.code, again.out) == (down.code, down.out), again.err


def test_the_unit_and_the_compose_file_start_what_exists_with_the_signal_that_ends_it_in_order() -> None:
    unit = configparser.ConfigParser(interpolation=None, strict=False)
    unit.optionxform = str  # type: ignore[method-assign, assignment]
    unit.read(EXAMPLES / "fer_ros.service")
    compose = yaml.safe_load((EXAMPLES / "compose.yaml").read_text())["services"]["fer"]
    for command in (unit["Service"]["ExecStart"], compose["command"]):
        assert "ros2 launch fer_ros live.launch.py" in command
    assert (ROOT / "launch" / "live.launch.py").is_file()
    assert unit["Service"]["KillSignal"] == compose["stop_signal"] == "SIGINT"


@pytest.mark.slow
def test_the_notebook_teaches_what_it_says(run: Any, tmp_path: Path) -> None:
    cells = json.loads((EXAMPLES / "teach.ipynb").read_text(encoding="utf-8"))["cells"]
    code = tmp_path / "teach.py"
    code.write_text("\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"))
    done = run(sys.executable, code, timeout=300)
    found = re.search(r"(\d+) of 30 right before, (\d+) after", done.out)
    assert done.code == 0 and found, done.err
    assert int(found[2]) >= 27 and int(found[2]) > int(found[1]), done.out
