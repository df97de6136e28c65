"""Forgets a person: plans, acts, and proves the result."""

from __future__ import annotations

from dataclasses import dataclass, field

from fer_ros.core.base.errors import FerError, reason
from fer_ros.core.base.paths import fer_home
from fer_ros.core.forgetting.journal import Journal, interrupted, sweep
from fer_ros.core.forgetting.person import Person
from fer_ros.core.forgetting.place import Step, counted, places
from fer_ros.core.forgetting.search import left


@dataclass(slots=True)
class Forgotten:
    """The outcome of forgetting.

    :ivar done: what was done, or would be, one line each.
    :ivar failed: what could not be done, and why.
    :ivar left: where a search of everything still found something of the person.
    """

    subject: str
    dry_run: bool
    done: list[str] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether nothing is left and nothing failed."""
        return self.dry_run or not (self.left or self.failed)

    @property
    def summary(self) -> str:
        """The result in one line."""
        if self.dry_run:
            return (
                f"{counted(len(self.done), 'thing')} would be done" if self.done else "nothing of this person is kept"
            )
        if self.failed:
            return f"not all could be done: {self.failed[0]}; call it again, what is done stays done"
        if self.left:
            where = counted(len(self.left), "place")
            return f"something is left in {where}: {self.left[0]}; remove it, then call it again"
        return "nothing of this person is left: neither name nor picture can be found"


def forget(subject: str, dry_run: bool = False, teach_anew: bool = False) -> Forgotten:
    """Remove a person from everything that is kept below ``$FER_HOME``.

    After a kill, call it again: it finds what is left, and a journal still knows the pictures.

    :param subject: as typed when recording; case does not matter.
    :param dry_run: only tell what would be done.
    :param teach_anew: teach the models again on what is left, under their names.
    :raises ConfigError: the subject is not allowed.
    :raises FerError: it cannot be done now, for example while somebody records. Nothing was done.
    """
    home, person, told = fer_home(), Person(subject), Forgotten(subject, dry_run)
    journal = Journal(home, person)
    if not dry_run:
        sweep(home)
    # All of it before anything is done: what is found by one place may be gone after another.
    steps = [step for place in places() for step in place.plan(person, teach_anew)]
    if dry_run:
        told.done = [step.text for step in steps]
        return told
    for step in steps:
        step.check()
    if steps:
        journal.write()
    for step in steps:
        _do(step, told)
    told.left = left(home, person, journal.path)
    if told.complete:
        journal.remove()
    elif steps or journal.path.exists():
        journal.write(done=not told.failed)
    return told


def finish() -> list[Forgotten]:
    """Forget those with whom a kill has interrupted it.

    :raises FerError: it cannot be done just now, such as while somebody records.
    """
    return [forget(subject) for subject in interrupted(fer_home())]


def _do(step: Step, told: Forgotten) -> None:
    try:
        step.act()
        told.done.append(step.text)
    except (FerError, OSError) as error:
        told.failed.append(f"{step.text}: {reason(error)}")
