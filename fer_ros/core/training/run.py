"""The whole training: bags, faces, split, embeddings, head, measurement, bundle."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import math
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

import numpy as np
import numpy.typing as npt
import psutil

from fer_ros.core.base import registry
from fer_ros.core.base.contracts import Head, LabelledFaces, Task, TrainedHead
from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.types import FloatArray
from fer_ros.core.bundles import model_store
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.evaluating import metrics, plots
from fer_ros.core.evaluating.metrics import Metrics
from fer_ros.core.training import cross, people, splits, writing
from fer_ros.core.training.cache import Cache
from fer_ros.core.training.fitting import head_setup
from fer_ros.core.training.options import Options
from fer_ros.core.training.outcome import Outcome, Progress
from fer_ros.core.training.reading import Reading
from fer_ros.core.training.request import Request
from fer_ros.core.training.rows import Faces
from fer_ros.core.training.split_parts import Indices, Shares
from fer_ros.core.training.splits import Split
from fer_ros.core.vision import choosing

log = logging.getLogger(__name__)

Report = Callable[[Progress], None]
Share = Callable[[float], None]


def train(request: Request, report: Report | None = None) -> Outcome:
    """Train a head and write the bundle; nothing is left behind when it fails or is interrupted.

    :param report: called at every change of phase, after every epoch, and now and then in between.
    :raises FerError: in one sentence, what was wrong and what to do.
    """
    with model_store.exclusive(), Cache.opened() as cache, ThreadPoolExecutor(1, "plots") as aside:
        base = Bundle.load(request.options.base)
        with Reading(request, base, cache) as reading:
            return _Training(request, report or (lambda progress: None), aside, base, reading).run()


class _Training:
    def __init__(self, request: Request, report: Report, aside: Executor, base: Bundle, reading: Reading) -> None:
        """Check the request; ``aside`` draws plots while the cores have nothing better to do."""
        self.options, self.report = request.options, report
        self.plugin: type[Head] = registry.load("heads", self.options.head)
        self.settings = head_setup.settings_of(self.options.head, request.settings)
        people.check(self.options.people, self.plugin, self.options.head)
        self.bags = request.bags
        self.name = request.name or model_store.new_name()
        self.target = model_store.check_free(self.name)
        registry.load("detectors", choosing.resolve(self.options.detector))
        self.base = base
        self.phases: dict[str, float] = {}
        self._aside, self._reading = aside, reading

    def run(self) -> Outcome:
        options, crosses = self.options, self.plugin.crosses
        if not crosses:  # such a head has no epochs to plot
            self._aside.submit(plots.prepare)
        with self._timed("loading") as done:
            found = self._reading.gather(1 if crosses else 2, done)
            folds = cross.folds(found.origin, options.gap)
            parted = splits.split(found.origin, found.labels, self._way(found), _shares(options), options.seed)
            if parted.kind == "cross":
                parted = dataclasses.replace(parted, note=folds.note)
        with self._timed("embedding") as done:
            backbone, general = self.base.open(threads=2)
            samples = self._in_memory(self._reading.samples(found, folds, crosses, backbone, done))
            self.general = head_setup.general_model(self.base, general)
            task = self._task(found, parted.train, parted.validation, samples)
        with self._timed("training"):
            trained = self.plugin.train(task)
            _check_finite(trained)
            known: list[people.TaughtPerson] = []
            if options.people != "none":
                everyone = self._task(found, np.arange(len(found)), np.arange(0), samples)
                known, trained = people.teach(self.plugin, everyone, found, trained)
            pictures = {}
            if trained.history:
                pictures["training.png"] = self._aside.submit(plots.learning_curve, trained.history)
            final = self._refitted(found, samples, trained, parted)
        with self._timed("evaluating"):
            labels = trained.labels or found.labels
            head = self._loaded(final, labels, samples.embeddings.shape[1:])
            tested, answers = self._tested(trained, labels, parted, samples)
            truth = found.origin.labels[tested]
            measured = _measure(truth, found.labels, answers, labels)
            there = _known(trained.general, tested)
            if there is None:
                there = samples.chosen(tested).answered(general)
            baseline = _measure(truth, found.labels, there, self.base.labels)
            # It must answer as it ships, whatever it was measured by.
            samples.chosen(np.arange(1)).answered(head)
        if measured is None:
            raise ConfigError(f"head '{options.head}' gave a model without the labels it was trained on")
        outcome = Outcome(
            model=self.name,
            path=str(self.target),
            head=options.head,
            base=self.base.name,
            split=parted.kind,
            note=parted.note,
            counts=_counts(found, parted, tested),
            metrics=measured,
            baseline=baseline,
            history=trained.history,
            phases={},
            left_out=len(parted.gaps),
            without_face=found.without_face,
            groups=len(np.unique(folds.groups[tested])),
            taught=folds.taught if parted.kind == "cross" else 1.0,
            facts=final.facts,
            skipped=dict(found.left_out.counts),
            skipped_names=found.left_out.names,
            renamed=found.renamed,
        )
        with self._timed("saving"):
            writing.write(
                writing.Finished(
                    outcome=outcome,
                    trained=final,
                    plugin=self._plugin_of(final),
                    labels=labels,
                    base=self.base,
                    options=self.options,
                    settings=self.settings,
                    bags=self.bags,
                    subjects=found.subjects,
                    people=known,
                    phases=dict(self.phases),
                ),
                _drawn(pictures),
            )
        return dataclasses.replace(outcome, phases=dict(self.phases))

    def _way(self, found: Faces) -> str:
        """How faces are held out: a head that crosses needs none to be."""
        if self.options.split == "auto" and self.plugin.crosses:
            return "cross"
        if self.options.split == "cross" and not self.plugin.crosses:
            raise ConfigError(
                f"split 'cross' is of the heads auto and ridge, not of '{self.options.head}': choose another",
                "split_not_for_head",
                head=self.options.head,
            )
        return self.options.split

    def _in_memory(self, samples: LabelledFaces) -> LabelledFaces:
        """The faces as the head can read them.

        :raises ConfigError: it can read them in memory alone, and they do not fit.
        """
        if samples.in_memory or self.plugin.in_pieces:
            return samples
        needed, free = samples.embeddings.nbytes + samples.finer.nbytes, psutil.virtual_memory().available
        if 3 * needed > free:
            raise ConfigError(
                f"head '{self.options.head}' learns in memory, where {len(samples)} faces need {3 * needed >> 20} MB "
                f"and {free >> 20} are free: choose another head, or give fewer bags"
            )
        return samples.loaded()

    def _task(self, found: Faces, training: Indices, validation: Indices, samples: LabelledFaces) -> Task:
        copies = [training + number * len(found) for number in range(len(samples) // len(found))]
        return Task(
            labels=found.labels,
            training=head_setup.chosen(samples, np.concatenate(copies), self.options.class_weights),
            validation=head_setup.chosen(samples, validation),
            base=self.general,
            settings=self.settings,
            seed=self.options.seed,
            progress=self._epoch,
        )

    def _refitted(self, found: Faces, samples: LabelledFaces, trained: TrainedHead, parted: Split) -> TrainedHead:
        """The head that ships: it may learn the held-out faces too, the figures are of the one that did not."""
        if not self.options.refit or parted.kind == "cross":
            return trained
        task = self._task(found, np.arange(len(found)), np.arange(0), samples)
        final = self.plugin.refit(dataclasses.replace(task, progress=lambda epochs, row: None), trained)
        if final is None:
            return trained
        return dataclasses.replace(final, facts={**final.facts, "refitted_on": len(found)})

    def _tested(
        self, trained: TrainedHead, labels: tuple[str, ...], parted: Split, samples: LabelledFaces
    ) -> tuple[Indices, FloatArray]:
        """The faces that the head is measured on, and its answers to them, none of which it had learned from."""
        if parted.kind != "cross":
            test = samples.chosen(parted.test)
            return parted.test, test.answered(self._loaded(trained, labels, test.embeddings.shape[1:]))
        answers = trained.held_out
        if answers is None:
            return np.arange(0), np.zeros((0, len(labels)), np.float32)
        known = np.flatnonzero(np.isfinite(answers).all(axis=1))
        return known, answers[known]

    def _plugin_of(self, trained: TrainedHead) -> str:
        """The name of the plugin that runs a trained head."""
        return trained.plugin or self.options.head

    def _loaded(self, trained: TrainedHead, labels: tuple[str, ...], shape: tuple[int, ...]) -> Head:
        return head_setup.loaded(trained, self._plugin_of(trained), labels, shape)

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
        log.warning("cannot draw the plots of the model: %s", error)
        return {}


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


def _known(answers: FloatArray | None, rows: Indices) -> FloatArray | None:
    """The answers to some faces; None where one of them is not known."""
    if answers is None or not np.isfinite(answers[rows]).all():
        return None
    return answers[rows]


def _check_finite(trained: TrainedHead) -> None:
    if not all(math.isfinite(value) for row in trained.history for value in row.values()):
        text = "the training diverged: its loss is no longer a number. Choose a smaller learning_rate"
        raise ConfigError(text, "diverged")


def _counts(found: Faces, parted: Split, tested: Indices) -> dict[str, dict[str, int]]:
    parts = {"train": parted.train, "validation": parted.validation, "test": tested}
    return {
        label: {part: int((found.origin.labels[indices] == number).sum()) for part, indices in parts.items()}
        for number, label in enumerate(found.labels)
    }
