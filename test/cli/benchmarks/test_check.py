"""Results are kept, and what became slower since is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from fer_ros.cli.benchmarks.tables import check, tables
from fer_ros.cli.main import main
from fer_ros.core.base.errors import ConfigError


def a_report(slow: float = 1.0, machine: float = 1.0, load: float = 0.5) -> dict[str, Any]:
    """As of a machine that takes ``machine`` times as long for all, and a program ``slow`` times for detection."""
    return {
        "machine": {"load": [load], "cores": 2},
        "source": "sample",
        "detector": "haar",
        "size": [640, 480],
        "threads": 1,
        "scenarios": {
            "one_face": {
                "reference_ms": 2.0 * machine,
                "cpu_ms": {"detect": 1.0 * machine * slow, "embed": 1.2 * machine, "head": 0.01},
            },
            "one_process": {
                "reference_ms": 2.0 * machine,
                "latency_ms": {"whole": {"count": 9, "median": 4.0 * machine * load * 2}},
                "memory_mb": 150.0,
            },
            "recording": {"skipped": "for a test"},
        },
    }


def test_only_what_became_slower_than_the_machine_is_named(tmp_path: Path) -> None:
    file = tmp_path / "results.json"
    check.save(a_report(), file)
    before = check.load(file)
    twice = check.compare(before, a_report(machine=2.0))
    assert {change.ratio for change in twice if change.figure != "memory_mb"} == {1.0}
    assert {change.figure for change in twice} == {"detect, CPU ms", "embed, CPU ms", "latency, ms", "memory_mb"}
    (slow,) = check.slower(check.compare(before, a_report(slow=1.5, machine=2.0)), 1.3)
    assert (slow.scenario, slow.figure, slow.before, slow.now, slow.ratio) == ("one_face", "detect, CPU ms", 1, 3, 1.5)
    assert "detect" in tables.changes(twice, [slow], 1.3) and "none became slower" in tables.changes(twice, [], 1.3)
    # What was slow in one of two runs only was disturbed.
    again = check.better([slow], check.compare(before, a_report()))
    assert not check.slower(again, 1.3)


def test_times_that_passed_are_not_compared_while_others_take_the_processor() -> None:
    changes = check.compare(a_report(), a_report(load=9.0))
    assert "latency, ms" not in {change.figure for change in changes} and len(changes) == 3


def test_results_of_other_options_or_none_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="detector haar, these mine: give the same options"):
        check.compare(a_report(), {**a_report(), "detector": "mine"})
    for text in ("", "[]", "{}", '{"scenarios": {"a": {}}}', '{"scenarios": {"a": {"reference_ms": 0}}, "machine": 1}'):
        (tmp_path / "damaged.json").write_text(text)
        with pytest.raises(ConfigError, match="does not hold results"):
            check.load(tmp_path / "damaged.json")


@pytest.mark.slow
def test_a_slower_program_ends_with_status_1_after_it_was_measured_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "results.json"
    options = ["bench", "--frames", "6", "--size", "320x240", "--scenario", "one_face", "--tolerance", "4"]
    assert main([*options, "--save", str(file)]) == 0
    assert main([*options, "--check", str(file)]) == 0
    saved = json.loads(file.read_text())
    saved["scenarios"]["one_face"]["cpu_ms"]["whole"] = check.SHORTEST_MS  # a tenth of what it takes
    file.write_text(json.dumps(saved))
    capsys.readouterr()
    assert main([*options, "--check", str(file)]) == 1
    assert "one_face       whole, CPU ms" in capsys.readouterr().out
