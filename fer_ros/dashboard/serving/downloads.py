"""Files that go out and come in by HTTP, each by a ticket that was given over the WebSocket."""

from __future__ import annotations

import asyncio
import mimetypes
from collections.abc import AsyncIterator, Awaitable, Callable

from aiohttp import web

from fer_ros.core.base.errors import FerError
from fer_ros.dashboard.doing.recording import Busy
from fer_ros.dashboard.doing.tickets import Download, Tickets
from fer_ros.dashboard.robot import Json, reason_of
from fer_ros.dashboard.serving.door import Door

Receive = Callable[[str, AsyncIterator[bytes]], Awaitable[Json]]

CHUNK = 1 << 16
#: Seconds in which a file is made, or taken in once it is here.
MAKING = 300.0
_FRESH = {"Cache-Control": "no-store"}


async def send(request: web.Request, tickets: Tickets[Download], door: Door) -> web.StreamResponse:
    """The file that a ticket stands for."""
    door.asked(request.protocol, MAKING)
    try:
        name, make = tickets.take(request.match_info["ticket"])
        file = await asyncio.to_thread(make)
    except FerError as error:
        return web.Response(status=404, text=f"{error}\n", headers=_FRESH)
    with file:
        headers = {
            "Content-Type": mimetypes.guess_type(name)[0] or "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{name}"',  # of safe characters only
        }
        answer = web.StreamResponse(headers={**headers, **_FRESH})
        await answer.prepare(request)
        while chunk := file.read(CHUNK):
            door.asked(request.protocol)
            await answer.write(chunk)
        await answer.write_eof()
    return answer


async def take(request: web.Request, receive: Receive, door: Door) -> web.StreamResponse:
    """Take in a file that is sent to a ticket; the answer says in JSON what became of it."""

    async def chunks() -> AsyncIterator[bytes]:
        async for chunk in request.content.iter_chunked(CHUNK):
            door.asked(request.protocol)
            yield chunk
        door.asked(request.protocol, MAKING)

    try:
        return web.json_response(await receive(request.match_info["ticket"], chunks()), headers=_FRESH)
    except Busy as error:
        return _refused("busy", error, 409)
    except FerError as error:
        return _refused("failed", error, 400)
    except asyncio.TimeoutError:
        return _refused("failed", FerError("the file took too long to come", "project_slow"), 408)


def _refused(code: str, error: FerError, status: int) -> web.Response:
    said = {"code": code, "message": str(error), "reason": reason_of(error)}
    return web.json_response(said, status=status, headers=_FRESH)
