#!/usr/bin/env python3
"""What this core could do at best, beside what a frame asks of it: multiply-adds, bytes, and a message over loopback.

    python benchmarks/limits.py --model default

Multiply-adds are counted from the shapes in the network's file. What the core does is measured by a product of large
matrices on one thread, what the memory does by copying more than the caches hold.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import sys
import threading
import time
from typing import Any

# Before NumPy loads its BLAS.
for _name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"

import numpy as np  # noqa: E402

from fer_ros.core.bundles.bundle import Bundle  # noqa: E402

SIDE, COPY, ROUNDS = 1024, 64 << 20, 9
#: Bytes of a bgr8 picture of 640x480.
FRAME = 640 * 480 * 3


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n")[0])
    parser.add_argument("--model", default="default", help="name of a model (default %(default)s)")
    bundle = Bundle.load(parser.parse_args().model)
    peak, bandwidth = multiply_adds_per_s(), bytes_per_s()
    count, invoke = network(str(bundle.path / bundle.backbone.file))
    found = {
        "core_gmac_per_s": round(peak / 1e9, 1),
        "memory_gb_per_s": round(bandwidth / 1e9, 1),
        "network_mmac": round(count / 1e6, 1),
        "network_ms": round(1e3 * invoke, 3),
        "network_at_best_ms": round(1e3 * count / peak, 3),
        "copy_of_a_frame_ms": round(1e3 * FRAME / bandwidth, 3),
        "loopback_frame_ms": round(1e3 * loopback(FRAME), 3),
        "loopback_message_ms": round(1e3 * loopback(500), 3),
    }
    print(json.dumps(found, indent=1))
    return 0


def fastest(work: Any) -> float:
    """Seconds of the fastest of some rounds: what the machine can do when nothing disturbs."""
    times = []
    for _ in range(ROUNDS):
        began = time.thread_time()
        work()
        times.append(time.thread_time() - began)
    return min(times)


def multiply_adds_per_s() -> float:
    """Of float32 products of matrices, one thread."""
    a, b = (np.random.default_rng(seed).random((SIDE, SIDE), dtype=np.float32) for seed in (0, 1))
    out = np.empty_like(a)
    return SIDE**3 / fastest(lambda: np.matmul(a, b, out=out))


def bytes_per_s() -> float:
    """Copied from memory to memory; each byte is read once and written once."""
    source = np.ones(COPY, np.uint8)
    target = np.ones_like(source)
    return COPY / fastest(lambda: np.copyto(target, source))


def network(file: str) -> tuple[int, float]:
    """Multiply-adds of a network, and the median seconds of a run on one thread."""
    # Without the delegate, which would hide the operations in one.
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    plain = Interpreter(file, experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES)
    plain.allocate_tensors()
    shapes = {tensor["index"]: tensor["shape"] for tensor in plain.get_tensor_details()}
    count = 0
    for operation in plain._get_ops_details():
        out, weights = shapes[operation["outputs"][0]], operation["inputs"][1:2]
        if operation["op_name"] == "CONV_2D":  # weights: out, height, width, in
            count += int(np.prod(out)) * int(np.prod(shapes[weights[0]][1:]))
        elif operation["op_name"] == "DEPTHWISE_CONV_2D":  # weights: 1, height, width, channels
            count += int(np.prod(out)) * int(np.prod(shapes[weights[0]][1:3]))
        elif operation["op_name"] == "FULLY_CONNECTED":
            count += int(np.prod(shapes[weights[0]]))
    fast = Interpreter(file, num_threads=1)
    fast.allocate_tensors()
    times = []
    for _ in range(60):
        began = time.thread_time()
        fast.invoke()
        times.append(time.thread_time() - began)
    return count, statistics.median(times[10:])


def loopback(size: int) -> float:
    """Median seconds for so many bytes to another thread by UDP of this machine, in datagrams, one answered way."""
    here, there = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
    for end in (here, there):
        end.bind(("127.0.0.1", 0))
        end.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        end.settimeout(5.0)
    pieces = [b"x" * min(60_000, size - at) for at in range(0, size, 60_000)]

    def answer() -> None:
        for _ in range(60):
            for _ in pieces:
                there.recv(65_535)
            there.sendto(b"", here.getsockname())

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    times = []
    for _ in range(60):
        began = time.perf_counter()
        for piece in pieces:
            here.sendto(piece, there.getsockname())
        here.recv(16)
        times.append(time.perf_counter() - began)
    thread.join()
    here.close()
    there.close()
    return statistics.median(times[10:])


if __name__ == "__main__":
    sys.exit(main())
