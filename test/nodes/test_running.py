"""Several nodes in a process, as `fer live` runs them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from std_srvs.srv import Trigger

from fer_ros.core.base.errors import FerError
from fer_ros.nodes.lifecycle import ManagedNode
from fer_ros.nodes.running import Ending, Host

pytestmark = [pytest.mark.ros, pytest.mark.slow]


class Answering(ManagedNode):
    """Answers ``NAME/answer`` once it is up.

    :ivar begun: set when a callback has begun that lasts until ``go_on`` is set.
    """

    def __init__(self, name: str, error: FerError | None = None) -> None:
        super().__init__(name)
        self._error = error
        self.begun, self.go_on = threading.Event(), threading.Event()
        self.create_service(Trigger, "~/answer", lambda request, answer: Trigger.Response(success=True))
        self.create_service(Trigger, "~/last", self._last)

    def load(self) -> None:
        if self._error is not None:
            raise self._error

    def work(self) -> None: ...

    def rest(self) -> None: ...

    def unload(self) -> None: ...

    def _last(self, request: Any, answer: Any) -> Any:
        self.begun.set()
        self.go_on.wait(60)
        return answer


def test_a_node_that_is_busy_keeps_no_other_waiting(ros: Any, fer_home: Path) -> None:
    busy, free = Answering("busy"), Answering("free")
    host, probe = Host([busy, free], Ending()), ros.node()
    host.start()
    try:
        assert ros.call(probe, Trigger, "/busy/answer").success
        asked = probe.create_client(Trigger, "/busy/last").call_async(Trigger.Request())
        assert busy.begun.wait(60)
        assert ros.call(probe, Trigger, "/free/answer").success
        assert not asked.done()
    finally:
        busy.go_on.set()
        host.stop()


def test_the_others_go_on_without_a_dispensable_node(ros: Any, fer_home: Path) -> None:
    first, broken, last = Answering("first"), Answering("broken", FerError("no such port")), Answering("last")
    ending = Ending()
    host, probe = Host([first, broken, last], ending, dispensable=[broken]), ros.node()
    host.start()
    try:
        for name in ("first", "broken", "last"):
            assert ros.call(probe, Trigger, f"/{name}/answer").success, name
        assert (first.state, broken.state, last.state) == ("active", "unconfigured", "active")
    finally:
        host.stop()
    assert ending.status == 0


def test_a_node_that_is_needed_and_does_not_start_ends_the_process(ros: Any, fer_home: Path) -> None:
    broken, never = Answering("broken", FerError("no such model")), Answering("never")
    ending = Ending()
    host = Host([broken, never], ending)
    host.start()
    ending.wait()
    assert (ending.status, str(ending.error), never.state) == (1, "no such model", "unconfigured")
    host.stop()
