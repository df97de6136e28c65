"""A proxy on loopback that is as slow as a poor link, for benchmarks and tests."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time

#: Bytes that are passed on at once, and those that the sockets may hold.
CHUNK, BUFFER = 1024, 4096


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, rate: float, delay: float) -> None:
    """Pass bytes on at a rate, each after the delay."""
    waiting: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    async def deliver() -> None:
        while True:
            at, data = await waiting.get()
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            writer.write(data)
            await writer.drain()

    delivering = asyncio.create_task(deliver())
    due = time.monotonic()
    try:
        while data := await reader.read(CHUNK):
            due = max(due, time.monotonic()) + len(data) / rate
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            waiting.put_nowait((time.monotonic() + delay, data))
    finally:
        delivering.cancel()
        writer.close()


async def serve(host: str, port: int, rate: float, delay: float) -> asyncio.Server:
    """Pass connections on, each slowed for itself; it listens on any free port.

    :param rate: bytes a second, each way.
    :param delay: of every byte each way, seconds.
    """

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = socket.socket()
        there.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        there.setblocking(False)
        await asyncio.get_running_loop().sock_connect(there, (host, port))
        far_reader, far_writer = await asyncio.open_connection(sock=there, limit=BUFFER)
        with contextlib.suppress(ConnectionError, asyncio.CancelledError):  # at the end
            await asyncio.gather(_pump(far_reader, writer, rate, delay), _pump(reader, far_writer, rate, delay))

    return await asyncio.start_server(connected, "127.0.0.1", 0)
