"""Write what was taught into one file, or a web page that teaches and reads faces in the browser alone.

The file (--file) holds the faces of recorded bags and a model. `fer import` and the page read it. Without --bag and
--model it holds all bags, and the selected model if you have trained it.
"""

from __future__ import annotations

import argparse
import json
import shlex
from pathlib import Path

from fer_ros.cli.progress import Bar
from fer_ros.cli.text import clean
from fer_ros.core import bags
from fer_ros.core.base import paths
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.exporting import project, static_page


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--file", metavar="FILE", type=Path, help="write a project, such as project.zip")
    what.add_argument("--web", metavar="FOLDER", type=Path, help="write the page that needs no server")
    parser.add_argument(
        "--bag", action="append", default=[], metavar="BAG", help="with --file: a bag's name or path; may be repeated"
    )
    parser.add_argument("--model", help="with --web: the model that it starts from (default: default)")
    parser.add_argument(
        "--detector", default="auto", metavar="NAME", help="with --file: whose boxes bags hold that do not tell it"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(args: argparse.Namespace) -> int:
    """Write it, and say what to do with it."""
    return _page(args) if args.web is not None else _project(args)


def _project(args: argparse.Namespace) -> int:
    folders = [bags.locate(text) for text in dict.fromkeys(args.bag)]
    model = Bundle.load(args.model) if args.model else None
    if not folders and model is None:
        folders = bags.listing()
        own = paths.model_path(paths.SELECTED)
        model = Bundle.load(own) if paths.in_home(own) else None
    total = sum(bags.info(folder).samples for folder in folders)
    with Bar(total, "pictures") as bar:
        saved = project.save(args.file, folders, model, args.detector, bar.at)
    size = args.file.stat().st_size
    count = sum(saved.labels.values())
    if args.json:
        facts = {"pictures": count, "labels": saved.labels, "model": saved.model or None, "bytes": size}
        left_out = {"without_face": saved.without_face, "unreadable": saved.unreadable}
        print(json.dumps({"file": str(args.file), **facts, **left_out}, ensure_ascii=False))
        return 0
    labels = ", ".join(f"{label} {number}" for label, number in saved.labels.items())
    what = [f"{count} pictures ({labels})"] if count else []
    what += [f"model {saved.model}"] if saved.model else []
    print(clean(f"{args.file}: {', '.join(what)}, {size / 1e6:.1f} MB"))
    for number, why in ((saved.without_face, "without a face"), (saved.unreadable, "that cannot be read")):
        if number:
            print(f"left out: {number} {why}")
    return 0


def _page(args: argparse.Namespace) -> int:
    if args.bag:
        raise ConfigError("--web takes no bags: leave --bag away, or give --file")
    done = static_page.export(args.web, args.model or paths.DEFAULT)
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
