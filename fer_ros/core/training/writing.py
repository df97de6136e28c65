"""Writing the result of a training as a bundle: networks, figures, card, plots and report."""

from __future__ import annotations

import dataclasses
import io
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fer_ros.core.base import arrays
from fer_ros.core.base.contracts import TrainedHead
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles import model_card, model_store
from fer_ros.core.bundles.bundle import WEIGHTS_FILE, Bundle
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome
from fer_ros.core.training.people import TaughtPerson

HEAD_FILE = "head.npz"
#: What tells a person's face, and their own head; by number, so that no name is in them.
FACES_FILE, PERSON_FILE = "person_{}_faces.npz", "person_{}_head.npz"
#: The whole outcome, beside the figures in ``model.yaml``.
REPORT_FILE = "training.json"
#: Bytes that plots, card and report take beside the networks.
EXTRA_SPACE = 4 << 20


@dataclass(frozen=True, slots=True)
class Finished:
    """All that is written.

    :ivar plugin: name of the plugin that runs the head.
    :ivar labels: in the order of its outputs.
    :ivar settings: those that the head was trained with.
    :ivar people: whom the model is to know.
    :ivar phases: seconds of each phase so far.
    """

    outcome: Outcome
    trained: TrainedHead
    plugin: str
    labels: tuple[str, ...]
    base: Bundle
    options: Options
    settings: Any
    bags: tuple[Path, ...]
    subjects: tuple[str, ...]
    people: list[TaughtPerson]
    phases: dict[str, float]


def write(done: Finished, plotted: dict[str, bytes]) -> None:
    """Write the bundle whole, or nothing.

    :param plotted: file name → picture.
    :raises FerError: the disk is full, or the folder cannot be written to.
    """
    outcome, base = done.outcome, done.base
    quality: dict[str, Any] = {"split": f"{outcome.metrics.count} held-out faces, split {outcome.split}"}
    quality |= {name: value for name, value in outcome.metrics.to_dict().items() if name != "labels"}
    quality |= {"groups": outcome.groups, "interval": outcome.interval}
    if outcome.baseline:
        figures = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
        quality["baseline"] = {name: getattr(outcome.baseline, name) for name in figures}
    data: dict[str, Any] = {
        "bags": [bag.name for bag in done.bags],
        "subjects": list(done.subjects),
        "base": base.name,
        "trained_as": outcome.head,
        "split": outcome.split,
        "note": outcome.note,
        "expectation": outcome.expectation,
        "counts": outcome.counts,
        "left_out": outcome.left_out,
        "without_face": outcome.without_face,
        "curve": bool(outcome.history),
        "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
        "parameters": _parameters(base, done.trained.content),
        **outcome.facts,
    }
    recipe = {**dataclasses.asdict(done.options), **dataclasses.asdict(done.settings), "general": base.recipe}
    stated = Bundle(
        name=outcome.model,
        path=Path(outcome.path),
        labels=done.labels,
        input=base.input,
        backbone=base.backbone,
        head=bundles.Network(done.plugin, HEAD_FILE),
        data=data,
        quality=quality,
        recipe=recipe,
        people=tuple(
            bundles.Person(
                person.subject,
                FACES_FILE.format(number),
                bundles.Network(person.trained.plugin or outcome.head, PERSON_FILE.format(number)),
                person.trained.labels or tuple(outcome.counts),
            )
            for number, person in enumerate(done.people, 1)
        ),
    )
    left = {base.head.file, HEAD_FILE, REPORT_FILE, WEIGHTS_FILE, *bundles.files_of_people(base.people)}
    kept = [name for name in base.checksums if name not in left]
    contents = {name: (base.path / name).read_bytes() for name in kept}
    contents[HEAD_FILE] = done.trained.content
    for written, person in zip(stated.people, done.people, strict=True):
        contents |= {written.faces: person.faces, written.head.file: person.trained.content}
    report = {
        **outcome.to_dict(),
        "options": dataclasses.asdict(done.options),
        "settings": dataclasses.asdict(done.settings),
        "phases": done.phases,
    }
    contents[REPORT_FILE] = json.dumps(report, indent=1).encode()
    pictures = {"README.md": model_card.personal(stated).encode(), **plotted}
    folder = model_store.own_folder()
    model_store.check_space(folder, EXTRA_SPACE + sum(len(data) for data in contents.values()))
    try:
        bundles.write(stated, contents, pictures=pictures)
    except OSError as error:
        raise model_store.writing_failed(folder, error) from error


def _parameters(base: Bundle, content: bytes) -> int:
    """Weights of backbone and head; 0 where the general model does not tell its own."""
    total = base.data.get("parameters")
    if not isinstance(total, int):
        return 0
    return max(0, total - arrays.count(base.path / base.head.file) + arrays.count(io.BytesIO(content)))
