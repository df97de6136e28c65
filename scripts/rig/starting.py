"""Launch arguments, composition, simulation, ends, and how long a start takes."""

from __future__ import annotations

import json
import os
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from scripts.rig.tools import Running, expect, launched, listening, pids, typed, until

SAMPLE = "source:=sample"
#: A parameter file of the first release: the names that settings of plugins had then.
OLD = """
/**/camera:
  ros__parameters: {source: sample, source.fps: 20.0}
/**/inference:
  ros__parameters: {detector: haar, detector.max_faces: 2, filter.bayes.change_rate: 0.3}
/**/trainer:
  ros__parameters: {epochs: 20, learning_rate: 0.0}
"""


def arguments() -> str:
    """Booleans as people write them; what is wrong ends with a sentence."""
    with launched(SAMPLE, "record:=True", "train:=yes", "annotate:=ON", "use_sim_time:=0"):
        nodes = until(lambda: _nodes(4), "four nodes")
        state = typed("ros2", "lifecycle", "get", "/fer/camera")
        expect("active" in state, state)
    wrong = typed("ros2", "launch", "fer_ros", "live.launch.py", "source:=smaple", status=1)
    expect("did you mean 'sample'" in wrong, wrong[-300:])
    return f"{', '.join(sorted(set(nodes)))}; a wrong source names the right one"


def old_file() -> str:
    """A parameter file of the first release still starts."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "old.yaml"
        file.write_text(OLD)
        with launched(f"params_file:={file}", "train:=true") as launch:
            found = typed("ros2", "param", "get", "/fer/camera", "sources.sample.fps")
            expect("20.0" in found, found)
            warned = launch.text.count("is now called")
    return f"source.fps, detector.max_faces, filter.bayes.change_rate, epochs taken, with {warned} warnings"


def composed() -> str:
    """All nodes in one process, and two cameras in one."""
    from fer_msgs.msg import Emotion

    with launched(SAMPLE, "compose:=true", "record:=true", "train:=true"):
        until(lambda: _nodes(4), "four nodes")
        expect(len(pids()) == 1, f"{len(pids())} processes")
    with launched(SAMPLE, "compose:=true", "namespace:=left,right"), listening() as ear:
        heard = [ear.hear(Emotion, f"/{side}/emotion") for side in ("left", "right")]
        until(lambda: all(len(one) > 20 for one in heard), "emotions of both")
        expect(len(pids()) == 1, f"{len(pids())} processes")
    return "4 nodes in one process; cameras left and right in one process"


def lifecycle() -> str:
    """Somebody else's manager drives the nodes."""
    with launched(SAMPLE, "autostart:=false", ready="waiting to be configured"):
        until(lambda: _nodes(2), "two nodes")
        for node in ("inference", "camera"):
            for verb in ("configure", "activate"):
                typed("ros2", "lifecycle", "set", f"/fer/{node}", verb)
        expect("active" in typed("ros2", "lifecycle", "get", "/fer/inference"), "inference is not active")
        typed("ros2", "lifecycle", "set", "/fer/camera", "deactivate")
        expect("inactive" in typed("ros2", "lifecycle", "get", "/fer/camera"), "the camera is not inactive")
    return "configure, activate, deactivate by `ros2 lifecycle`"


def simulation() -> str:
    """Without a clock, time stands still; with one, results carry its times."""
    import rclpy
    from rosgraph_msgs.msg import Clock

    from fer_msgs.msg import Emotion

    with launched(SAMPLE, "use_sim_time:=true"), listening() as ear:
        heard, clock = ear.hear(Emotion, "/fer/emotion"), ear.node.create_publisher(Clock, "/clock", 1)
        now = [1000.0]

        def tick() -> None:
            now[0] += 0.01
            clock.publish(Clock(clock=rclpy.time.Time(seconds=now[0]).to_msg()))

        ear.node.create_timer(0.01, tick)
        until(lambda: heard and 1000 < heard[-1][1].times.published.sec < 2000, "emotions in simulated time")
        stamp = heard[-1][1].header.stamp.sec
    expect(1000 <= stamp < 2000, f"the stamp is {stamp}")
    return f"stamps and times by /clock, such as {stamp} s"


def ends() -> str:
    """SIGTERM and SIGKILL to `ros2 launch`, as systemd and Docker end it, leave nothing behind."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        launch = Running("ros2", "launch", "fer_ros", "live.launch.py", SAMPLE)
        try:
            launch.says("model ")
            os.kill(launch.process.pid, number)
            until(lambda: not pids(), f"no node left after signal {number}", 10.0)
        finally:
            launch.kill()
    return "no node is left"


def doctor() -> str:
    """`ros2 doctor` and `fer doctor`."""
    theirs = typed("ros2", "doctor", status=None)
    known = [line for line in theirs.splitlines() if "Failed modules" in line or "checks passed" in line]
    warned = sorted({name for name in ("NetworkCheck", "PackageCheck", "PlatformCheck", "QoSCompatibilityCheck")
                     if f"Check entry point {name}" in theirs})  # fmt: skip
    ours = typed("fer", "doctor", status=None)
    wrong = [line.strip() for line in ours.splitlines() if line.lstrip().startswith(("error", "ERROR"))]
    expect(not wrong, "; ".join(wrong))
    said = "; ".join([*known, *([f"cannot run here: {', '.join(warned)}"] if warned else [])]) or "nothing to report"
    return f"ros2 doctor: {said}; fer doctor: no error"


def starts(rounds: int) -> str:
    """The first emotion of three processes."""
    words = (sys.executable, "benchmarks/starts.py", "--rounds", str(rounds), "--domain", os.environ["ROS_DOMAIN_ID"])
    text = typed(*words, timeout=60.0 + 30.0 * rounds, status=None)
    last = (text.strip().splitlines() or [""])[-1]
    expect(last.startswith("{"), f"benchmarks/starts.py: {text[-500:]}")
    found = json.loads(last)
    told = f"median {found['median']:.2f} s, longest {found['max']:.2f} s of {rounds}"
    expect(not found["late"], f"{found['late']} starts took longer than 2 s: {told}")
    return told


def _nodes(count: int) -> list[str]:
    found = [name for name in typed("ros2", "node", "list").split() if name.startswith("/fer/")]
    return found if len(set(found)) >= count else []


#: Name → check.
CHECKS: dict[str, Callable[[], str]] = {
    "arguments": arguments,
    "old_file": old_file,
    "composed": composed,
    "lifecycle": lifecycle,
    "simulation": simulation,
    "ends": ends,
    "doctor": doctor,
}
