"""Find what is wrong here, and say how to fix it. The exit status is 0 when all that the robot needs works, else 1."""

from __future__ import annotations

import argparse
import json
import os
import sys

from fer_ros.cli.checks.finding import Finding
from fer_ros.cli.checks.runner import CHECKS, Check, run_all
from fer_ros.cli.text import clean
from fer_ros.core.base.errors import unknown_name

COLOURS = {"info": "2", "ok": "32", "warning": "33", "error": "31"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    names = ", ".join(check.name for check in CHECKS)
    parser.add_argument("checks", nargs="*", metavar="CHECK", help=f"only these of {names} (default: all)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Run the checks and print what they found."""
    found: list[tuple[Check, Finding]] = []
    colour = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
    for check, findings in run_all(chosen(args.checks)):
        found += [(check, finding) for finding in findings]
        if not args.json:
            for finding in findings:
                print(line(check.name, finding, colour), flush=True)
    counts = {level: sum(f.level == level for _, f in found) for level in COLOURS}
    if args.json:
        rows = [{"check": check.name, **finding.to_dict()} for check, finding in found]
        print(json.dumps({"ok": not counts["error"], "counts": counts, "findings": rows}))
    else:
        print(f"\n{_count(counts['error'], 'error')}, {_count(counts['warning'], 'warning')}")
    return 1 if counts["error"] else 0


def chosen(names: list[str]) -> list[Check]:
    """The checks of these names, in the order of the report; all where none is named.

    :raises ConfigError: a name is unknown.
    """
    known = {check.name: check for check in CHECKS}
    for name in names:
        if name not in known:
            raise unknown_name("check", name, known)
    return [check for check in CHECKS if not names or check.name in names]


def line(name: str, finding: Finding, colour: bool = False) -> str:
    """A finding as one line: level, check, what is, and how to mend it."""
    level = f"{finding.level:<8}"
    if colour:
        level = f"\x1b[{COLOURS[finding.level]}m{level}\x1b[0m"
    cure = f" → {finding.cure}" if finding.cure else ""
    return f"{level} {name:<9} {clean(finding.text + cure)}"


def _count(number: int, what: str) -> str:
    return f"{number or 'no'} {what}{'' if number == 1 else 's'}"
