"""What it costs that somebody watches the dashboard, and how old the pictures are that they get.

    python benchmarks/dashboard.py [--seconds 10] [--json]

Starts `fer live --dashboard` with the sample, and a client in this process that takes pictures and emotions and answers
each at once, as a page does. On a machine that does something else meanwhile the figures mean little.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time

import aiohttp
import numpy as np
from live_page import HELLO, LivePage, live_page

from fer_ros.dashboard.talking.protocol import BINARY

#: Seconds for things to settle before each measurement.
SETTLE = 2.0


async def measure(page: LivePage, seconds: float) -> dict[str, float]:
    """Without a client, then with one that watches."""

    async def share() -> float:
        await asyncio.sleep(SETTLE)
        cpu, began = page.cpu_seconds(), time.monotonic()
        await asyncio.sleep(seconds)
        return (page.cpu_seconds() - cpu) / (time.monotonic() - began)

    ages: list[float] = []
    alone = await share()
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{page.url}ws", max_msg_size=0) as socket:

        async def take() -> None:
            async for message in socket:
                if message.type == aiohttp.WSMsgType.BINARY:
                    _, _, _, sequence, stamp, *_ = BINARY.unpack_from(message.data)
                    ages.append(time.time() * 1e3 - stamp)
                    await socket.send_json({"type": "seen", "seq": sequence})

        taking = asyncio.create_task(take())
        await socket.send_json(HELLO)
        await socket.send_json({"type": "watch", "video": True, "emotions": True, "fps": 30})
        watched = await share()
        taking.cancel()
    recent = np.array(ages[-int(20 * seconds) :])
    return {
        "cores_alone": round(alone, 3),
        "cores_watched": round(watched, 3),
        "cores_added": round(watched - alone, 3),
        "pictures_per_second": round(len(ages) / (seconds + SETTLE), 1),
        "age_median_ms": round(float(np.median(recent)), 1),
        "age_p95_ms": round(float(np.percentile(recent, 95)), 1),
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=10.0, help="of each of the two measurements")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    with live_page() as page:
        figures = asyncio.run(measure(page, args.seconds))
    print(json.dumps(figures) if args.json else "\n".join(f"{name:20} {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
