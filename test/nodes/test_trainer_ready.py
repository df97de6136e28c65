"""A process waits for the next training, so that a correction need not start one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from test.nodes.test_trainer import Trained, bag, recorded

pytestmark = [pytest.mark.ros, pytest.mark.slow]

__all__ = ["bag", "recorded"]
Wait = Callable[..., None]


def test_the_next_training_finds_a_process_waiting(ros: Any, fer_home: Path, bag: str, wait: Wait) -> None:
    trainer = Trained(ros, swap=False)
    spare = trainer.node._spare
    assert spare.take() is None
    assert trainer.train(bags=[bag], head="ridge", name="first").success
    wait(lambda: spare._process is not None)
    waiting = spare._process
    assert waiting is not None and waiting.waiting
    assert trainer.train(bags=[bag], head="ridge", name="second").success
    assert waiting._process.returncode == 0
    wait(lambda: spare._process not in (None, waiting))
    last = spare._process
    trainer.node.trigger_deactivate()
    assert spare._process is None and last is not None and last._process.returncode is not None


def test_no_process_waits_where_none_is_wanted(ros: Any, fer_home: Path, bag: str) -> None:
    trainer = Trained(ros, swap=False, keep_ready=0.0)
    assert trainer.train(bags=[bag], head="ridge", name="first").success
    assert trainer.node._spare.take() is None
