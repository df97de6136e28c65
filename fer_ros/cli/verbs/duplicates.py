"""Find near-duplicates: the same photograph in several splits of FER2013, in several datasets, or twice in one.

A model that saw a photograph in training scores too high on its twin in the test.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from fer_ros.cli import engine
from fer_ros.cli.text import table
from fer_ros.core.datasets.left_out import summary
from fer_ros.core.datasets.near_duplicates import THRESHOLD
from fer_ros.core.evaluating import duplicates


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset",
        type=Path,
        nargs="+",
        metavar="DATASET",
        help="fer2013.csv (or .npz), a folder <label>/*.png|jpg of faces, or a bag; of several, each with each",
    )
    parser.add_argument(
        "--threshold",
        type=float,
        default=THRESHOLD,
        help="correlation of 24x24 thumbnails from which two faces count as one photograph (default: %(default)s)",
    )
    parser.add_argument("--within", action="store_true", help="look within each split or dataset, too")
    parser.add_argument("--rows", type=int, default=20, help="pairs to list, 0: all (default: %(default)s)")
    parser.add_argument("--strict", action="store_true", help="refuse damaged rows and broken pictures")
    parser.add_argument("--json", action="store_true", help="print one JSON object with all pairs")
    engine.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Find and print."""
    with engine.opened(args, [path for path in args.dataset if path.is_dir()]) as pool:
        groups, left_out = duplicates.groups(args.dataset, args.strict, pool)
    found = duplicates.find(groups, args.threshold, args.within, left_out)
    print(json.dumps(found.to_dict()) if args.json else _text(found, args.rows))
    return 0


def _text(found: duplicates.Found, rows: int) -> str:
    names = ", ".join(f"{group.name} {len(group.images)}" for group in found.groups)
    lines = [f"faces: {names}", f"pairs with a correlation above {found.threshold:g}: {len(found.pairs)}"]
    if found.left_out:
        lines.append(f"left out: {summary(found.left_out)}")
    if not found.pairs:
        return "\n".join(lines)
    between = [(*row.values(),) for row in found.between()]
    header = ("first", "second", "pairs", "faces of first", "of second", "same label")
    lines += ["", table(header, between, right=range(2, 6)), ""]
    shown = found.pairs[: rows or None]
    listed = []
    for pair in shown:
        cells = pair.to_dict()
        sides = (cells["first"], cells["second"])
        listed.append((f"{pair.correlation:.4f}", *(side[key] for side in sides for key in ("group", "name", "label"))))
    lines.append(table(("correlation", "first", "", "label", "second", "", "label"), listed))
    if len(shown) < len(found.pairs):
        lines.append(f"… and {len(found.pairs) - len(shown)} more: --rows 0 or --json lists all")
    return "\n".join(lines)
