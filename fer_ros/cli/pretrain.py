"""Train a backbone and its general head from FER2013 and export them as a model bundle.

Needs the extra `train`. An interrupted run goes on where it was when the same command is given again.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from dataclasses import asdict
from pathlib import Path

from fer_ros.cli.progress import Bar
from fer_ros.core import fer2013, model_card, paths, registry
from fer_ros.core.bundle import Bundle, Part
from fer_ros.core.crop import InputSpec
from fer_ros.core.errors import ConfigError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset", type=Path, metavar="FER2013", help="fer2013.csv (FER+'s fer2013new.csv beside it is used)"
    )
    parser.add_argument("--name", default="pretrained", help="name of the model (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the bundle (default: the user's models)")
    parser.add_argument("--run", type=Path, dest="folder", help="folder of the run's state (default: runs/NAME)")
    parser.add_argument("--backbone", default="mobilenet_v1", help="backbone plugin (default: %(default)s)")
    parser.add_argument("--preset", default="fer48", help="preset of the backbone (default: %(default)s)")
    parser.add_argument("--size", type=int, default=48, help="side of the input, pixels (default: %(default)s)")
    parser.add_argument("--epochs", type=int, default=60, help="passes over the data (default: %(default)s)")
    parser.add_argument("--batch", type=int, default=64, help="faces a step (default: %(default)s)")
    parser.add_argument("--learning-rate", type=float, default=2e-3, help="peak rate (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="seed of everything random (default: %(default)s)")
    parser.add_argument("--replace", action="store_true", help="put it in place of a model of the same name")


def run(args: argparse.Namespace) -> int:
    """Train, export, measure, write the bundle."""
    _check_installed()
    from fer_ros.core import pretrain
    from fer_ros.core.bundle import write
    from fer_ros.core.pretrained_bundle import assemble
    from fer_ros.core.recipe import Recipe

    paths.check_name("model", args.name)
    registry.load("backbones", args.backbone)
    target = args.out or paths.private_folder(paths.fer_home() / "models") / args.name
    if target.exists() and not args.replace:
        raise ConfigError(f"{target} exists already: choose another --name or --out, or give --replace")
    recipe = Recipe(
        backbone=args.backbone,
        preset=args.preset,
        epochs=args.epochs,
        batch=args.batch,
        learning_rate=args.learning_rate,
        seed=args.seed,
        input=InputSpec(args.size, args.size),
    )
    faces = fer2013.load(args.dataset)
    with Bar(args.epochs, "epochs") as bar:

        def show(epoch: int, _: int, loss: float, accuracy: float) -> None:
            bar.at(epoch, f"loss {loss:.3f}, PublicTest {accuracy:.3f}")

        trained = pretrain.run(faces, recipe, args.folder or Path("runs") / args.name, show)
    stated = Bundle(
        name=args.name,
        path=target,
        labels=faces.labels,
        input=recipe.input,
        backbone=Part(recipe.backbone, "backbone.tflite"),
        head=Part("linear", "head.npz"),
        recipe=asdict(recipe),
    )
    with Bar(3, "steps: export, measure, write") as bar:
        filled, contents, pictures = assemble(stated, trained, faces, bar.at)
        command = f"fer pretrain fer2013.csv {_options(args)}".rstrip()
        pictures["README.md"] = model_card.pretrained(filled, command).encode()
        bundle = write(filled, contents, args.replace, pictures)
    quality = bundle.quality
    print(f"{bundle.path}: accuracy {quality['accuracy']:.4f} on {quality['count']} faces of {quality['split']}")
    return 0


def _check_installed() -> None:
    """Before hours of training, not after, say what it will need."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    if os.environ.setdefault("KERAS_BACKEND", "tensorflow") != "tensorflow":
        raise ConfigError("the export needs Keras on TensorFlow: unset KERAS_BACKEND")
    missing = [name for name in ("tensorflow", "keras", "matplotlib") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"training needs {', '.join(missing)}: make setup-dev, or pip install tensorflow-cpu matplotlib"
        )


def _options(args: argparse.Namespace) -> str:
    """The options that make the bundle what it is."""
    names = ("name", "backbone", "preset", "size", "epochs", "batch", "learning_rate", "seed")
    return " ".join(f"--{name.replace('_', '-')} {getattr(args, name)}" for name in names)
