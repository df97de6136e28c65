"""Write a web page that teaches and reads faces in the browser alone, for any web server."""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

from fer_ros.cli.text import clean
from fer_ros.core.exporting import static_page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--web", metavar="FOLDER", type=Path, help="write the page that needs no server")
    parser.add_argument("--model", default="default", help="the model that it starts from (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write it, and say how to look at it."""
    done = static_page.export(args.web, args.model)
    if args.json:
        print(
            json.dumps(
                {
                    "folder": str(done.folder),
                    "model": done.model,
                    "files": done.files,
                    "bytes": done.size,
                    "detector": done.detector,
                }
            )
        )
        return 0
    print(f"{clean(str(done.folder))}: {done.files} files, {done.size / 1e6:.1f} MB, with model {clean(done.model)}")
    if not done.detector:
        print("No face detector is installed here, so faces are held into a frame: see `fer doctor`")
    print(f"Look at it: python3 -m http.server --bind 127.0.0.1 --directory {shlex.quote(str(done.folder))}")
    print("Then open http://127.0.0.1:8000. Other machines need HTTPS: browsers give the camera to no other page.")
    return 0
