"""Records for a while by service calls, as somebody in another process does.

``python -m fer_ros.cli.benchmarks.workers.recording_client SECONDS`` says ``recording`` once frames are written,
``done`` after so many seconds, and then the last status as one JSON object: ``received``, ``written``,
``without_face``, ``dropped``.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

#: Seconds for the nodes to answer, and for the first frame to be written.
PATIENCE = 30.0
COUNTS = ("received", "written", "without_face", "dropped")


def main(seconds: float) -> None:
    """Start, wait, stop."""
    import rclpy
    from std_srvs.srv import Trigger

    from fer_msgs.msg import RecordStatus
    from fer_msgs.srv import StartRecording
    from fer_ros.nodes import topics

    rclpy.init()
    node: Any = rclpy.create_node("bench_recording")
    statuses: list[Any] = []
    node.create_subscription(RecordStatus, "/fer/record/status", statuses.append, topics.latched())

    def call(kind: Any, name: str, **fields: Any) -> Any:
        client = node.create_client(kind, f"/fer/record/{name}")
        if not client.wait_for_service(PATIENCE):
            raise SystemExit(f"no service record/{name}")
        future = client.call_async(kind.Request(**fields))
        rclpy.spin_until_future_complete(node, future, timeout_sec=PATIENCE)
        answer = future.result()
        if answer is None or not answer.success:
            raise SystemExit(f"record/{name}: {answer.message if answer else 'no answer'}")
        return answer

    def spin_until(end: float, enough: int) -> None:
        while time.monotonic() < end and not any(s.written >= enough for s in statuses):
            rclpy.spin_once(node, timeout_sec=0.1)

    call(StartRecording, "start", label="neutral")
    spin_until(time.monotonic() + PATIENCE, 1)
    print("recording", flush=True)
    spin_until(time.monotonic() + seconds, sys.maxsize)
    print("done", flush=True)
    call(Trigger, "stop")
    while statuses[-1].state != RecordStatus.STATE_IDLE:
        rclpy.spin_once(node, timeout_sec=0.1)
    print(json.dumps({name: getattr(statuses[-1], name) for name in COUNTS}), flush=True)
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    main(float(sys.argv[1]))
