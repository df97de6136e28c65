"""A photograph: the newest picture at the camera's size, however small those are that a slow link carries."""

from __future__ import annotations

import asyncio
import io

from fer_ros.core.vision.kinds import PNG, kind_of
from fer_ros.dashboard.doing.tickets import Download, Tickets
from fer_ros.dashboard.robot import Json, Unavailable
from fer_ros.dashboard.talking.client import Client
from fer_ros.dashboard.talking.hub import Hub

#: Nanoseconds by which the picture in which a face was found may be older: later, the face has moved on.
LATE = 1_500_000_000


class Photographs:
    """Used in the server's thread; a large picture is encoded in another."""

    def __init__(self, hub: Hub, downloads: Tickets[Download]) -> None:
        self._hub, self._downloads = hub, downloads

    async def take(self, client: Client, face: int) -> Json:
        """Make a link that fetches the newest picture.

        :param face: number of the face whose place is told; 0: the largest.
        :returns: ``url``, the ``width`` and ``height`` in which boxes are given, and ``box``: x, y, width, height; null
            where the face was not found just now.
        :raises Unavailable: no picture is watched, or none has come yet.
        """
        picture = self._hub.newest
        if picture is None:
            raise Unavailable("no picture has come: watch the pictures, then ask again", "no_picture")
        seen = self._hub.last_face(face)
        box = seen[1]["box"] if seen is not None and abs(picture.stamp - seen[0].stamp) < LATE else None
        data = picture.data if picture.whole is None else await asyncio.to_thread(picture.whole)
        name = f"picture.{'png' if kind_of(data) is PNG else 'jpg'}"
        ticket = self._downloads.give((name, lambda: io.BytesIO(data)))
        return {"url": f"/download/{ticket}", "width": picture.width, "height": picture.height, "box": box}
