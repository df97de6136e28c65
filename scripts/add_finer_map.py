#!/usr/bin/env python3
"""Give a model that `fer pretrain` made before fer_ros had finer maps one, without training it anew.

    scripts/add_finer_map.py MODEL_FOLDER FER2013

The embedding stays what it is to the last bit. Needs TensorFlow; FER2013 as for `fer pretrain`.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.datasets import fer2013
from fer_ros.core.pretraining import finer


def main() -> None:
    """Add the map and write the bundle in its place."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, help="folder of the model")
    parser.add_argument("dataset", type=Path, help="fer2013.csv or .npz")
    given = parser.parse_args()
    base = bundles.Bundle.load(given.model)
    faces = fer2013.load(given.dataset, False).part(fer2013.TRAINING)
    contents = {name: (base.path / name).read_bytes() for name in base.checksums} | finer.added(base, faces.images)
    rest = {
        file.name: file.read_bytes()
        for file in base.path.iterdir()
        if file.name not in contents and file.name != "model.yaml"
    }
    stated = replace(base, data={**base.data, "finer_map": True})
    print(bundles.write(stated, contents, replace=True, pictures=rest).path)


if __name__ == "__main__":
    main()
