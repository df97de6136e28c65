"""Compare how long compressed pictures of a topic take to read, here and in another copy of the code.

    python benchmarks/pictures.py --against ../older [--rounds 200] [--json]

Two processes, one for each copy, take turns, so that whatever else the machine does meets both alike. They decode the
sample's picture, 640x480, as `array('B')`, which is how rclpy hands it over. The time is that of the processor. The
figure is the median of the rounds' ratios: above 1, this copy takes longer.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2

from fer_ros.cli.benchmarks.scenarios.pictures import pictures
from fer_ros.core.vision.images import encode_jpeg

#: Pictures decoded in a turn.
TURN = 5
#: What is measured: name → suffix of the file, whether it is decoded to grey.
CASES = {"JPEG": (".jpg", False), "JPEG, grey": (".jpg", True), "PNG": (".png", False)}
#: Runs in either copy; the second import is where the code lay before it was moved into rooms.
WORKER = """
import array, sys, time
import cv2
try:
    from fer_ros.core.vision.images import decode_compressed
except ImportError:
    from fer_ros.core.images import decode_compressed
cv2.setNumThreads(1)
for line in sys.stdin:
    path, grey, count = line.split()
    data = array.array("B", open(path, "rb").read())
    began = time.process_time()
    for _ in range(int(count)):
        decode_compressed(data, grey=grey == "True")
    print((time.process_time() - began) / int(count), flush=True)
"""


class Copy:
    """A process that decodes with one copy of the code."""

    def __init__(self, python: str, folder: Path) -> None:
        self._process = subprocess.Popen(
            [python, "-c", WORKER], cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def seconds(self, file: Path, grey: bool) -> float:
        """Processor time of one picture."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(f"{file} {grey} {TURN}\n")
        self._process.stdin.flush()
        return float(self._process.stdout.readline())

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def compare(here: Copy, there: Copy, file: Path, grey: bool, rounds: int) -> dict[str, float]:
    """Both copies in turns; who begins changes each round."""
    times: dict[Copy, list[float]] = {here: [], there: []}
    for number in range(rounds + 1):
        for copy in (here, there) if number % 2 else (there, here):
            times[copy].append(copy.seconds(file, grey))
    mine, theirs = times[here][1:], times[there][1:]  # the first turn fills caches
    ratios = [a / b for a, b in zip(mine, theirs, strict=True)]
    low, _, high = statistics.quantiles(ratios, n=4)
    return {
        "here_ms": round(1e3 * min(mine), 3),
        "there_ms": round(1e3 * min(theirs), 3),
        "ratio": round(statistics.median(ratios), 4),
        "ratio_of_fastest": round(min(mine) / min(theirs), 4),
        "quartile_low": round(low, 4),
        "quartile_high": round(high, 4),
    }


def main() -> int:
    """Print the ratios."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--against", type=Path, required=True, metavar="FOLDER", help="the other copy, with its .venv")
    parser.add_argument("--rounds", type=int, default=200, help="turns of each copy (default %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    other = args.against.absolute() / ".venv" / "bin" / "python"
    if not other.exists():
        print(f"{args.against} has no environment: run `make setup-dev` there", file=sys.stderr)
        return 1
    found = {}
    with tempfile.TemporaryDirectory() as folder, pictures("sample", 640, 480) as stream:
        image = next(stream)
        (Path(folder) / "a.jpg").write_bytes(encode_jpeg(image))
        (Path(folder) / "a.png").write_bytes(cv2.imencode(".png", image)[1].tobytes())
        here, there = Copy(sys.executable, Path(__file__).parents[1]), Copy(str(other), args.against)
        for name, (suffix, grey) in CASES.items():
            found[name] = compare(here, there, Path(folder) / f"a{suffix}", grey, args.rounds)
        here.close()
        there.close()
    if args.json:
        print(json.dumps(found))
        return 0
    for name, figures in found.items():
        print(f"{name:12}" + "".join(f"  {key.replace('_', ' ')} {value}" for key, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
