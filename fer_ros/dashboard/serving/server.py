"""The server: everything of the dashboard happens in one event loop, in its own thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from aiohttp import hdrs, web

from fer_ros import __version__
from fer_ros.core.base.emoticons import Emoticons
from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.recording.settings import RecordingSettings, parse_labels
from fer_ros.dashboard.doing.actions import Doing
from fer_ros.dashboard.doing.models import Models
from fer_ros.dashboard.doing.recording import Recording
from fer_ros.dashboard.doing.training import Training, known_heads
from fer_ros.dashboard.robot import Json, Robot
from fer_ros.dashboard.serving import door, downloads, http_log, links, static_files, tls
from fer_ros.dashboard.serving.access import Access
from fer_ros.dashboard.serving.door import Door
from fer_ros.dashboard.settings import DashboardSettings
from fer_ros.dashboard.talking import protocol
from fer_ros.dashboard.talking.before_hello import BeforeHello
from fer_ros.dashboard.talking.client import CLOSING, Client
from fer_ros.dashboard.talking.connection import HELLO, Conversation, greet, new_socket
from fer_ros.dashboard.talking.discard import discard
from fer_ros.dashboard.talking.hub import Hub

log = logging.getLogger(__name__)

#: Seconds that starting and ending may take.
START, END = 10.0, 0.8
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Server:
    """Serves the page. Its node makes, starts and stops it, and tells it by :meth:`post` what the robot does.

    :ivar door: who gets a connection.
    :ivar hub, recording, training, models: for posted calls; use them in the server's thread only.
    """

    door: Door
    hub: Hub
    recording: Recording
    training: Training
    models: Models

    def __init__(self, settings: DashboardSettings, robot: Robot, static: Path = static_files.FOLDER) -> None:
        """Read certificate and page; nothing listens yet.

        :raises ConfigError: certificate or key are no good.
        """
        self._settings, self._robot = settings, robot
        self._tls = tls.context(settings)
        self.access = Access(settings)
        self._static = static_files.StaticFiles(static)
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending: asyncio.Event | None = None
        self._started = threading.Event()
        self._error: Exception | None = None
        # The usual ones until the recorder tells its own, so that nothing on the page moves.
        self._labels = list(parse_labels(RecordingSettings().labels))
        self.port = settings.port

    @property
    def url(self) -> str:
        """The page's address, with the token."""
        return links.url(links.reachable(self._settings.host), self.port, self._settings.secure, self.access.token)

    @property
    def clients(self) -> int:
        """Browsers that are connected."""
        return len(self.hub) if self._started.is_set() and self._error is None else 0

    @property
    def refused(self) -> dict[str, int]:
        """Reason → connections refused since the start."""
        return self.door.refused() if self._loop is not None else {}

    def start(self) -> None:
        """Listen.

        :raises FerError: the port is taken, or the address is not this machine's.
        """
        self._started.clear()
        self._error = None
        self._thread = threading.Thread(target=self._run, name="dashboard", daemon=True)
        self._thread.start()
        if not self._started.wait(START):
            raise FerError("the dashboard does not start: the machine is too busy, or its network hangs")
        if self._error is not None:
            self._thread.join()
            raise self._error

    def stop(self) -> None:
        """End every connection and stop listening; harmless if nothing runs."""
        if self._loop is not None and self._ending is not None:
            self.post(self._ending.set)
        thread, self._thread = self._thread, None
        if thread is not None:
            thread.join(2 * END)

    def post(self, action: Callable[..., object], *arguments: object) -> None:
        """Do something in the server's thread. Any thread may call it, even after the end."""
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has ended in this moment
                loop.call_soon_threadsafe(action, *arguments)

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            log.exception("the dashboard has failed")
            self._error = error
        finally:
            self._loop = None
            self._started.set()

    async def _serve(self) -> None:
        settings = self._settings
        self.hub = Hub(self._robot)
        self._doing = doing = Doing(self._robot, self.hub, settings)
        self.recording, self.training, self.models = doing.recording, doing.training, doing.models
        self._ending = asyncio.Event()
        asyncio.get_running_loop().set_exception_handler(http_log.of_the_loop)
        runner = web.AppRunner(
            self._app(),
            logger=http_log.logger(),
            access_log=None,
            handle_signals=False,
            shutdown_timeout=END / 2,
            keepalive_timeout=door.IDLE,
            lingering_time=door.BODY,
        )
        await runner.setup()
        assert runner.server is not None
        self.door = Door(self._tls)
        try:
            try:
                self.door.open(settings.host, settings.port, runner.server)
            except OSError as error:
                place = f"{settings.host}, port {settings.port}"
                self._error = FerError(f"the dashboard cannot listen on {place}: {reason(error)}: choose another port")
                return
            self.port = self.door.port
            self._loop = asyncio.get_running_loop()
            self._started.set()
            helpers = [asyncio.create_task(helper) for helper in doing.helpers()]
            await self._ending.wait()
            for helper in helpers:
                helper.cancel()
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._end(), END)
        finally:
            self.door.close()
            await runner.cleanup()

    async def _end(self) -> None:
        goodbyes = (client.close(1001, "the server is ending") for client in self.hub)
        await asyncio.gather(self._doing.end(), *goodbyes)

    def _app(self) -> web.Application:
        app = web.Application(middlewares=[self._guard])
        app.router.add_get("/ws", self._on_socket)
        app.router.add_get("/healthz", self._on_health)
        app.router.add_get("/download/{ticket}", self._on_download)
        app.router.add_post("/upload/{ticket}", self._on_upload)
        app.router.add_get("/{name:.*}", self._on_file)
        app.on_response_prepare.append(self._secure)
        return app

    @web.middleware
    async def _guard(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Refuse requests that use another name or none, or come from another page."""
        self.door.asked(request.protocol)
        if hdrs.HOST not in request.headers:  # aiohttp before 3.10 lets it pass
            return web.Response(status=400, text="The header Host is missing.\n")
        if not self.access.allows_host(request.host):
            text = "This name is not known here: use the address, or add the name to allowed_hosts.\n"
            return web.Response(status=403, text=text)
        if not self.access.allows_origin(request.headers.get("Origin"), request.host):
            return web.Response(status=403, text="Pages of other servers are not let in.\n")
        return await handler(request)

    async def _secure(self, request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(static_files.SECURITY)
        response.headers["Server"] = "fer_ros"

    async def _on_file(self, request: web.Request) -> web.StreamResponse:
        return self._static.answer(request)

    async def _on_health(self, _: web.Request) -> web.StreamResponse:
        return web.Response(text="ok\n", headers={"Cache-Control": "no-store"})

    async def _on_download(self, request: web.Request) -> web.StreamResponse:
        return await downloads.send(request, self._doing.downloads, self.door)

    async def _on_upload(self, request: web.Request) -> web.StreamResponse:
        return await downloads.take(request, self._doing.projects.receive, self.door)

    async def _on_socket(self, request: web.Request) -> web.StreamResponse:
        socket = new_socket()
        if not socket.can_prepare(request).ok:
            return web.Response(status=426, text="A WebSocket is expected.\n", headers={"Upgrade": "websocket"})
        await socket.prepare(request)
        self.door.greets(request.protocol, HELLO + CLOSING)
        before = BeforeHello(request.transport, request.protocol, lambda: self.door.refuse("too much before hello"))
        client = await greet(socket, self.access.knows, lambda: len(self.hub) < self._settings.max_clients)
        if client is None:
            self.door.refuse("no valid hello")
            return socket
        before.end()
        self.door.knows(request.protocol)
        client.transport = request.transport
        await self._talk(client, socket, request)
        return socket

    async def _talk(self, client: Client, socket: web.WebSocketResponse, request: web.Request) -> None:
        client.tell(await asyncio.to_thread(self._welcome))
        self.hub.add(client)
        conversation = Conversation(
            client, self._doing.actions, self._robot.now, self.hub.watch, self.recording.hold, self._doing.takers
        )
        self.hub.spawn(self._tell_more(client))
        try:
            await conversation.listen(socket, lambda: self._deafen(request))
        finally:
            client.abort_in(CLOSING)
            self.hub.remove(client)
            await self._doing.gone(client)

    def _deafen(self, request: web.Request) -> asyncio.Future[None]:
        self.door.refuse("too many or too large messages")
        return discard(request.transport, request.protocol)

    async def _tell_more(self, client: Client) -> None:
        """Facts that take a moment to find out."""
        await self.recording.tell_takes(client)
        with contextlib.suppress(FerError):
            self._tell_labels(await self._robot.labels())
        await self.models.refresh()

    def _welcome(self) -> Json:
        settings, emoticons = self._settings, {}
        try:
            emoticons = Emoticons.load().to_dict()
        except FerError as error:
            log.warning("the page shows no emoticons: %s", error)
        return {
            "type": "welcome",
            "version": protocol.VERSION,
            "software": f"fer_ros {__version__}",
            "namespace": self._robot.namespace,
            "clients": len(self.hub) + 1,
            "emoticons": emoticons,
            "labels": self._labels,
            "advised": settings.advised,
            "hold": protocol.HOLD,
            "limits": protocol.LIMITS,
            "heads": known_heads(),
            "secure": settings.secure,
            "share": None if settings.local else {"url": self.url, "qr": links.qr_rows(self.url)},
        }

    def _tell_labels(self, labels: Sequence[str]) -> None:
        self._labels = list(labels)
        self.hub.tell({"type": "labels", "labels": self._labels}, keep=True)
