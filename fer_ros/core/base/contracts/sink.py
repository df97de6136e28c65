"""The contract of sinks."""

from __future__ import annotations

from abc import abstractmethod

from fer_ros.core.base.contracts.plugin import EdgePlugin
from fer_ros.core.base.types import Result


class Sink(EdgePlugin):
    """Takes results (group ``fer_ros.sinks``).

    Each sink has a thread of its own, which calls all its methods: one that is slow or fails holds up neither the
    frames nor the other sinks. One that raises is closed and left out; the log says why.
    """

    def open(self) -> None:
        """Acquire what is needed, before the first result."""

    @abstractmethod
    def write(self, result: Result) -> None:
        """Take the result of one frame, including those without a face."""

    def close(self) -> None:
        """Flush and free; called once, also after Ctrl-C and where ``open`` or ``write`` failed."""
