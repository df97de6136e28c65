"""The process of one check: ``python -m fer_ros.cli.checks.child MODULE`` prints a JSON line per finding."""

from __future__ import annotations

import importlib
import json
import os
import sys


def main() -> None:
    """Run the check; each finding is written at once, so that a crash loses none of those before it."""
    # Libraries print what they like: standard output belongs to the findings alone.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for finding in importlib.import_module(sys.argv[1]).check():
        print(json.dumps(finding.to_dict()), file=out, flush=True)


if __name__ == "__main__":
    main()
