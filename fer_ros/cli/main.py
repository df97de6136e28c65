"""The command ``fer VERB``. A verb is a module of ``verbs/`` with ``add_arguments`` and ``run``."""

from __future__ import annotations

import argparse
import importlib
import io
import keyword
import logging
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType
from typing import NoReturn

from fer_ros import __version__
from fer_ros.cli.text import clean
from fer_ros.cli.verbs import VERBS
from fer_ros.core.base.errors import FerError, unknown_name
from fer_ros.core.base.isolation import end, isolate

log = logging.getLogger(__name__)


def parser_for(verb: str) -> argparse.ArgumentParser:
    """The parser of one verb."""
    # What is a word of Python has an underscore: import_.py.
    module = importlib.import_module(f"fer_ros.cli.verbs.{verb}{'_' * keyword.iskeyword(verb)}")
    parser = argparse.ArgumentParser(prog=f"fer {verb}", description=module.__doc__)
    parser.add_argument("--log-level", default="warning", choices=("debug", "info", "warning", "error"))
    module.add_arguments(parser)
    parser.set_defaults(run=module.run)
    return parser


def overview() -> str:
    """The text of ``fer --help``."""
    rows = "\n".join(f"  {verb:<10} {text}" for verb, text in VERBS.items())
    return f"usage: fer VERB [options]\n\nverbs:\n{rows}\n\n`fer VERB --help` tells the options of a verb."


class _OneLine(logging.Formatter):
    """Messages may name any file; no name may control the terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:
        return clean(super().formatMessage(record))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a verb; a :class:`FerError` becomes one line and status 2, Ctrl-C status 130."""
    isolate()
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or words[0] in ("-h", "--help"):
        print(overview())
        return 0 if words else 2
    if words[0] == "--version":
        print(__version__)
        return 0
    if words[0] not in VERBS:
        print(f"fer: {unknown_name('verb', words[0], VERBS)}", file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        # An emoticon, or a file name of another encoding, is no reason to stop on a terminal without Unicode.
        sys.stdout.reconfigure(errors="backslashreplace")
    try:
        args = parser_for(words[0]).parse_args(words[1:])
        handler = logging.StreamHandler()
        handler.setFormatter(_OneLine("%(levelname)s: %(message)s"))
        logging.basicConfig(level=args.log_level.upper(), handlers=[handler])
        code = int(args.run(args))
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        # The reader, such as `head`, has gone; keep Python from complaining when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (FerError, OSError) as error:
        # Of the system: a full disk, a folder that may not be read. Its message names the file.
        log.debug("in full:", exc_info=True)
        print(f"fer {words[0]}: {clean(' '.join(str(error).split()))}", file=sys.stderr)
        return 2
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("fer_ros."):
            raise
        print(
            f"fer {words[0]}: {error.name} is not installed here: run `make setup`, then see `fer doctor`",
            file=sys.stderr,
        )
        return 2
    except KeyboardInterrupt:
        return 130


def command() -> NoReturn:
    """Run the installed command."""

    def leave(number: int, frame: FrameType | None) -> None:
        end(0)

    # While `fer live` imports, nothing is open yet; Ctrl-C is KeyboardInterrupt in every verb.
    if sys.argv[1:2] == ["live"]:
        signal.signal(signal.SIGTERM, leave)
    end(main())


if __name__ == "__main__":
    command()
