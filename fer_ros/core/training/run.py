"""The whole training: bags, faces, split, embeddings, head, measurement, bundle."""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import logging
import math
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from fer_ros.core.base import arrays, registry
from fer_ros.core.base.contracts import Backbone, Head, LabelledFaces, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.labels import LabelNames
from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles import model_card, model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating import metrics, plots
from fer_ros.core.evaluating.metrics import Metrics
from fer_ros.core.training import faces as face_tools
from fer_ros.core.training import head_setup, splits
from fer_ros.core.training.faces import Faces
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.request import Request
from fer_ros.core.training.split_parts import Indices, Shares
from fer_ros.core.training.splits import Split

log = logging.getLogger(__name__)

HEAD_FILE = "head.npz"
#: The whole outcome, beside the figures in ``model.yaml``.
REPORT_FILE = "training.json"
#: Bytes that plots, card and report take beside the networks.
EXTRA_SPACE = 4 << 20

Report = Callable[[Progress], None]
Share = Callable[[float], None]


def train(request: Request, report: Report | None = None) -> Outcome:
    """Train a head and write the bundle; nothing is left behind when it fails or is interrupted.

    :param report: called at every change of phase, after every epoch, and now and then in between.
    :raises FerError: in one sentence, what was wrong and what to do.
    """
    with model_store.exclusive(), ThreadPoolExecutor(1, "plots") as aside:
        return _Training(request, report or (lambda progress: None), aside).run()


class _Training:
    def __init__(self, request: Request, report: Report, aside: Executor) -> None:
        """Check the request; ``aside`` draws plots while the cores have nothing better to do."""
        self.options, self.report = request.options, report
        self.plugin: type[Head] = registry.load("heads", self.options.head)
        self.settings = head_setup.settings_of(self.options.head, request.settings)
        self.bags = request.bags
        self.name = request.name or model_store.new_name()
        self.target = model_store.check_free(self.name)
        registry.load("detectors", self.options.detector)
        self.base = Bundle.load(self.options.base)
        self.phases: dict[str, float] = {}
        self._aside = aside

    def run(self) -> Outcome:
        options = self.options
        self._aside.submit(plots.prepare)
        with self._timed("loading") as done:
            spec, names = self.base.input, LabelNames(options.label_names)
            found = face_tools.gather(self.bags, spec, options.detector, self.plugin.trains_on, done, names)
            parted = splits.split(found.origin, found.labels, options.split, _shares(options), options.seed)
        with self._timed("embedding") as done:
            backbone, general = self.base.open(threads=2)
            samples = self._embedded(found, backbone, done)
            self.general = head_setup.general_model(self.base, general)
            task = self._task(found, parted.train, parted.validation, samples)
            test_crops, truth = found.crops[parted.test], found.origin.labels[parted.test]
            test_embeddings = samples.embeddings[parted.test]
        with self._timed("training"):
            trained = self.plugin.train(task)
            _check_finite(trained)
            pictures = {}
            if trained.history:
                pictures["training.png"] = self._aside.submit(plots.learning_curve, trained.history)
            final = self._refitted(found, samples, trained)
        with self._timed("evaluating"):
            labels = trained.labels or found.labels
            head = self._loaded(trained, labels, test_embeddings.shape[1:])
            answers = self._answers(trained, head, test_crops, test_embeddings)
            measured = _measure(truth, found.labels, answers, labels)
            baseline = _measure(truth, found.labels, general.predict(test_embeddings), self.base.labels)
            if final is not trained:
                self._loaded(final, labels, test_embeddings.shape[1:])
        if measured is None:
            raise ConfigError(f"head '{options.head}' gave a model without the labels it was trained on")
        pictures["confusion.png"] = self._aside.submit(plots.confusion, measured)
        outcome = Outcome(
            model=self.name,
            path=str(self.target),
            head=options.head,
            base=self.base.name,
            split=parted.kind,
            note=parted.note,
            counts=_counts(found, parted),
            metrics=measured,
            baseline=baseline,
            history=trained.history,
            phases={},
            left_out=len(parted.gaps),
            without_face=found.without_face,
            facts=final.facts,
            skipped=dict(found.left_out.counts),
            skipped_names=found.left_out.names,
            renamed=found.renamed,
        )
        with self._timed("saving"):
            self._write(outcome, final, labels, found, _drawn(pictures))
        return dataclasses.replace(outcome, phases=dict(self.phases))

    def _embedded(self, found: Faces, backbone: Backbone, done: Share) -> LabelledFaces:
        """All faces, then their altered copies in the same order, once for each copy."""
        crops, targets = found.crops, found.origin.labels
        if self.options.copies:
            rng = np.random.default_rng([self.options.seed, 1])
            crops = np.concatenate([crops, face_tools.altered(crops, self.options, rng)])
            targets = np.tile(targets, 1 + self.options.copies)
        embeddings = face_tools.embed(backbone, crops, self.base.input, lambda count: done(count / len(crops)))
        return LabelledFaces(crops, embeddings, targets, np.ones(len(crops), np.float32))

    def _task(self, found: Faces, training: Indices, validation: Indices, samples: LabelledFaces) -> Task:
        copies = [training + number * len(found) for number in range(1 + self.options.copies)]
        return Task(
            labels=found.labels,
            training=head_setup.chosen(samples, np.concatenate(copies), self.options.class_weights),
            validation=head_setup.chosen(samples, validation),
            base=self.general,
            settings=self.settings,
            seed=self.options.seed,
            progress=self._epoch,
        )

    def _refitted(self, found: Faces, samples: LabelledFaces, trained: TrainedHead) -> TrainedHead:
        """The head that ships: it may learn the held-out faces too, the figures are of the one that did not."""
        # The embeddings at hand are the general backbone's: a head with a backbone of its own cannot learn from them.
        if not self.options.refit or trained.backbone:
            return trained
        task = self._task(found, np.arange(len(found)), np.arange(0), samples)
        final = self.plugin.refit(dataclasses.replace(task, progress=lambda epochs, row: None), trained)
        if final is None:
            return trained
        return dataclasses.replace(final, facts={**final.facts, "refitted_on": len(found)})

    def _plugin_of(self, trained: TrainedHead) -> str:
        """The name of the plugin that runs a trained head."""
        return trained.plugin or self.options.head

    def _loaded(self, trained: TrainedHead, labels: tuple[str, ...], shape: tuple[int, ...]) -> Head:
        """The head as it ships, loaded from its file; a head that cannot be loaded is never written."""
        with tempfile.TemporaryDirectory(prefix="fer_head_") as folder:
            file = Path(folder) / HEAD_FILE
            file.write_bytes(trained.content)
            head: Head = registry.load("heads", self._plugin_of(trained))(file, labels, shape)
            return head

    def _answers(self, trained: TrainedHead, head: Head, crops: ImageArray, embeddings: FloatArray) -> FloatArray:
        """Probabilities by the head, and by the new backbone where there is one, as they ship."""
        if not trained.backbone:
            return head.predict(embeddings)
        with tempfile.TemporaryDirectory(prefix="fer_backbone_") as folder:
            file = Path(folder) / self.base.backbone.file
            file.write_bytes(trained.backbone[self.base.backbone.file])
            backbone = registry.load("backbones", self.base.backbone.plugin)(file, self.base.input, 2)
            return head.predict(face_tools.embed(backbone, crops, self.base.input))

    def _write(
        self, outcome: Outcome, trained: TrainedHead, labels: tuple[str, ...], found: Faces, plotted: dict[str, bytes]
    ) -> None:
        base = self.base
        quality: dict[str, Any] = {"split": f"{outcome.metrics.count} held-out faces, split {outcome.split}"}
        quality |= {name: value for name, value in outcome.metrics.to_dict().items() if name != "labels"}
        if outcome.baseline:
            figures = ("accuracy", "macro_precision", "macro_recall", "macro_f1")
            quality["baseline"] = {name: getattr(outcome.baseline, name) for name in figures}
        data: dict[str, Any] = {
            "bags": [bag.name for bag in self.bags],
            "subjects": list(found.subjects),
            "base": base.name,
            "trained_as": outcome.head,
            "split": outcome.split,
            "note": outcome.note,
            "counts": outcome.counts,
            "left_out": outcome.left_out,
            "without_face": outcome.without_face,
            "curve": bool(outcome.history),
            "created": time.strftime("%Y-%m-%dT%H:%M:%S%z"),
            "parameters": _parameters(base, trained.content),
            **outcome.facts,
        }
        stated = Bundle(
            name=self.name,
            path=self.target,
            labels=labels,
            input=base.input,
            backbone=base.backbone,
            head=bundles.Network(self._plugin_of(trained), HEAD_FILE),
            data=data,
            quality=quality,
            recipe={**dataclasses.asdict(self.options), **dataclasses.asdict(self.settings), "general": base.recipe},
        )
        kept = [name for name in base.checksums if name not in (base.head.file, HEAD_FILE, REPORT_FILE)]
        contents = {name: (base.path / name).read_bytes() for name in kept}
        contents |= {**trained.backbone, HEAD_FILE: trained.content}
        report = {
            **outcome.to_dict(),
            "options": dataclasses.asdict(self.options),
            "settings": dataclasses.asdict(self.settings),
            "phases": dict(self.phases),
        }
        contents[REPORT_FILE] = json.dumps(report, indent=1).encode()
        pictures = {"README.md": model_card.personal(stated).encode(), **plotted}
        folder = model_store.own_folder()
        model_store.check_space(folder, EXTRA_SPACE + sum(len(data) for data in contents.values()))
        try:
            bundles.write(stated, contents, pictures=pictures)
        except OSError as error:
            raise model_store.writing_failed(folder, error) from error

    @contextlib.contextmanager
    def _timed(self, phase: str) -> Iterator[Share]:
        """Time a phase; gives what reports the share of it that is done, 0 to 1."""

        def done(share: float) -> None:
            self.report(Progress(phase, self.name, self.options.head, share))

        began = time.perf_counter()
        done(0.0)
        yield done
        self.phases[phase] = time.perf_counter() - began

    def _epoch(self, epochs: int, row: dict[str, float]) -> None:
        epoch = int(row["epoch"])
        values = {name: value for name, value in row.items() if name != "epoch"}
        self.report(Progress("training", self.name, self.options.head, epoch / epochs, epoch, epochs, values))


def _drawn(pictures: dict[str, Future[bytes]]) -> dict[str, bytes]:
    try:
        return {name: picture.result() for name, picture in pictures.items()}
    except ConfigError as error:
        # Not worth a finished training.
        log.warning("the model gets no plots: %s", error)
        return {}


def _parameters(base: Bundle, content: bytes) -> int:
    """Weights of backbone and head; 0 where the general model does not tell its own."""
    total = base.data.get("parameters")
    if not isinstance(total, int):
        return 0
    return max(0, total - arrays.count(base.path / base.head.file) + arrays.count(io.BytesIO(content)))


def _shares(options: Options) -> Shares:
    return Shares(options.train_share, options.validation_share, options.gap)


def _measure(
    truth: Indices, true_labels: tuple[str, ...], answers: FloatArray, labels: tuple[str, ...]
) -> Metrics | None:
    """Figures of a model, which may have other labels than the faces; None where it lacks one of theirs."""
    if not set(true_labels) <= set(labels):
        return None
    mapped: npt.NDArray[np.int64] = np.array([labels.index(label) for label in true_labels], dtype=np.int64)[truth]
    return metrics.measure(mapped, answers.argmax(axis=1), labels)


def _check_finite(trained: TrainedHead) -> None:
    if not all(math.isfinite(value) for row in trained.history for value in row.values()):
        raise ConfigError("the training diverged, its loss is no number any more: choose a smaller learning_rate")


def _counts(found: Faces, parted: Split) -> dict[str, dict[str, int]]:
    parts = {"train": parted.train, "validation": parted.validation, "test": parted.test}
    return {
        label: {part: int((found.origin.labels[indices] == number).sum()) for part, indices in parts.items()}
        for number, label in enumerate(found.labels)
    }
