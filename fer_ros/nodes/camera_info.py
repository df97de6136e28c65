"""The camera's calibration as a topic, and the service that stores a new one."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from sensor_msgs.msg import CameraInfo
from sensor_msgs.srv import SetCameraInfo

from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.base.paths import check_name
from fer_ros.core.base.types import Frame
from fer_ros.core.capture.intrinsics import Intrinsics
from fer_ros.nodes import topics
from fer_ros.nodes.messages import recognition as messages

TOPIC, SERVICE = "camera_info", "set_camera_info"
#: Where a calibration lies that has no other place, as for other ROS drivers.
DEFAULT_URL = "file://${ROS_HOME}/camera_info/${NAME}.yaml"


def resolve(url: str, name: str) -> Path:
    """The file of a ``camera_info_url``.

    :param url: ``file:///…``, ``package://NAME/…`` or a path, with ``${NAME}`` and
        ``${ROS_HOME}``; empty: :data:`DEFAULT_URL`.
    :param name: of the camera.
    :raises ConfigError: another kind of URL, or an unknown package.
    """
    check_name("camera", name)
    home = os.environ.get("ROS_HOME") or str(Path("~/.ros").expanduser())
    text = (url or DEFAULT_URL).replace("${NAME}", name).replace("${ROS_HOME}", home)
    scheme, found, rest = text.partition("://")
    if not found:
        return Path(text).expanduser()
    if scheme == "file":
        return Path(unquote(rest))
    if scheme == "package":
        from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

        package, _, path = rest.partition("/")
        try:
            return Path(get_package_share_directory(package)) / unquote(path)
        except (PackageNotFoundError, ValueError) as error:
            raise ConfigError(f"camera_info_url: there is no package {quoted(package)} here") from error
    raise ConfigError(f"camera_info_url {quoted(url)}: use file:///path, package://name/path or a path")


class CameraInfoPort:
    """Publishes ``camera_info`` with the stamp of each image, and serves ``set_camera_info``.

    The file is that of the camera itself; what is published and what is set is that of the pictures as they are
    published, turned. A camera without a calibration publishes only its size. Its K is zero, which says so
    (CameraInfo.msg).
    """

    def __init__(self, node: Any, settings: Callable[[], Any]) -> None:
        """Belong to a lifecycle node.

        :param settings: gives the settings of the node ``camera``.
        """
        self._node, self._settings = node, settings
        self._known: Intrinsics | None = None
        self._told: set[str] = set()
        self._publisher = topics.create_publisher(node, CameraInfo, TOPIC, topics.images())
        node.create_service(SetCameraInfo, SERVICE, self._on_set)

    def load(self) -> None:
        """Read the calibration file.

        :raises ConfigError: a file was named but cannot be used.
        """
        path = self._path()
        self._known = Intrinsics.read(path) if self._settings().camera_info_url or path.is_file() else None

    def publish(self, frame: Frame) -> None:
        """Publish it for a frame, if someone listens."""
        if not self._publisher.get_subscription_count():
            return
        height, width = frame.image.shape[:2]
        message = CameraInfo(header=messages.header(frame), height=height, width=width)
        known = self._settings().turn().geometry(self._known) if self._known else None
        if known is not None and (known.width, known.height) != (width, height):
            self._warn(
                f"the calibration is for {known.width}x{known.height}, the camera gives {width}x{height}: "
                "camera_info is sent without it"
            )
        elif known is not None:
            message.distortion_model = known.model
            message.d, message.k, message.r, message.p = list(known.d), known.k, known.r, known.p
        self._publisher.publish(message)

    def _path(self) -> Path:
        return resolve(self._settings().camera_info_url, self._settings().camera_name)

    def _on_set(self, request: SetCameraInfo.Request, response: SetCameraInfo.Response) -> SetCameraInfo.Response:
        info = request.camera_info
        try:
            known = Intrinsics(
                width=int(info.width),
                height=int(info.height),
                name=re.sub(r"[^\w./-]", "_", self._settings().camera_name),
                model=info.distortion_model[:64],
                d=tuple(float(number) for number in info.d[:15]),
                k=tuple(float(number) for number in info.k),
                r=tuple(float(number) for number in info.r),
                p=tuple(float(number) for number in info.p),
            )
            known = self._settings().turn().back.geometry(known)
            path = self._path()
            known.write(path)
        except (ConfigError, OSError) as error:
            response.status_message = reason(error)
            return response
        self._known, response.success = known, True
        response.status_message = f"stored in {path}"
        self._node.get_logger().info(f"a new calibration is {response.status_message}")
        return response

    def _warn(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._node.get_logger().warning(text)
