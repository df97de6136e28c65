"""How old the pictures are that a slow link brings: a client behind a link of so many bytes a second.

    python benchmarks/slow_link.py [--rate 50000] [--delay 0.05] [--seconds 20] [--json]

Starts `fer live --dashboard` with the sample, and a client behind a proxy on loopback that passes on so many bytes a
second, with buffers as small as the system allows, each delayed. The age is that at the client, before decoding.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from urllib.parse import urlsplit

import aiohttp
import numpy as np
from live_page import HELLO, live_page
from slow_proxy import serve

from fer_ros.dashboard.talking.protocol import BINARY

#: Seconds at the beginning that do not count: the first picture tells how slow the link is.
BEGIN = 2.0


async def measure(url: str, rate: float, delay: float, seconds: float) -> dict[str, float]:
    """Watch for so long."""
    address = urlsplit(url)
    proxy = await serve(str(address.hostname), int(address.port or 80), rate, delay)
    port = proxy.sockets[0].getsockname()[1]
    ages: list[tuple[float, float]] = []
    sizes: list[int] = []
    received = 0
    began = time.monotonic()
    async with (
        aiohttp.ClientSession() as session,
        session.ws_connect(f"http://127.0.0.1:{port}/ws", max_msg_size=0) as connection,
    ):
        await connection.send_json(HELLO)
        await connection.send_json({"type": "watch", "video": True, "emotions": True, "fps": 30})
        while (left := seconds + BEGIN - (time.monotonic() - began)) > 0:
            try:
                message = await asyncio.wait_for(connection.receive(), left)
            except asyncio.TimeoutError:
                break
            received += len(message.data or "")
            if message.type == aiohttp.WSMsgType.BINARY:
                _, _, _, sequence, stamp, *_ = BINARY.unpack_from(message.data)
                ages.append((time.monotonic() - began, time.time() * 1e3 - stamp))
                sizes.append(len(message.data))
                await connection.send_json({"type": "seen", "seq": sequence})
            elif message.type == aiohttp.WSMsgType.TEXT and (told := json.loads(message.data))["type"] == "clock.ping":
                pong = {"type": "clock.pong", "n": told["n"], "now": time.time() * 1e3}
                await connection.send_json(pong)
            elif message.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                break
    proxy.close()
    settled = np.array([age for at, age in ages if at > BEGIN])
    return {
        "rate_kB_per_second": round(rate / 1000, 1),
        "received_kB_per_second": round(received / (time.monotonic() - began) / 1000, 1),
        "pictures_per_second": round(len(settled) / seconds, 1),
        "bytes_of_a_picture": float(np.median(sizes)) if sizes else 0.0,
        "age_median_ms": round(float(np.median(settled)), 1),
        "age_p95_ms": round(float(np.percentile(settled, 95)), 1),
        "age_worst_ms": round(float(settled.max()), 1),
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rate", type=float, default=50_000, help="bytes a second, each way")
    parser.add_argument("--delay", type=float, default=0.05, help="of every byte each way, seconds")
    parser.add_argument("--seconds", type=float, default=20.0, help="to watch")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    with live_page() as page:
        figures = asyncio.run(measure(page.url, args.rate, args.delay, args.seconds))
    print(json.dumps(figures) if args.json else "\n".join(f"{name:24} {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
