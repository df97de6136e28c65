"""The perceptron against Keras, step by step, and what early stopping keeps."""

from __future__ import annotations

import numpy as np
import pytest

from fer_ros.core.training.fitting.perceptron import CHUNK, Examples, Perceptron, Schedule, glorot
from fer_ros.core.vision.softmax import softmax


def examples(rng: np.random.Generator, count: int, inputs: int, classes: int) -> Examples:
    targets = rng.integers(0, classes, count)
    x = rng.normal(size=(count, inputs)).astype(np.float32) + targets[:, None] % 3
    return Examples(x.astype(np.float32), targets, rng.uniform(0.5, 1.5, count).astype(np.float32))


ZEROS = np.zeros(32, np.float32)
NOTHING = Examples(np.zeros((0, 4), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32))


@pytest.mark.slow
@pytest.mark.parametrize("threads", [1, 2])
def test_every_step_is_that_of_keras(threads: int) -> None:
    keras = pytest.importorskip("keras")
    from concurrent.futures import ThreadPoolExecutor

    rng = np.random.default_rng(4)
    # Large enough for several chunks in each of two threads, with a last one that is not full.
    inputs, hidden, classes = 4 * CHUNK // 200 + 77, 200, 5
    data = examples(rng, 64, inputs, classes)
    layers = [
        (glorot(rng, inputs, hidden), rng.normal(size=hidden).astype(np.float32)),
        (glorot(rng, hidden, classes), rng.normal(size=classes).astype(np.float32)),
    ]
    model = keras.Sequential(
        [
            keras.layers.Input((inputs,)),
            keras.layers.Dense(hidden, activation="relu"),
            keras.layers.Dense(classes, activation="softmax"),
        ]
    )
    model.compile(keras.optimizers.Adam(3e-3), "sparse_categorical_crossentropy", jit_compile=False)
    model.set_weights([array for layer in layers for array in layer])
    ours = Perceptron(layers, threads)
    with ThreadPoolExecutor(2) as pool:
        for start in range(0, 64, 16):
            part = slice(start, start + 16)
            batch = Examples(data.x[part], data.targets[part], data.weights[part])
            theirs = model.train_on_batch(batch.x, batch.targets, sample_weight=batch.weights)
            loss, _ = ours.step(batch, 3e-3, pool)
            assert loss / 16 == pytest.approx(float(np.ravel(theirs)[0]), rel=1e-4) or start
    for found, expected in zip([a for layer in ours.layers for a in layer], model.get_weights(), strict=True):
        # Adam's steps are of the size of the learning rate wherever a gradient is not zero: the sign must agree.
        np.testing.assert_allclose(found, expected, atol=2e-4)
        assert np.abs(found - expected).mean() < 1e-6
    np.testing.assert_allclose(ours.probabilities(data.x), model.predict(data.x, verbose=0), atol=2e-3)


def test_the_gradient_is_that_of_the_loss() -> None:
    rng = np.random.default_rng(0)
    data = examples(rng, 7, 4, 3)
    layers = [(glorot(rng, 4, 6), np.full(6, 0.1, np.float32)), (glorot(rng, 6, 3), np.zeros(3, np.float32))]

    def loss(kernel: np.ndarray) -> float:
        hidden = np.maximum(data.x @ kernel + layers[0][1], 0)
        chosen = softmax(hidden @ layers[1][0] + layers[1][1])[np.arange(7), data.targets]
        return float(-(np.log(chosen) * data.weights).mean())

    network = Perceptron(layers, 1)
    network.step(data, 1e-4)
    moved = network.layers[0][0] - layers[0][0]
    for i, j in ((0, 0), (1, 3), (3, 5), (2, 2)):
        up, down = layers[0][0].copy(), layers[0][0].copy()
        up[i, j] += 1e-2
        down[i, j] -= 1e-2
        slope = (loss(up) - loss(down)) / 2e-2
        if abs(slope) > 1e-3:
            assert np.sign(moved[i, j]) == -np.sign(slope)
            # The first step of Adam is the learning rate, whatever the size of the gradient.
            assert abs(moved[i, j]) == pytest.approx(1e-4, rel=1e-2)


def test_it_learns_and_the_same_seed_learns_the_same() -> None:
    def run() -> tuple[list[dict[str, float]], np.ndarray]:
        rng = np.random.default_rng(1)
        data = examples(np.random.default_rng(2), 90, 4, 3)
        network = Perceptron([(glorot(rng, 4, 16), ZEROS[:16]), (glorot(rng, 16, 3), ZEROS[:3])])
        history = network.fit(data, data, Schedule(30, 1e-2, 9), np.random.default_rng(3))
        return history, network.probabilities(data.x)

    (history, answers), (again, same) = run(), run()
    assert history == again and np.array_equal(answers, same)
    assert history[-1]["loss"] < 0.5 * history[0]["loss"] and history[-1]["val_accuracy"] > 0.7
    assert [row["epoch"] for row in history] == list(range(1, 31))


def test_inputs_that_are_always_zero_change_nothing() -> None:
    rng = np.random.default_rng(5)
    data = examples(rng, 60, 9, 3)
    data.x[:, [0, 4, 8]] = 0.0
    kernel, other = glorot(rng, 9, 16), glorot(rng, 16, 3)
    fresh = Examples(rng.normal(size=(20, 9)).astype(np.float32), rng.integers(0, 3, 20), np.ones(20, np.float32))
    network = Perceptron([(kernel, ZEROS[:16]), (other, ZEROS[:3])])
    history = network.fit(data, fresh, Schedule(5, 1e-2, 10), np.random.default_rng(0))
    by_hand, order = Perceptron([(kernel, ZEROS[:16]), (other, ZEROS[:3])]), np.random.default_rng(0)
    for _ in range(5):
        for chosen in np.split(order.permutation(60), 6):
            by_hand.step(Examples(data.x[chosen], data.targets[chosen], data.weights[chosen]), 1e-2)
    np.testing.assert_allclose(network.layers[0][0], by_hand.layers[0][0], atol=1e-6)
    np.testing.assert_array_equal(network.layers[0][0][[0, 4, 8]], kernel[[0, 4, 8]])
    np.testing.assert_allclose(network.probabilities(fresh.x), by_hand.probabilities(fresh.x), atol=1e-5)
    right = (by_hand.probabilities(fresh.x).argmax(axis=1) == fresh.targets).mean()
    assert history[-1]["val_accuracy"] == pytest.approx(right)


def test_early_stopping_keeps_the_layers_of_the_lowest_validation_loss() -> None:
    rng = np.random.default_rng(1)
    training = examples(rng, 40, 4, 3)
    # Labels that have nothing to do with the inputs: validation gets worse as soon as the training is learned.
    validation = Examples(training.x, (training.targets + 1) % 3, training.weights)
    seen: list[tuple[float, np.ndarray]] = []
    network = Perceptron([(glorot(rng, 4, 32), ZEROS[:32]), (glorot(rng, 32, 3), ZEROS[:3])])

    def watch(row: dict[str, float]) -> None:
        seen.append((row["val_loss"], network.probabilities(training.x)))

    history = network.fit(training, validation, Schedule(200, 1e-2, 8, patience=4), rng, watch)
    losses = [loss for loss, _ in seen]
    assert len(history) == int(np.argmin(losses)) + 1 + 4 < 200
    np.testing.assert_array_equal(network.probabilities(training.x), seen[int(np.argmin(losses))][1])


def test_without_validation_nothing_stops_early() -> None:
    rng = np.random.default_rng(1)
    network = Perceptron([(glorot(rng, 4, 3), ZEROS[:3])])
    history = network.fit(examples(rng, 20, 4, 3), NOTHING, Schedule(7, 1e-3, 5, patience=1), rng)
    assert len(history) == 7 and "val_loss" not in history[0]


def test_weights_decide_between_contradictory_examples() -> None:
    x = np.ones((4, 2), np.float32)
    data = Examples(x, np.array([0, 0, 0, 1]), np.array([0.2, 0.2, 0.2, 3.0], np.float32))
    network = Perceptron([(np.zeros((2, 2), np.float32), np.zeros(2, np.float32))])
    network.fit(data, NOTHING, Schedule(200, 1e-2, 4), np.random.default_rng(0))
    assert network.probabilities(x)[0, 1] == pytest.approx(3.0 / 3.6, abs=0.02)
