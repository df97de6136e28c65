"""The outcome of a repair for the files of a bag."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

#: Places of damage that are told one by one.
_SHOWN = 4


@dataclass(slots=True)
class Mended:
    """A file that was written anew.

    :ivar name: of the file.
    :ivar kept: messages in the new file, of every topic.
    :ivar lost: messages known to be lost, by counts and numbers in the file. A cut-off file may have had more.
    :ivar damage: where something could not be read, and why.
    :ivar backup: name of the file as it was.
    """

    name: str
    kept: int = 0
    lost: int = 0
    damage: list[str] = field(default_factory=list)
    backup: str = ""

    def sentence(self) -> str:
        """One line for people."""
        if not self.kept:
            return f"{self.name}: nothing in it can be read; it is kept as {self.backup}"
        lost = f"{self.lost} lost" if self.lost or self.damage else "none lost"
        shown = "; ".join(self.damage[:_SHOWN])
        more = f"; {len(self.damage) - _SHOWN} more places" if len(self.damage) > _SHOWN else ""
        where = f" ({shown}{more})" if shown else ""
        return f"{self.name}: {self.kept} messages kept, {lost}{where}; the original is kept as {self.backup}"

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return {
            "file": self.name,
            "kept": self.kept,
            "lost": self.lost,
            "damage": self.damage,
            "backup": self.backup,
        }
