"""Finds out what is wrong with the files of a bag, whose it is, and whether it may be mended. Changes nothing."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path

from fer_ros.core.bags import metadata
from fer_ros.core.bags.folder import check_plain, part_files
from fer_ros.core.bags.mending import busy, mcap_salvage, sqlite_salvage
from fer_ros.core.bags.messages import LABEL_TOPIC, LABEL_TYPE, TOPICS
from fer_ros.core.bags.part import Damaged, Scan
from fer_ros.core.bags.sqlite_file import SUFFIX as SQLITE
from fer_ros.core.bags.sqlite_open import has_log
from fer_ros.core.bags.storages import BY_SUFFIX
from fer_ros.core.base.errors import ConfigError, quoted

Survey = mcap_salvage.Survey | sqlite_salvage.Survey


@dataclass(slots=True)
class Examined:
    """A file of a bag.

    :ivar scan: as far as it could be read.
    :ivar damage: what is wrong inside; empty for a whole file, and for one that only ends too early.
    :ivar survey: what else can be found in a damaged file.
    :ivar checksum: of the messages of our topics, in their order, as far as they could be read.
    """

    path: Path
    scan: Scan
    damage: str = ""
    survey: Survey | None = None
    checksum: int = 0

    @property
    def topics(self) -> dict[str, str]:
        """Topic → type, from wherever in the file they can be read."""
        if isinstance(self.survey, sqlite_salvage.Survey):
            return {**self.survey.kinds, **self.scan.topics}
        return {**(self.survey.topics if self.survey else {}), **self.scan.topics}

    @property
    def ours(self) -> bool:
        """Written by us, or of our topics."""
        by_us = self.survey is not None and self.survey.ours
        return by_us or self.topics.get(LABEL_TOPIC) == LABEL_TYPE

    @property
    def whole(self) -> bool:
        """Finished and unchanged."""
        return not self.damage and not self.scan.cut

    @property
    def empty(self) -> bool:
        """Begun by us, but without a sample yet."""
        nothing = not self.damage and self.scan.cut and not self.scan.counts
        # A sound database without a table: killed before they were made.
        bare = self.path.suffix == SQLITE and not self.topics
        return nothing and (bare or _blank(self.path) or self.survey is None or self.survey.ours)


def examine(file: Path) -> Examined:
    """Read a file whole.

    :raises ConfigError: it is whole, but of another version of our messages.
    :raises OSError: it cannot be read.
    """
    found = Examined(file, Scan(file))
    try:
        for _, data in BY_SUFFIX[file.suffix].scan(found.scan):
            found.checksum = zlib.crc32(data, found.checksum)
        if file.suffix == SQLITE:  # also one without tables: they may be there, and only their list be damaged
            found.damage = sqlite_salvage.sound(file) or sqlite_salvage.hidden(file, sum(found.scan.counts.values()))
    except Damaged as error:
        found.damage = error.why
    if not found.whole:
        found.survey = sqlite_salvage.survey(file) if file.suffix == SQLITE else mcap_salvage.survey(file)
    return found


def _blank(path: Path) -> bool:
    """Whether a file holds only zeros: a loss of power leaves a new file like that."""
    with path.open("rb") as file:
        return not has_log(path) and not any(block.strip(b"\0") for block in iter(lambda: file.read(1 << 20), b""))


def check(folder: Path, watch: bool = True) -> None:
    """Make sure that a bag may be written: no other program writes it, and its files are neither links nor compressed.

    :param watch: also watch files that were written just now, for writers in other containers or of other users.
    :raises ConfigError: it may not; the message says what to do instead.
    """
    stated, files = metadata.read(folder), part_files(folder)
    check_plain(folder, stated)
    for file in files:
        if file.is_symlink():
            raise ConfigError(f"{folder} consists of links: it is left as it is; name the folder of {file.resolve()}")
    who = busy.writer(files) or ("another program" if watch and busy.grows(files) else "")
    if who:
        raise ConfigError(f"{folder} is being written by {who}: it is left as it is; stop that first")


def check_ours(folder: Path, found: list[Examined]) -> None:
    """Make sure that a bag is ours.

    :raises ConfigError: it is another program's; the message names the right tool.
    """
    facts = metadata.read(folder).facts
    ours = [file for file in found if file.ours]
    if not ours and not facts.get("software", "").startswith("fer_ros"):
        raise ConfigError(_foreign(folder, found))
    for file in found:
        if not file.ours and file.topics:
            shown = ", ".join(sorted(quoted(topic) for topic in file.topics)[:8])
            raise ConfigError(
                f"{folder} is left as it is: its file {quoted(file.path.name)} is of other topics ({shown}); "
                "move that elsewhere first"
            )


def _foreign(folder: Path, found: list[Examined]) -> str:
    topics = sorted({quoted(topic) for file in found for topic in file.topics if topic not in TOPICS})
    of = f"of other topics ({', '.join(topics[:8])})" if topics else "none of `fer record`"
    broken = next((file.path for file in found if not file.whole), None)
    cut = broken is not None and broken.suffix != SQLITE
    tool = f"`mcap recover {broken}`" if cut else f"`ros2 bag reindex {folder}`"
    return f"{folder} is a bag {of}: it is left as it is; mend it with {tool}"
