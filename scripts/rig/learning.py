"""Recording and training by services and by the action."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import yaml

from scripts.rig.tools import Running, echoed, expect, launched, typed, until

GOAL = ("ros2", "action", "send_goal", "--feedback", "/fer/train", "fer_msgs/action/Train")


def train() -> str:
    """Record two labels, train by the action with feedback; reject a second goal; cancel one with Ctrl-C."""
    with launched("source:=face", "record:=true", "train:=true") as launch:
        until(lambda: "/fer/train" in typed("ros2", "action", "list"), "the action")
        for label in ("happy", "surprise"):
            typed("ros2", "param", "set", "/fer/camera", "sources.face.expression", label)
            time.sleep(1.0)
            wish = f"{{label: {label}, samples: 40, subject: rig}}"
            said = typed("ros2", "service", "call", "/fer/record/start", "fer_msgs/srv/StartRecording", wish)
            expect("success=True" in said, said)
            time.sleep(3.0)
        typed("ros2", "service", "call", "/fer/record/stop", "std_srvs/srv/Trigger")
        goal = typed(*GOAL, "{name: rig}", timeout=120)
        expect("Goal finished with status: SUCCEEDED" in goal and goal.count("Feedback:") >= 4, goal[-600:])
        model = echoed("/fer/model", "--no-arr")
        expect("name: rig" in model, f"the model in use is {model[:200]}")
        long = Running(*GOAL, "{name: long, head: dense, epochs: 10000, hidden_units: 2000}")
        try:
            long.says("phase: training")
            second = typed(*GOAL, "{name: second}", status=None)
            expect("rejected" in second, second[-300:])
            began = time.monotonic()
            long.process.send_signal(signal.SIGINT)
            long.says("ancel")
            until(lambda: "the training was cancelled" in launch.text, "the cancelled training")
            took = time.monotonic() - began
        finally:
            long.process.kill()
        expect("a goal of train is rejected: a training runs already" in launch.text, "the log gives no reason")
    return f"{goal.count('Feedback:')} feedbacks, model in use; a second goal rejected; cancelled in {took:.1f} s"


def revise() -> str:
    """A take gets another label; what cannot be done has a reason for programs."""
    call = ("ros2", "service", "call", "/fer/record/revise", "fer_msgs/srv/ReviseTake")
    with launched("source:=face", "record:=true"):
        refused = typed(*call, "{take: 1, label: sad}")
        expect("success=False" in refused and "code='no_bag'" in refused, refused)
        wish = "{label: happy, samples: 20, bag: rig_revise}"
        said = typed("ros2", "service", "call", "/fer/record/start", "fer_msgs/srv/StartRecording", wish)
        expect("success=True" in said, said)
        until(lambda: "take_samples: 20\n" in _status(), "20 samples")
        done = typed(*call, "{take: 1, label: sad}")
        expect("success=True" in done and "samples=20" in done and "new_take=2" in done, done)
        told = yaml.safe_load(_status())
        counts = dict(zip(told["labels"], told["counts"], strict=True))
        expect(counts["sad"] == 20 and counts["happy"] == 0, str(counts))
        typed("ros2", "service", "call", "/fer/record/stop", "std_srvs/srv/Trigger")
    return "20 samples from happy to sad, in a take of their own; without a bag refused with the code no_bag"


def _status() -> str:
    words = ("--qos-durability", "transient_local", "--qos-reliability", "reliable", "--full-length")
    return echoed("/fer/record/status", *words)


#: Name → check.
CHECKS: dict[str, Callable[[], str]] = {"train": train, "revise": revise}
