"""What a thousand half-open connections and a hundred silent WebSockets do to recording, to a newcomer and to the log.

    python benchmarks/strangers.py [--seconds 20] [--half-open 1000] [--silent 100] [--json]

Starts `fer live --dashboard` with the sample and 1,024 file descriptors, records by a WebSocket of its own, and lets
strangers connect from other addresses of this machine (127.0.0.2 and on); whoever is thrown out comes back two seconds
later. Nothing leaves the machine. On a machine that does something else meanwhile, compare the columns alone.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import resource
import sys
import time
from typing import Any

import aiohttp
from live_page import HELLO, LivePage, live_page

HALF = b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Wait: "
UPGRADE = (
    b"GET /ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
)
#: Seconds for a newcomer at most, between two newcomers, and until a stranger comes back.
PATIENCE, EVERY, BACK = 30.0, 0.5, 2.0
#: Addresses that the strangers come from.
ADDRESSES = 40


class Recording:
    """A page that records."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket, self.samples = socket, 0

    async def run(self) -> None:
        """Hold the button."""
        await self._socket.send_json({"type": "record.start", "id": 1, "label": "happy", "subject": "nobody"})
        reading = asyncio.create_task(self._read())
        try:
            while True:
                await self._socket.send_json({"type": "hold"})
                await asyncio.sleep(0.5)
        finally:
            reading.cancel()

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type == aiohttp.WSMsgType.TEXT:
                content = json.loads(message.data)
                if content["type"] == "record":
                    self.samples = content["samples"]
                elif content["type"] == "clock.ping":
                    await self._socket.send_json({"type": "clock.pong", "n": content["n"], "now": time.time() * 1e3})

    async def rate(self, seconds: float) -> float:
        """Samples a second."""
        before, began = self.samples, time.monotonic()
        await asyncio.sleep(seconds)
        return (self.samples - before) / (time.monotonic() - began)


async def crowd(port: int, half_open: int, silent: int) -> None:
    """All strangers, until this process is ended; says how many connections there were, whenever a line comes."""
    count = 0

    async def stranger(number: int, data: bytes) -> None:
        nonlocal count
        while True:
            with contextlib.suppress(OSError):
                origin = f"127.0.0.{2 + number % ADDRESSES}", 0
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=origin)
                count += 1
                writer.write(data)
                with contextlib.suppress(OSError):
                    while await reader.read(1 << 12):
                        pass
                writer.close()
            await asyncio.sleep(BACK)

    kinds = [HALF] * half_open + [UPGRADE] * silent
    tasks = [asyncio.create_task(stranger(number, data)) for number, data in enumerate(kinds)]
    await asyncio.to_thread(sys.stdin.readline)
    print(count, flush=True)
    for task in tasks:
        task.cancel()


async def newcomer(url: str) -> float:
    """Seconds until somebody new has the page and is welcome."""
    began = time.monotonic()
    try:
        async with asyncio.timeout(PATIENCE), aiohttp.ClientSession() as session:
            async with session.get(url) as answer:
                await answer.read()
            async with session.ws_connect(f"{url}ws") as socket:
                await socket.send_json({**HELLO, "client": "newcomer"})
                assert (await socket.receive_json())["type"] == "welcome"
    except (OSError, aiohttp.ClientError, TimeoutError):
        return PATIENCE
    return time.monotonic() - began


async def measure(live: LivePage, args: argparse.Namespace) -> dict[str, Any]:
    """First without strangers, then with them."""
    url = live.url
    port = int(re.search(r":(\d+)/", url).group(1))  # type: ignore[union-attr]
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{url}ws", max_msg_size=0) as socket:
        await socket.send_json(HELLO)
        page = Recording(socket)
        holding = asyncio.create_task(page.run())
        waits: list[float] = []

        async def newcomers() -> None:
            while True:
                waits.append(await newcomer(url))
                await asyncio.sleep(EVERY)

        coming = asyncio.create_task(newcomers())
        await asyncio.sleep(2)
        cpu = live.cpu_seconds()
        alone, before = await page.rate(args.seconds), live.log_bytes()
        cores, waits_alone = (live.cpu_seconds() - cpu) / args.seconds, waits[:]
        strangers = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--crowd", str(port),
            "--half-open", str(args.half_open), "--silent", str(args.silent),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        await asyncio.sleep(1)
        waits.clear()
        cpu = live.cpu_seconds()
        crowded = await page.rate(args.seconds)
        cores_crowded = (live.cpu_seconds() - cpu) / args.seconds
        count = int((await strangers.communicate(b"\n"))[0])
        for task in (coming, holding):
            task.cancel()
        await asyncio.gather(coming, holding, return_exceptions=True)
    return {
        "frames_per_second_alone": round(alone, 1),
        "frames_per_second_crowded": round(crowded, 1),
        "cores_alone": round(cores, 2),
        "cores_crowded": round(cores_crowded, 2),
        "newcomers": len(waits),
        "newcomer_worst_alone_s": round(max(waits_alone, default=PATIENCE), 2),
        "newcomer_worst_s": round(max(waits, default=PATIENCE), 2),
        "log_bytes": live.log_bytes() - before,
        "strangers_connections": count,
    }


def refused() -> dict[str, int]:
    """What the dashboard's diagnostics say of it."""
    import rclpy
    from diagnostic_msgs.msg import DiagnosticArray

    found: dict[str, int] = {}

    def take(message: DiagnosticArray) -> None:
        for status in message.status:
            found.update({v.key: int(v.value) for v in status.values if v.key.startswith("refused: ")})

    rclpy.init()
    node = rclpy.create_node("strangers")
    node.create_subscription(DiagnosticArray, "/diagnostics", take, 10)
    until = time.monotonic() + 10
    while not found and time.monotonic() < until:
        rclpy.spin_once(node, timeout_sec=0.1)
    node.destroy_node()
    rclpy.shutdown()
    return found


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=20.0, help="of each of the two measurements")
    parser.add_argument("--half-open", type=int, default=1_000, help="connections with half a header")
    parser.add_argument("--silent", type=int, default=100, help="WebSockets that say nothing")
    parser.add_argument("--crowd", type=int, default=0, metavar="PORT", help="be the strangers, of a server that runs")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(limits[1], 8_192), limits[1]))
    if args.crowd:
        asyncio.run(crowd(args.crowd, args.half_open, args.silent))
        return 0
    with live_page("recorder.min_free_mb=0") as live:
        resource.prlimit(live.pid, resource.RLIMIT_NOFILE, (1_024, limits[1]))
        figures = asyncio.run(measure(live, args)) | refused()
    print(json.dumps(figures) if args.json else "\n".join(f"{name:48} {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
