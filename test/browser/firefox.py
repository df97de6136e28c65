#!/usr/bin/env python3
"""Firefox as Playwright wants it: passes WebDriver BiDi on, and forgives what this Firefox does not know yet.

Playwright sets media features for every context, a command that Firefox ESR lacks. Its refusal is answered as if it had
been done; whoever needs the feature must look at the page. Playwright starts this in place of Firefox.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import shutil
import signal
import sys
from typing import Any

import aiohttp
from aiohttp import web

#: Commands whose refusal is no harm.
OPTIONAL = "emulation."
ENDPOINT = re.compile(r"(ws://127\.0\.0\.1:\d+)")


async def _pass_on(source: Any, target: Any, look: Any) -> None:
    async for message in source:
        if message.type == aiohttp.WSMsgType.TEXT:
            with contextlib.suppress(ConnectionError):
                await target.send_str(look(message.data))
    await target.close()


async def _serve(address: str) -> int:
    """Listen, and pass each connection on to Firefox.

    :returns: the port.
    """

    async def connected(request: web.Request) -> web.WebSocketResponse:
        ours = web.WebSocketResponse(max_msg_size=0)
        await ours.prepare(request)
        asked: set[int] = set()

        def note(text: str) -> str:
            command = json.loads(text)
            if str(command.get("method", "")).startswith(OPTIONAL):
                asked.add(command["id"])
            return text

        def forgive(text: str) -> str:
            if '"unknown command"' in text and (told := json.loads(text)).get("id") in asked:
                return json.dumps({"type": "success", "id": told["id"], "result": {}})
            return text

        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{address}{request.path_qs}", max_msg_size=0) as theirs,
        ):
            await asyncio.gather(_pass_on(ours, theirs, note), _pass_on(theirs, ours, forgive))
        return ours

    application = web.Application()
    application.router.add_get("/{path:.*}", connected)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return int(runner.addresses[0][1])


async def main(words: list[str]) -> int:
    """Run Firefox with these arguments until it ends."""
    path = shutil.which("firefox-esr") or shutil.which("firefox") or "firefox"
    process = await asyncio.create_subprocess_exec(path, *words, stderr=asyncio.subprocess.PIPE)
    assert process.stderr is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, process.terminate)
    async for line in process.stderr:
        text = line.decode(errors="replace")
        if found := ENDPOINT.search(text):
            port = await _serve(found.group(1))
            text = text.replace(found.group(1), f"ws://127.0.0.1:{port}")
        print(text, end="", file=sys.stderr, flush=True)
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
