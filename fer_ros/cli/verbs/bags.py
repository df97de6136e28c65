"""List the bags; with a name, look into one, or repair one that was cut off or damaged."""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fer_ros.cli.text import clean, size, table, warn
from fer_ros.core import bags
from fer_ros.core.bags import BagInfo, Repaired, TakeInfo
from fer_ros.core.base.errors import FerError

#: Facts that each take has of its own.
OWN = ("camera", "consent")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bag", nargs="?", metavar="BAG", help="a name in $FER_HOME/bags, or a path (default: list all)")
    parser.add_argument(
        "--repair", action="store_true", help="save everything that can be read into new files, and keep the old ones"
    )
    parser.add_argument(
        "--discard-backup", action="store_true", help="delete for good the files that a repair has kept"
    )
    parser.add_argument("--delete", action="store_true", help="move the bag to the trash; see `fer trash`")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Print what there is."""
    if args.bag is None:
        if args.repair or args.discard_backup or args.delete:
            raise FerError("--repair, --discard-backup and --delete need the name of a bag")
        return _list(args.json)
    if args.delete:
        entry = bags.delete_bag(bags.bag_folder(), args.bag)
        print(
            json.dumps(entry.to_dict())
            if args.json
            else f"{entry.bag} is in the trash: `fer trash restore {entry.name}`"
        )
        return 0
    path = bags.locate(args.bag)
    if args.repair and args.discard_backup:
        raise FerError("give --repair or --discard-backup, not both: look at the repaired bag first")
    if args.discard_backup:
        return _discard_backup(path, args.json)
    repaired = bags.repair(path) if args.repair else None
    found = repaired.info if repaired else bags.info(path)
    if args.json:
        print(json.dumps((repaired or found).to_dict(), ensure_ascii=False))
        return 0
    if repaired:
        print("\n".join([*_changes(repaired), ""]))
    print(as_text(found))
    return 0


def _changes(repaired: Repaired) -> list[str]:
    """What a repair has done, for people."""
    lines = [clean(file.sentence()) for file in repaired.files]
    lines += [clean(f"{name}: is missing, and is no longer listed") for name in repaired.missing]
    if repaired.told and not lines:
        lines.append("every file is whole; metadata.yaml did not say so and was written anew")
    lines = lines or ["nothing to repair: every file is whole"]
    if repaired.info.backups:
        name = repaired.info.name
        lines.append(clean(f"once nothing is missing: `fer bags {name} --discard-backup` deletes what is kept"))
    return lines


def _discard_backup(path: Path, as_json: bool) -> int:
    names = bags.discard_backups(path)
    if as_json:
        print(json.dumps({"name": path.name, "path": str(path), "deleted": names}, ensure_ascii=False))
    else:
        print(clean(f"deleted: {', '.join(names)}" if names else f"{path} has no backup"))
    return 0


def as_text(found: BagInfo) -> str:
    """A bag for people."""
    state = "complete" if found.complete else "not finished: being recorded, or cut off (--repair finishes it)"
    lines = [clean(f"{found.path} ({found.storage}, {size(found.bytes)}): {state}")]
    # What belongs to a take stands beside it.
    own = [key for key in OWN if key in found.facts]
    lines += [clean(f"  {key}: {value}") for key, value in sorted(found.facts.items()) if value and key not in own]
    rows = [
        (t.number or "-", t.label, t.subject, t.samples, f"{t.seconds:.1f} s", _when(t.part.start), *_own(t, own))
        for t in found.takes
    ]
    takes = table(("take", "label", "subject", "samples", "length", "began", *own), rows, right=(0, 3, 4))
    lines += ["", *(f"  {line}" for line in takes.splitlines()), ""]
    labels = ", ".join(f"{label} {count}" for label, count in found.labels.items())
    lines.append(clean(f"  {found.samples} samples: {labels}"))
    if found.unlabelled:
        lines.append(f"  {found.unlabelled} messages without their image or label are left aside")
    if found.others:
        others = ", ".join(f"{topic} {count}" for topic, count in found.others.items())
        lines.append(clean(f"  further topics: {others}"))
    if found.backups:
        lines.append(clean(f"  kept from before a repair: {', '.join(found.backups)} (--discard-backup deletes them)"))
    if found.unchecked:
        files = "its files have" if found.unchecked == found.files else f"{', '.join(found.unchecked)} has"
        lines.append(clean(f"  not checked: {files} no checksums, so a changed byte would not be found"))
    return "\n".join(lines)


def _list(as_json: bool) -> int:
    rows: list[tuple[object, ...]] = []
    plain: list[dict[str, Any]] = []
    problems = []
    for path in bags.listing():
        try:
            found = bags.info(path)
        except FerError as error:
            problems.append(str(error))
            plain.append({"name": path.name, "path": str(path), "error": str(error)})
            continue
        labels = ", ".join(f"{label} {count}" for label, count in found.labels.items())
        state = "" if found.complete else "not finished"
        rows.append(
            (found.name, found.samples, len(found.takes), f"{found.seconds:.0f} s", size(found.bytes), labels, state)
        )
        plain.append(found.to_dict())
    if as_json:
        print(json.dumps({"bags": plain}, ensure_ascii=False))
        return 0
    if rows:
        print(table(("bag", "samples", "takes", "length", "size", "labels", ""), rows, right=(1, 2, 3, 4)))
    elif not problems:
        warn(f"no bag in {bags.bag_folder()}: record one with `fer record`")
    for problem in problems:
        warn(problem)
    return 0


def _own(take: TakeInfo, keys: Sequence[str]) -> list[str]:
    return [take.facts.get(key, "") for key in keys]


def _when(nanoseconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(nanoseconds / 1e9))
