"""A small multilayer perceptron, trained by Adam in numpy.

The same arithmetic as Keras' ``Dense``, ``Adam`` and categorical cross-entropy (a test compares them step by step), in
a third of the CPU time for the layer that matters here (some thousand inputs, 200 units, batches of 25): the gradient
of a few rows of the kernel is computed and used while it is in the cache, instead of a dozen passes over memory. And
it needs no TensorFlow, whose import takes longer than the training.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise
from typing import TypeVar

import cv2
import numpy as np
import numpy.typing as npt

from fer_ros.core.base.types import FloatArray
from fer_ros.core.vision.softmax import softmax

T = TypeVar("T")
Targets = npt.NDArray[np.int64]
#: One row an epoch: ``epoch`` from 1, ``loss``, ``accuracy``, and ``val_loss``, ``val_accuracy`` with validation data.
History = list[dict[str, float]]

#: Decay of the two moments and the divisor's guard, as in Keras; the paper (Kingma and Ba 2015) has 1e-8 for the last.
BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-7
#: Elements of a kernel updated at once: 256 kB each for kernel, moments, gradient and scratch fit into the L2 cache.
CHUNK = 1 << 16
#: Kernels smaller than this are not worth a second thread.
PARALLEL_FROM = 4 * CHUNK


@dataclass(frozen=True, slots=True)
class Examples:
    """What to learn from.

    :ivar x: float32 (n, inputs).
    :ivar targets: int64 (n,), index of the class.
    :ivar weights: float32 (n,), mean 1 where nothing weighs more than another.
    """

    x: FloatArray
    targets: Targets
    weights: FloatArray

    def __len__(self) -> int:
        return len(self.targets)

    def columns(self, chosen: Targets) -> Examples:
        """The same with some of the inputs, in this order."""
        return replace(self, x=np.ascontiguousarray(self.x[:, chosen]))

    def rows(self, chosen: Targets) -> Examples:
        """Some of the examples, in memory."""
        return Examples(self.x[chosen], self.targets[chosen], self.weights[chosen])

    def pieces(self) -> Iterator[Examples]:
        """All of them, each piece in memory."""
        yield self

    def live(self) -> npt.NDArray[np.bool_]:
        """(inputs,), whether an input is ever other than zero."""
        return np.asarray(self.x.any(axis=0))


@dataclass(frozen=True, slots=True)
class Schedule:
    """How to train.

    :ivar batch: examples a step.
    :ivar patience: stop after so many epochs without a lower validation loss and take the best; 0: never.
    """

    epochs: int
    learning_rate: float
    batch: int
    patience: int = 0


def glorot(rng: np.random.Generator, inputs: int, outputs: int) -> FloatArray:
    """A kernel as Keras starts one: even in ± sqrt(6 / (inputs + outputs)) (Glorot and Bengio 2010)."""
    limit = np.sqrt(6.0 / (inputs + outputs))
    return rng.uniform(-limit, limit, (inputs, outputs)).astype(np.float32)


class _Layer:
    """Kernel and bias with their moments. The moments are kept unscaled (m / (1 − β1), v / (1 − β2)): fewer passes."""

    def __init__(self, kernel: FloatArray, bias: FloatArray) -> None:
        self.kernel, self.bias = np.array(kernel, np.float32), np.array(bias, np.float32)
        self.moments = [np.zeros_like(self.kernel), np.zeros_like(self.kernel)]
        self.bias_moments = [np.zeros_like(self.bias), np.zeros_like(self.bias)]
        self.rows = max(1, CHUNK // self.kernel.shape[1])

    def update_rows(self, first: int, last: int, x: FloatArray, delta: FloatArray, step: float, guard: float) -> None:
        """Descend the rows from ``first`` to before ``last``; ``delta`` is the loss' gradient at the layer's output."""
        scratch = np.empty((2, self.rows, self.kernel.shape[1]), np.float32)
        for start in range(first, last, self.rows):
            rows = slice(start, min(last, start + self.rows))
            gradient, other = scratch[0, : rows.stop - start], scratch[1, : rows.stop - start]
            np.matmul(x[:, rows].T, delta, out=gradient)
            _adam(self.kernel[rows], gradient, self.moments[0][rows], self.moments[1][rows], other, step, guard)

    def update_bias(self, delta: FloatArray, step: float, guard: float) -> None:
        m, v = self.bias_moments
        _adam(self.bias, delta.sum(axis=0), m, v, np.empty_like(self.bias), step, guard)


def _adam(
    value: FloatArray,
    gradient: FloatArray,
    m: FloatArray,
    v: FloatArray,
    scratch: FloatArray,
    step: float,
    guard: float,
) -> None:
    """One step in place; ``gradient`` is overwritten. OpenCV adds in one pass, and its root is twice as fast."""
    cv2.scaleAdd(m, BETA1, gradient, m)
    np.multiply(gradient, gradient, out=gradient)
    cv2.scaleAdd(v, BETA2, gradient, v)
    cv2.sqrt(v, scratch)
    np.add(scratch, np.float32(guard), out=scratch)
    np.divide(m, scratch, out=scratch)
    cv2.scaleAdd(scratch, -step, value, value)


class Perceptron:
    """Dense layers, ReLU between them, softmax at the end."""

    def __init__(self, layers: list[tuple[FloatArray, FloatArray]], threads: int | None = None) -> None:
        """Start from kernels (inputs, outputs) and biases (outputs,), first layer first; they are copied.

        :param threads: for large kernels; as many as there are cores, but two, by default.
        """
        self._layers = [_Layer(kernel, bias) for kernel, bias in layers]
        self._threads = threads or min(2, os.cpu_count() or 1)
        self._steps = 0

    @property
    def layers(self) -> list[tuple[FloatArray, FloatArray]]:
        """Kernel and bias of each layer."""
        return [(layer.kernel, layer.bias) for layer in self._layers]

    def probabilities(self, x: FloatArray) -> FloatArray:
        """float32 (n, classes) of inputs (n, inputs)."""
        return softmax(self._forward(x)[-1])

    def fit(
        self,
        training: Examples,
        validation: Examples,
        schedule: Schedule,
        rng: np.random.Generator,
        progress: Callable[[dict[str, float]], None] | None = None,
    ) -> History:
        """Train.

        :param validation: may be empty.
        :param rng: decides the order of the examples.
        :param progress: called after each epoch with its row of the history.
        """
        order = _live_first(training.live())
        training, validation = training.columns(order.live), validation.columns(order.all)
        first = self._layers[0]
        first.kernel = first.kernel[order.all]
        history: History = []
        best = _Best(schedule.patience if len(validation) else 0)
        with ThreadPoolExecutor(max(1, self._threads - 1)) as pool:
            for epoch in range(1, schedule.epochs + 1):
                row = {"epoch": float(epoch), **self._epoch(training, schedule, rng, pool)}
                if len(validation):
                    loss, hits = self._scored(validation)
                    row |= {"val_loss": loss / len(validation), "val_accuracy": hits / len(validation)}
                history.append(row)
                if progress:
                    progress(row)
                if best.over(row.get("val_loss", 0.0), self.layers):
                    break
        for layer, (kernel, bias) in zip(self._layers, best.layers or self.layers, strict=True):
            layer.kernel, layer.bias = kernel, bias
        first.kernel = first.kernel[np.argsort(order.all)]
        return history

    def step(self, batch: Examples, learning_rate: float, pool: Executor | None = None) -> tuple[float, int]:
        """One step of Adam on a batch; returns the summed loss and the number of right answers before the step."""
        self._steps += 1
        correction = np.sqrt(1.0 - BETA2**self._steps) / (1.0 - BETA1**self._steps)
        step = learning_rate * correction * (1.0 - BETA1) / np.sqrt(1.0 - BETA2)
        guard = EPSILON / np.sqrt(1.0 - BETA2)
        outputs = self._forward(batch.x, pool)
        probabilities = softmax(outputs[-1])
        loss, hits = _score(probabilities, batch)
        delta = probabilities
        delta[np.arange(len(batch)), batch.targets] -= 1.0
        delta *= (batch.weights / np.float32(len(batch)))[:, np.newaxis]
        for number in reversed(range(len(self._layers))):
            layer = self._layers[number]
            x = np.maximum(outputs[number - 1], 0.0) if number else batch.x
            below = (delta @ layer.kernel.T) * (outputs[number - 1] > 0) if number else delta
            self._update(layer, x, delta, step, guard, pool)
            delta = below
        return loss, hits

    def _epoch(
        self, training: Examples, schedule: Schedule, rng: np.random.Generator, pool: Executor
    ) -> dict[str, float]:
        order = rng.permutation(len(training))
        loss, hits = 0.0, 0
        for start in range(0, len(order), schedule.batch):
            chosen = order[start : start + schedule.batch]
            batch_loss, batch_hits = self.step(training.rows(chosen), schedule.learning_rate, pool)
            loss, hits = loss + batch_loss, hits + batch_hits
        return {"loss": loss / len(training), "accuracy": hits / len(training)}

    def _scored(self, examples: Examples) -> tuple[float, int]:
        found = [_score(softmax(self._forward(part.x)[-1]), part) for part in examples.pieces()]
        return sum(loss for loss, _ in found), sum(hits for _, hits in found)

    def _forward(self, x: FloatArray, pool: Executor | None = None) -> list[FloatArray]:
        """The output of each layer before its ReLU or softmax."""
        outputs: list[FloatArray] = []
        for layer in self._layers:
            x = np.maximum(outputs[-1], 0.0) if outputs else x
            outputs.append(sum(self._shared(layer, x.shape[1], pool, partial(_product, x, layer)), start=layer.bias))
        return outputs

    def _update(
        self, layer: _Layer, x: FloatArray, delta: FloatArray, step: float, guard: float, pool: Executor | None
    ) -> None:
        layer.update_bias(delta, step, guard)
        self._shared(layer, x.shape[1], pool, lambda first, last: layer.update_rows(first, last, x, delta, step, guard))

    def _shared(self, layer: _Layer, rows: int, pool: Executor | None, work: Callable[[int, int], T]) -> list[T]:
        """Results of the work on the rows of a kernel, from the first to before the last, by each thread its part."""
        if pool is None or self._threads < 2 or layer.kernel.size < PARALLEL_FROM:
            return [work(0, rows)]
        bounds = [rows * part // self._threads for part in range(self._threads + 1)]
        others = [pool.submit(work, first, last) for first, last in pairwise(bounds[:-1])]
        # This thread does a part, too: one less to be woken.
        own = work(*bounds[-2:])
        return [*(job.result() for job in others), own]


def _product(x: FloatArray, layer: _Layer, first: int, last: int) -> FloatArray:
    """What the rows from ``first`` to before ``last`` of the kernel add to the output."""
    return x[:, first:last] @ layer.kernel[first:last]


@dataclass(frozen=True, slots=True)
class _Order:
    """Indices of all inputs, and of those that come first in it because they are not always zero."""

    all: Targets
    live: Targets


def _live_first(live: npt.NDArray[np.bool_]) -> _Order:
    """Inputs that are zero in every example have no gradient, so their part of the kernel can be left aside.

    After a ReLU, and for one person's face, that is a sixth of them and more.
    """
    order = np.argsort(~live, kind="stable")
    return _Order(order, order[: max(1, int(live.sum()))])


class _Best:
    """The layers of the lowest validation loss, for early stopping."""

    def __init__(self, patience: int) -> None:
        self.patience, self.waited, self.loss = patience, 0, float("inf")
        self.layers: list[tuple[FloatArray, FloatArray]] = []

    def over(self, loss: float, layers: list[tuple[FloatArray, FloatArray]]) -> bool:
        """Take the loss of an epoch; True when the patience is at its end."""
        if not self.patience:
            return False
        if loss < self.loss:
            self.loss, self.waited = loss, 0
            self.layers = [(kernel.copy(), bias.copy()) for kernel, bias in layers]
        else:
            self.waited += 1
        return self.waited >= self.patience


def _score(probabilities: FloatArray, examples: Examples) -> tuple[float, int]:
    """Summed weighted cross-entropy, nats, and the number of right answers."""
    chosen = probabilities[np.arange(len(examples)), examples.targets]
    loss = -(np.log(np.maximum(chosen, EPSILON)) * examples.weights).sum()
    return float(loss), int((probabilities.argmax(axis=1) == examples.targets).sum())
