"""The report of ``fer bench`` as text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fer_ros.cli.benchmarks.tables.check import Change
from fer_ros.cli.text import table

STAGES = ("decode", "detect", "crop", "embed", "head")
LEGS = ("received", "detected", "classified", "published", "delivered")


def report(found: dict[str, Any]) -> str:
    """All of it."""
    scenarios = found["scenarios"]
    measured = {name: figures for name, figures in scenarios.items() if "skipped" not in figures}
    parts = [_heading(found)]
    parts += [text for text in (_faces(measured), _ros(measured)) if text]
    parts += [make(measured[name]) for name, make in _LINES.items() if name in measured]
    parts += [f"{name}: not measured, {f['skipped']}" for name, f in scenarios.items() if "skipped" in f]
    rows = [
        (bar["name"], f"{bar['value']:.3g}", f"{bar['limit']:g}", bar["unit"], "met" if bar["met"] else "MISSED")
        for bar in found["bars"]
        if bar["value"] is not None
    ]
    if rows:
        parts.append(table(("bar", "measured", "limit", "", ""), rows, right=(1, 2)))
    return "\n\n".join(parts)


def changes(found: Sequence[Change], slower: Sequence[Change], tolerance: float) -> str:
    """What became slower since the saved results, or that nothing did."""
    if not found:
        return "nothing to compare: the saved results have none of these scenarios"
    if not slower:
        return f"{len(found)} figures compared, none became slower by more than {100 * (tolerance - 1):.0f} %"
    rows = [(c.scenario, c.figure, f"{c.before:.3g}", f"{c.now:.3g}", f"{c.ratio:.2f}") for c in slower]
    header = ("became slower", "", "before", "now", "ratio")
    return table(header, rows, right=(2, 3, 4)) + "\nratio: now over before, with the speed of the machine taken out"


def _heading(found: dict[str, Any]) -> str:
    machine, (width, height) = found["machine"], found["size"]
    versions = ", ".join(f"{name} {version}" for name, version in found["versions"].items())
    return (
        f"fer_ros {found['fer_ros']} on {machine['cpu']}, {machine['cores']} cores, load {machine['load'][0]}\n"
        f"{machine['python']}, {versions}\n"
        f"model {found['model']}, detector {found['detector']}, source {found['source']}, {width}x{height}, "
        f"{found['threads']} thread{'s' if found['threads'] > 1 else ''}"
    )


def _faces(measured: dict[str, Any]) -> str:
    rows = []
    for name, found in measured.items():
        stages = found.get("stages_ms")
        if not stages:
            continue
        whole = stages["whole"]
        rows.append(
            (
                name,
                f"{found['faces']:g}",
                *(f"{whole[figure]:.2f}" for figure in ("median", "p95", "p99")),
                *(f"{stages[stage]['median']:.2f}" if stage in stages else "-" for stage in STAGES),
                f"{found['cpu_ms_per_frame']:.2f}",
                f"{found['cpu_ms']['whole'] / found['reference_ms']:.2f}",
            )
        )
    header = ("ms a frame", "faces", "whole", "95 %", "99 %", *STAGES, "CPU", "CPU/ref")
    return table(header, rows, right=range(1, len(header))) if rows else ""


def _ros(measured: dict[str, Any]) -> str:
    rows = []
    for name, found in measured.items():
        latency = found.get("latency_ms", {})
        if len(latency.get("whole", {})) <= 1:
            continue
        rows.append(
            (
                name,
                *(f"{latency['whole'][figure]:.2f}" for figure in ("median", "p95", "p99")),
                *(f"{latency[leg]['median']:.2f}" for leg in LEGS),
                f"{found['cpu_percent']:.1f}",
                f"{found['memory_mb']:.0f}",
                f"{found['first_emotion_s']:.2f}",
            )
        )
    header = ("over ROS, ms", "whole", "95 %", "99 %", *LEGS, "CPU %", "MB", "first s")
    return table(header, rows, right=range(1, len(header))) if rows else ""


def _start(found: dict[str, Any]) -> str:
    parts = ", ".join(f"{name} {value:.2f}" for name, value in found["parts_s"].items())
    return (
        f"Start to first emotion without ROS: {found['first_emotion_s']:.2f} s ({parts}); "
        f"memory {found['memory_mb']} MB, peak {found['peak_memory_mb']} MB"
    )


def _recorded(found: dict[str, Any]) -> str:
    return (
        f"Recording without inference: recorder {found['recorder_cpu_percent']} %, camera with its JPEGs "
        f"{found['camera_cpu_percent']} % of a core; {found['written']} of {found['received']} frames written"
    )


def _trained(found: dict[str, Any]) -> str:
    phases = ", ".join(f"{phase} {seconds:.2f}" for phase, seconds in found["phases_s"].items())
    again = f"; once more {found['again_s']:.2f} s, {found['again_cpu_s']:.2f} s of CPU" if "again_s" in found else ""
    return (
        f"Training on {found['samples']} frames, from the bag to the model in use: {found['seconds']:.2f} s "
        f"({phases}, swap {found['swap_s']:.2f}); {found['cpu_s']:.2f} s of CPU; nothing was loaded before{again}"
    )


def _peer(found: dict[str, Any]) -> str:
    ours, theirs = found["ours_ms"], found["theirs_ms"]
    return (
        f"Whole frame beside fer {found['version']}, frame by frame in turns, one core each: "
        f"{ours['median']:.2f} ms against {theirs['median']:.2f} ms, {found['times']:g} times as fast "
        f"({found['cpu_times']:g} times by processor time); a face in {found['with_face']['ours']} and "
        f"{found['with_face']['theirs']} of {found['frames']} frames"
    )


def _keras(found: dict[str, Any]) -> str:
    return (
        f"Backbone beside Keras {found['version']}, crop by crop in turns, one core each: "
        f"{found['ours_ms']['median']:.2f} ms against "
        f"{found['predict_ms']['median']:.1f} ms by predict ({found['times']:g} times as fast) and "
        f"{found['call_ms']['median']:.1f} ms by a call ({found['call_times']:g} times)"
    )


_LINES = {"start": _start, "recording": _recorded, "training": _trained, "peer": _peer, "keras": _keras}
