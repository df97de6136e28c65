"""The contract of sinks."""

from __future__ import annotations

from abc import abstractmethod

from fer_ros.core.base.contracts.plugin import EdgePlugin
from fer_ros.core.base.types import Result


class Sink(EdgePlugin):
    """Takes results (group ``fer_ros.sinks``).

    Each sink has a thread of its own, which calls all its methods. A slow or failing sink holds up neither the frames
    nor the other sinks. A sink that raises is closed and not used again; the log says why.
    """

    def open(self) -> None:
        """Acquire what the sink needs, before the first result."""

    @abstractmethod
    def write(self, result: Result) -> None:
        """Take the result of one frame, including those without a face."""

    def close(self) -> None:
        """Flush and free; called once, even after Ctrl-C or if ``open`` or ``write`` failed."""
