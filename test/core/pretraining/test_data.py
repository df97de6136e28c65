from __future__ import annotations

import cv2
import numpy as np
import pytest

from fer_ros.core.base.errors import ConfigError
from fer_ros.core.base.geometry import InputSpec
from fer_ros.core.datasets.fer2013 import Fer2013
from fer_ros.core.pretraining import data


def faces() -> Fer2013:
    rng = np.random.default_rng(0)
    coarse = rng.integers(30, 200, (30, 8, 8)).astype(np.float32)
    images = np.stack([cv2.resize(c, (48, 48), interpolation=cv2.INTER_CUBIC) for c in coarse]).clip(0, 255)
    usage = np.array(["Training"] * 20 + ["PublicTest"] * 5 + ["PrivateTest"] * 5)
    # Two training faces are copies of faces of the two test splits.
    images[3], images[11] = images[22] * 0.9 + 10, images[27]
    return Fer2013(images.astype(np.uint8), np.arange(30) % 3, np.zeros((30, 7), np.float32), usage, np.arange(30))


def test_twins_of_test_faces_are_not_trained_on() -> None:
    training, removed = data.training_faces(faces())
    assert removed == 2 and training.rows.tolist() == [row for row in range(20) if row not in (3, 11)]
    with pytest.raises(ConfigError, match="there is nothing to train on"):
        data.training_faces(faces().take(np.array([3, 22])))


def test_one_label_is_refused_and_a_missing_one_named(caplog: pytest.LogCaptureFixture) -> None:
    data.check_labels(faces())
    assert "Training has no face of happy, sad, surprise, neutral" in caplog.text
    with pytest.raises(ConfigError, match="no face of happy, sad, surprise, neutral; without --strict"):
        data.check_labels(faces(), strict=True)
    alone = faces().take(np.array([1, 4, 7, 20, 21]))
    with pytest.raises(ConfigError, match="'disgust' is the only label of Training"):
        data.check_labels(alone)


def test_shares_of_labels_are_never_zero() -> None:
    shares = data.label_shares(faces())
    assert shares.dtype == np.float32 and shares.sum() == pytest.approx(1.0)
    np.testing.assert_allclose(shares, [10 / 34] * 3 + [1 / 34] * 4, atol=1e-6)


@pytest.mark.parametrize("spec", [InputSpec(), InputSpec(24, 32, 3, "minus_one_to_one")])
def test_batches_are_the_whole_in_parts(monkeypatch: pytest.MonkeyPatch, spec: InputSpec) -> None:
    monkeypatch.setattr(data, "BATCH", 7)
    parts = list(data.prepared(faces().images, spec))
    assert [len(part) for part in parts] == [7, 7, 7, 7, 2]
    whole = data.prepare(faces().images, spec)
    assert whole.shape == (30, spec.height, spec.width, spec.channels) and whole.dtype == np.float32
    np.testing.assert_array_equal(np.concatenate(parts), whole)
