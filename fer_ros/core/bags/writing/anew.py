"""Writes the file of a take anew, with other samples: whole beside the old one, then in its place in one step."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from fer_ros.core.bags.facts import schema_of
from fer_ros.core.bags.mending.folding import fold
from fer_ros.core.bags.messages import StoredSample, encode
from fer_ros.core.bags.metadata import Part
from fer_ros.core.bags.sqlite_open import COMPANIONS
from fer_ros.core.bags.storages import BY_SUFFIX, create, unlink
from fer_ros.core.base.files import sync_folder

#: Beginning of the name of a file that is being written and not in its place yet.
HIDDEN = ".revising-"


class Anew:
    """A finished file under a hidden name.

    :ivar part: of the file that it becomes.
    """

    def __init__(self, file: Path, facts: Mapping[str, str], samples: Iterable[StoredSample]) -> None:
        """Write it.

        :param file: that it becomes, which may be there already.
        :raises ConfigError: what the samples come from is damaged.
        :raises OSError: the disk is full; nothing has changed.
        """
        self.file = file
        self.hidden = file.with_name(f"{HIDDEN}{file.name}")
        unlink(self.hidden)
        writer = create(BY_SUFFIX[file.suffix], self.hidden, facts)
        try:
            for sample in samples:
                writer.write(sample.stamp, *encode(sample, schema_of(facts)))
            writer.finish()
        except BaseException:
            writer.abandon()
            unlink(self.hidden)
            raise
        self.part: Part = replace(writer.part, name=file.name)

    def place(self) -> None:
        """Give it its name; a file of that name is replaced in one step.

        :raises OSError: it cannot be renamed; the old file is as it was.
        """
        if self.file.exists():
            fold(self.file)  # a kill would leave an old log beside the new file
        os.replace(self.hidden, self.file)
        for suffix in COMPANIONS:
            Path(f"{self.file}{suffix}").unlink(missing_ok=True)
        sync_folder(self.file.parent)


@contextlib.contextmanager
def dropped_on_failure(*files: Anew | None) -> Iterator[None]:
    """Remove what has not been put in its place where something fails."""
    try:
        yield
    except BaseException:
        for one in files:
            if one is not None:
                unlink(one.hidden)
        raise
