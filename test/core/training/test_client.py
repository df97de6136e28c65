"""Training in a process of its own: its answers, its end on request, and its end by force."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import sys
import threading
import time
from pathlib import Path

import pytest

from fer_ros.core.base import paths
from fer_ros.core.base.errors import FerError
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.training.client import Cancelled, TrainingProcess
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Progress
from fer_ros.core.training.request import Request
from test.conftest import Start
from test.core.training.conftest import MakeBag

pytestmark = pytest.mark.slow

LABELS = {"happy": 40, "sad": 40, "neutral": 40}


@pytest.fixture
def request_(general: Bundle, make_bag: MakeBag, monkeypatch: pytest.MonkeyPatch) -> Request:
    """A training of some hundred milliseconds, in a process that finds the plugins of the test, too."""
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
    return Request(
        (make_bag("a", LABELS),), Options(head="dense", base="general"), "anna", {"hidden_units": 8, "epochs": 50}
    )


def models() -> list[str]:
    return sorted(folder.name for folder in (paths.fer_home() / "models").iterdir())


def ignore(progress: Progress) -> None:
    pass


def test_it_answers_and_tells_how_far_it_is(request_: Request) -> None:
    seen: list[Progress] = []
    outcome = TrainingProcess().run(request_, seen.append)
    assert outcome.model == "anna" and Bundle.load("anna").quality["accuracy"] == outcome.metrics.accuracy
    assert [p.epoch for p in seen if p.row] == list(range(1, 51))
    assert {p.phase for p in seen} == {"loading", "embedding", "training", "evaluating", "saving"}


def test_what_is_wrong_is_said_in_one_line(request_: Request) -> None:
    with pytest.raises(FerError, match=r"^unknown head 'nobody'"):
        TrainingProcess().run(Request(request_.bags, Options(head="nobody")), ignore)
    with pytest.raises(FerError, match="no such bag"):
        TrainingProcess().run(Request((Path("/nowhere"),), request_.options), ignore)


@pytest.mark.parametrize("phase", ["loading", "training", "saving"])
def test_cancelling_ends_it_at_once_and_leaves_nothing(request_: Request, phase: str) -> None:
    process = TrainingProcess()

    def cancel(progress: Progress) -> None:
        if progress.phase == phase:
            process.cancel()

    with pytest.raises(Cancelled):
        process.run(request_, cancel)
    # While it saves, the bundle may be whole already: then it is a model, never half of one.
    assert models() in (["general"], ["anna", "general"]) if phase == "saving" else models() == ["general"]


def test_cancelling_before_and_after_is_harmless(request_: Request) -> None:
    early = TrainingProcess()
    early.cancel()
    with pytest.raises(Cancelled):
        early.run(request_, ignore)
    late = TrainingProcess()
    late.run(request_, ignore)
    late.cancel()
    assert models() == ["anna", "general"]


def test_killed_at_random_moments_it_leaves_whole_models_or_none(request_: Request) -> None:
    rng = random.Random(0)
    for number in range(6):
        process = TrainingProcess()
        timer = threading.Timer(rng.uniform(0.2, 1.6), os.kill, (process.pid, signal.SIGKILL))
        timer.start()
        try:
            process.run(Request(request_.bags, request_.options, f"m{number}"), ignore)
        except FerError as error:
            assert "killed by signal 9" in str(error) and "\n" not in str(error)
        finally:
            timer.cancel()
            timer.join()
        for name in models():
            Bundle.load(name)


def test_it_does_not_outlive_the_one_who_started_it(request_: Request, start: Start, tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from fer_ros.core.training.client import TrainingProcess\n"
        "from fer_ros.core.training.options import Options\n"
        "from fer_ros.core.training.request import Request\n"
        "process = TrainingProcess()\n"
        "print(process.pid, flush=True)\n"
        "options = Options(head='dense', base='general')\n"
        "settings = {'epochs': 10000, 'hidden_units': 4000}\n"
        "process.run(Request((Path(sys.argv[1]),), options, '', settings), lambda p: print(p.phase, flush=True))\n"
    )
    parent = start(sys.executable, script, request_.bags[0])
    _until(lambda: "training" in parent.out)
    child = int(parent.out.split()[0])
    os.kill(parent.popen.pid, signal.SIGKILL)
    _until(lambda: not _runs(child))
    assert models() == ["general"]


def _runs(pid: int) -> bool:
    try:
        return ") Z" not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False


def _until(true: object, seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():  # type: ignore[operator]
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def test_a_process_that_waits_trains_what_it_is_given(request_: Request) -> None:
    process = TrainingProcess(600.0)
    assert process.waiting
    assert process.run(request_, ignore).model == "anna"
    assert not process.waiting and process._process.returncode is not None


def test_a_process_that_waits_embeds_what_it_is_told_of(request_: Request) -> None:
    """The training then finds every crop and every embedding of it, and puts nothing into the cache."""
    process = TrainingProcess(600.0)
    process.look_ahead(Request((Path("/nowhere"),), request_.options))
    process.look_ahead(request_)
    _until(lambda: _kept() == 3 * 120)  # a crop, its embedding, and that of one altered copy
    assert process.run(request_, ignore).model == "anna"
    assert _kept() == 3 * 120 and models() == ["anna", "general"]


def test_a_training_need_not_wait_for_what_is_embedded_ahead(request_: Request) -> None:
    process = TrainingProcess(600.0)
    for _ in range(50):
        process.look_ahead(request_)
    assert process.run(request_, ignore).model == "anna"
    process = TrainingProcess(600.0)
    process.look_ahead(request_)
    process.cancel()
    process.end()
    process.look_ahead(request_)  # says nothing


def _kept() -> int:
    file = paths.embeddings_file()
    if not file.exists():
        return 0
    with contextlib.closing(sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)) as base:
        return base.execute("SELECT COUNT(*) FROM kept").fetchone()[0]


def test_a_process_that_nobody_needs_ends_by_itself(request_: Request) -> None:
    process = TrainingProcess(0.1)
    assert not process.waiting
    assert process._process.wait(60) == 0
    process.end()
