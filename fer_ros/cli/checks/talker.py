"""The publishing side of the DDS check: ``python -m fer_ros.cli.checks.talker TOKEN``, until standard input closes."""

from __future__ import annotations

import array
import sys
import threading
import time
from typing import Any

PERIOD_S = 0.1
#: It ends by itself even if nobody closes its input.
LIFE_S = 30.0
IMAGE_BYTES = 640 * 480 * 3


def topics(token: str) -> tuple[str, str]:
    """The topics of one run, for strings and for images; no other node has them."""
    return f"/fer_doctor/t{token}/words", f"/fer_doctor/t{token}/images"


def main() -> None:
    """Publish a string and an image ten times a second."""
    import rclpy
    from rclpy.qos import qos_profile_sensor_data
    from sensor_msgs.msg import Image
    from std_msgs.msg import String

    token = sys.argv[1]
    over = threading.Event()

    def wait_for_end() -> None:
        sys.stdin.buffer.read()
        over.set()

    threading.Thread(target=wait_for_end, daemon=True).start()
    rclpy.init()
    node: Any = rclpy.create_node(f"fer_doctor_talker_{token}")
    words, images = topics(token)
    say = node.create_publisher(String, words, 10)
    show = node.create_publisher(Image, images, qos_profile_sensor_data)
    word = String(data=token)
    image = Image(height=480, width=640, encoding="bgr8", step=640 * 3)
    image.data = array.array("B", bytes(IMAGE_BYTES))
    end = time.monotonic() + LIFE_S
    while time.monotonic() < end and not over.wait(PERIOD_S):
        say.publish(word)
        show.publish(image)
    node.destroy_node()
    rclpy.shutdown()


if __name__ == "__main__":
    main()
