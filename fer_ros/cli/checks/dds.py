"""Messages really go from one process to another, small ones and images, on the user's own domain."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from fer_ros.cli.checks.finding import Finding, error, info, ok, warning
from fer_ros.cli.checks.talker import IMAGE_BYTES, topics
from fer_ros.core.base import isolation
from fer_ros.core.base.errors import reason

DISCOVERY_S = 12.0
IMAGE_S = 5.0
SHOWN_NODES = 6
NODES = ("/fer/camera", "/fer/inference")
#: Of linux/if.h.
IFF_UP, IFF_MULTICAST = 0x1, 0x1000


def check() -> Iterator[Finding]:
    """A child process publishes; this one must receive a string, then an image of 640x480."""
    token = uuid.uuid4().hex[:12]
    try:
        listener = Listener(token)
    except Exception as problem:
        yield error(f"not tried, ROS does not start: {reason(problem)}", "mend ROS first, see `ros` above")
        return
    talker = isolation.start(isolation.command("fer_ros.cli.checks.talker", token), stdin=subprocess.PIPE)
    begun = time.monotonic()
    try:
        while not listener.words and talker.poll() is None and time.monotonic() < begun + DISCOVERY_S:
            listener.spin()
        waited, domain = time.monotonic() - begun, listener.domain
        if not listener.words:
            yield _silent(talker.poll(), domain)
            return
        text = f"a node of another process is heard on domain {domain}, {waited:.1f} s after its start"
        yield ok(text, domain=domain, seconds=round(waited, 2))
        while not listener.images and talker.poll() is None and time.monotonic() < begun + waited + IMAGE_S:
            listener.spin()
        yield _images(listener)
        yield from _neighbours([name for name in listener.nodes() if token not in name])
    finally:
        with contextlib.suppress(subprocess.TimeoutExpired):
            talker.communicate(timeout=5)
        talker.kill()
        listener.close()


class Listener:
    """The receiving side.

    :ivar words: strings received.
    :ivar images: sizes of the images received, bytes.
    """

    def __init__(self, token: str) -> None:
        """:raises Exception: whatever rclpy says when it cannot be imported or started."""
        import rclpy
        from rclpy.qos import qos_profile_sensor_data
        from sensor_msgs.msg import Image
        from std_msgs.msg import String

        self._rclpy: Any = rclpy
        self.words: list[str] = []
        self.images: list[int] = []
        rclpy.init()
        self._node: Any = rclpy.create_node(f"fer_doctor_{token}")
        words, images = topics(token)
        self._node.create_subscription(String, words, self._word, 10)
        self._node.create_subscription(Image, images, self._image, qos_profile_sensor_data)

    def _word(self, message: Any) -> None:
        self.words.append(message.data)

    def _image(self, message: Any) -> None:
        self.images.append(len(message.data))

    def spin(self) -> None:
        """Take what comes, for a tenth of a second at most."""
        self._rclpy.spin_once(self._node, timeout_sec=0.1)

    @property
    def domain(self) -> int:
        """The domain in use."""
        return int(self._node.context.get_domain_id())

    def nodes(self) -> list[str]:
        """Full names of all nodes seen on the domain, sorted."""
        return sorted({f"{space.rstrip('/')}/{name}" for name, space in self._node.get_node_names_and_namespaces()})

    def close(self) -> None:
        """Leave the domain."""
        self._node.destroy_node()
        self._rclpy.shutdown()


def _silent(status: int | None, domain: int) -> Finding:
    if status is not None:
        return error(f"the publishing process ended with status {status}", "mend ROS first, see `ros` above")
    text = f"no message came from another process on domain {domain} within {DISCOVERY_S:g} s"
    if os.environ.get("ROS_AUTOMATIC_DISCOVERY_RANGE") == "OFF":
        return error(text, "unset ROS_AUTOMATIC_DISCOVERY_RANGE, which is OFF")
    if not multicast_interfaces():
        cure = "`ip link set lo multicast on`, or set ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
        return error(f"{text}: no network interface has multicast", cure)
    return error(
        text, "allow UDP 7400 to 7900 and multicast in the firewall, or set ROS_AUTOMATIC_DISCOVERY_RANGE=LOCALHOST"
    )


def _images(listener: Listener) -> Finding:
    if listener.images and listener.images[0] == IMAGE_BYTES:
        return ok("an image of 640x480 arrives whole", bytes=IMAGE_BYTES)
    cure = "free /dev/shm, or raise net.core.rmem_max by sysctl (docs.ros.org: DDS tuning)"
    return error(f"small messages arrive, but no image of {IMAGE_BYTES} bytes within {IMAGE_S:g} s", cure)


def multicast_interfaces(root: Path = Path("/sys/class/net")) -> list[str]:
    """Names of the interfaces that are up and take multicast, by which nodes find each other."""
    found = []
    for file in sorted(root.glob("*/flags")):
        try:
            flags = int(file.read_text(), 16)
        except (OSError, ValueError):
            continue
        if flags & IFF_UP and flags & IFF_MULTICAST:
            found.append(file.parent.name)
    return found


def _neighbours(names: list[str]) -> Iterator[Finding]:
    """Nodes that run already: two robots on one domain hear each other, and so do a forgotten run and a new one."""
    running = [name for name in NODES if name in names]
    if running:
        text = f"{' and '.join(running)} runs already on this domain: a second one publishes the same topics"
        yield warning(text, "stop it first, or start the new one with another `namespace`", nodes=names)
    elif names:
        more = f" and {len(names) - SHOWN_NODES} more" if len(names) > SHOWN_NODES else ""
        yield info(f"other nodes on this domain: {', '.join(names[:SHOWN_NODES])}{more}", nodes=names)
