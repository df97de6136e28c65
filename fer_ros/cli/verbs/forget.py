"""Remove everything that is kept of a person: samples in bags, trash and backups, and the models taught on them.

A search of everything below $FER_HOME, unpacked, tells afterwards whether a name or a picture is left.
"""

from __future__ import annotations

import argparse
import dataclasses
import json

from fer_ros.cli.text import clean, warn
from fer_ros.core.forgetting.forget import finish, forget


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("subject", metavar="SUBJECT", help="the name or pseudonym given when recording")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be done")
    parser.add_argument("--teach-anew", action="store_true", help="teach the models again with what is left")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Do it, and say what was done; 1 if something is left."""
    if not args.dry_run:
        for other in finish():
            warn(f"forgetting somebody had been interrupted; it went on: {clean(other.summary)}")
    told = forget(args.subject, args.dry_run, args.teach_anew)
    if args.json:
        print(json.dumps({**dataclasses.asdict(told), "complete": told.complete}, ensure_ascii=False))
        return 0 if told.complete else 1
    for line in told.done:
        print(clean(line))
    for line in told.failed:
        warn(f"failed: {line}")
    for line in told.left:
        warn(f"left: {line}")
    print(clean(told.summary))
    return 0 if told.complete else 1
