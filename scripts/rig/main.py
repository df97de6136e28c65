"""Runs the checks and prints a line for each; see scripts/ros_rig.sh."""

from __future__ import annotations

import argparse
import os
import platform
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from scripts.rig import kills, learning, seeing, starting
from scripts.rig.tools import Failed, Skip

Check = Callable[[], str]
#: Of the domains that every system has, 0 to 101, the last one with room for those of ``starts``.
LAST_DOMAIN = 80


def checks(rounds: argparse.Namespace) -> dict[str, Check]:
    """Name → check; each says in one line what it has found."""
    return {
        **seeing.CHECKS,
        **starting.CHECKS,
        **learning.CHECKS,
        "starts": partial(starting.starts, rounds.starts),
        "kills": partial(kills.kills, rounds.kills),
    }


def main() -> int:
    """0 where no check fails."""
    parser = argparse.ArgumentParser(prog="ros_rig.sh", description="Try what is promised with the real commands.")
    parser.add_argument("--only", default="", metavar="NAMES", help="checks to make, with commas between")
    parser.add_argument("--list", action="store_true", help="list the checks")
    parser.add_argument("--kills", type=int, default=20, help="how often each node is killed (default %(default)s)")
    parser.add_argument("--starts", type=int, default=20, help="how often all is started (default %(default)s)")
    parser.add_argument("--domain", type=int, default=50, help="ROS domain to work in (default %(default)s)")
    given = parser.parse_args()
    if not 0 <= given.domain <= LAST_DOMAIN:
        parser.error(f"--domain must be from 0 to {LAST_DOMAIN}: `starts` takes the twenty from there on, of 102")
    known = checks(given)
    chosen = [name for name in given.only.split(",") if name] or list(known)
    if unknown := [name for name in chosen if name not in known]:
        parser.error(f"unknown: {', '.join(unknown)}; known: {', '.join(known)}")
    if given.list:
        print("\n".join(known))
        return 0
    os.environ["ROS_DOMAIN_ID"] = str(given.domain)
    # A shell starts what runs in the background deaf to Ctrl-C, and commands would inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    print(f"{platform.system()} {platform.machine()}, Python {platform.python_version()}, {os.cpu_count()} cores")
    counts = {"ok": 0, "failed": 0, "skipped": 0}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["FER_HOME"] = str(Path(folder) / "fer")
        os.environ["ROS_HOME"] = str(Path(folder) / "ros")
        for name in chosen:
            began = time.monotonic()
            try:
                how, text = "ok", known[name]()
            except Skip as reason:
                how, text = "skipped", str(reason)
            except Failed as reason:
                how, text = "failed", str(reason)
            except Exception as error:  # the other checks are wanted all the same
                how, text = "failed", f"{type(error).__name__}: {' '.join(str(error).split())}"
            counts[how] += 1
            print(f"{how:8} {name:13} {time.monotonic() - began:5.0f} s  {text}", flush=True)
    print(", ".join(f"{count} {how}" for how, count in counts.items()))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
