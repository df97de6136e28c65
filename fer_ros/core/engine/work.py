"""The interface of all engines, the one that works in this process, and how a failure is told."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from fer_ros.core.base.errors import ConfigError, FerError, reason

log = logging.getLogger(__name__)

T = TypeVar("T")
R = TypeVar("R")


class Engine(ABC):
    """What :func:`fer_ros.core.engine.opened` gives; use it in one thread.

    :cvar apart: whether the work is done in other processes. There a network should run in one thread.
    """

    apart: ClassVar[bool] = True

    @property
    @abstractmethod
    def workers(self) -> int:
        """How many things are worked on at once now."""

    @abstractmethod
    def map(
        self, work: Callable[[T], R], items: Iterable[T], name: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R]]:
        """What a function makes of each item, as soon as it is done: pairs (number of the item from 0, result).

        Items are taken as they are needed, so there may be any number. Each result comes once, also where a worker
        died and another did its work again. An item that fails ends everything, and so does closing the iterator.

        :param work: a function of a module, or a ``functools.partial`` of one, whose result follows from its argument
            alone. It may be called twice for one item, so what it writes must be whole or absent, and the same.
        :param items: plain values; paths of files should be absolute.
        :param name: what an error calls an item, such as the path of its bag.
        :raises FerError: in one line that names the item, what went wrong with it; or that the cluster is gone.
        """


class Here(Engine):
    """Works in this process, one item after the other; needs nothing installed."""

    apart = False

    @property
    def workers(self) -> int:
        return 1

    def map(
        self, work: Callable[[T], R], items: Iterable[T], name: Callable[[T], str] = str
    ) -> Iterator[tuple[int, R]]:
        for number, item in enumerate(items):
            found = attempt(work, item)
            if isinstance(found, Failed):
                raise found.error(name(item)) from found.cause
            yield number, found


@dataclass(frozen=True, slots=True)
class Failed:
    """Why an item could not be done, as it travels from a worker.

    :ivar config: trying again cannot help.
    :ivar code: of the error, with its ``values``.
    :ivar cause: the exception itself, where it did not travel.
    """

    text: str
    config: bool
    cause: BaseException | None = None
    code: str = ""
    values: Mapping[str, str] = field(default_factory=dict)

    def error(self, name: str) -> FerError:
        """The error to raise; it names the item."""
        kind = ConfigError if self.config else FerError
        return kind(self.text if name in self.text else f"{name}: {self.text}", self.code, **self.values)


def attempt(work: Callable[[T], R], item: T) -> R | Failed:
    """Call the work; its failure becomes a value, since not every exception can travel between processes."""
    try:
        return work(item)
    except FerError as error:
        return Failed(str(error), isinstance(error, ConfigError), error, error.code, error.values)
    except MemoryError as error:
        return Failed("there is not enough memory for it", False, error)
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return Failed(f"{error.strerror or reason(error)}{where}", False, error)
    except Exception as error:
        log.debug("an item failed", exc_info=True)
        return Failed(f"a mistake of the program or a plugin: {type(error).__name__}: {reason(error)}", False, error)
