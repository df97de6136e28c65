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
from fer_ros.core import bundle as bundles
from fer_ros.core import fer2013, paths, registry
from fer_ros.core.bundle import Bundle, Part
from fer_ros.core.crop import InputSpec
from fer_ros.core.errors import ConfigError
from fer_ros.core.pretraining import export
from fer_ros.core.pretraining.recipe import Recipe

DEFAULTS = Recipe()
QUANTIZE = "float16"
#: Fields of the recipe that the user may set.
OPTIONS = {
    "backbone": "backbone plugin",
    "preset": "preset of the backbone",
    "epochs": "passes over the data",
    "batch": "faces a step",
    "learning_rate": "peak rate",
    "weight_decay": "decoupled weight decay",
    "dropout": "share of features left out",
    "votes_weight": "weight of the loss of the FER+ votes",
    "smoothing": "share of the label spread over all",
    "mixup": "alpha of mixup, 0: none",
    "prior": "how far rare labels are favoured, 0 to 1",
    "teacher_weight": "share of the target that the teacher has",
    "seed": "seed of everything random",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset", type=Path, metavar="FER2013", help="fer2013.csv (FER+'s fer2013new.csv beside it is used)"
    )
    parser.add_argument("--name", default="pretrained", help="name of the model (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the bundle (default: the user's models)")
    parser.add_argument("--run", type=Path, dest="folder", help="folder of the run's state (default: runs/NAME)")
    for name, what in OPTIONS.items():
        default = getattr(DEFAULTS, name)
        parser.add_argument(
            f"--{name.replace('_', '-')}", type=type(default), default=default, help=f"{what} (default: %(default)s)"
        )
    parser.add_argument(
        "--size", type=int, default=DEFAULTS.input.width, help="side of the input, pixels (default: %(default)s)"
    )
    parser.add_argument("--teacher", type=Path, metavar="MODEL", help="bundle whose answers are learned too")
    parser.add_argument("--start", type=Path, metavar="MODEL", help="bundle of the same backbone to start from")
    parser.add_argument(
        "--quantize",
        choices=export.QUANTIZATIONS,
        default=QUANTIZE,
        help="how the exported backbone keeps its numbers; int8 is the fastest (default: %(default)s)",
    )
    parser.add_argument("--replace", action="store_true", help="put it in place of a model of the same name")


def run(args: argparse.Namespace) -> int:
    """Train, export, measure, write the bundle."""
    _check_installed()
    from fer_ros.core.pretraining import model_card, networks
    from fer_ros.core.pretraining import run as pretraining
    from fer_ros.core.pretraining.assemble import assemble

    paths.check_name("model", args.name)
    registry.load("backbones", args.backbone)
    target = args.out or paths.private_folder(paths.fer_home() / "models") / args.name
    if target.exists() and not args.replace:
        raise ConfigError(f"{target} exists already: choose another --name or --out, or give --replace")
    if (args.teacher is None) != (args.teacher_weight == 0):
        raise ConfigError("a teacher needs --teacher-weight over 0, and the weight a --teacher")
    teacher = None if args.teacher is None else Bundle.load(args.teacher)
    start = None if args.start is None else Bundle.load(args.start)
    recipe = Recipe(
        **{name: getattr(args, name) for name in OPTIONS},
        teacher="" if teacher is None else networks.digest(teacher),
        start="" if start is None else networks.digest(start),
        input=InputSpec(args.size, args.size),
    )
    faces = fer2013.load(args.dataset)
    with Bar(args.epochs, "epochs") as bar:

        def show(epoch: int, _: int, loss: float, accuracy: float) -> None:
            bar.at(epoch, f"loss {loss:.3f}, PublicTest {accuracy:.3f}")

        folder = args.folder or Path("runs") / args.name
        trained = pretraining.run(
            faces,
            recipe,
            folder,
            show,
            None if teacher is None else networks.Teacher(teacher),
            None if start is None else networks.load(start).get_weights(),
        )
    stated = Bundle(
        name=args.name,
        path=target,
        labels=faces.labels,
        input=recipe.input,
        backbone=Part(recipe.backbone, "backbone.tflite"),
        head=Part("linear", "head.npz"),
        recipe=asdict(recipe) | {"quantize": args.quantize},
    )
    with Bar(3, "steps: export, measure, write") as bar:
        filled, contents, pictures = assemble(stated, trained, faces, bar.at, recipe.prior, args.quantize)
        command = f"fer pretrain fer2013.csv {_options(args)}".rstrip()
        pictures["README.md"] = model_card.pretrained(filled, command).encode()
        bundle = bundles.write(filled, contents, args.replace, pictures)
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
    usual = {name: getattr(DEFAULTS, name) for name in OPTIONS} | {"size": DEFAULTS.input.width, "quantize": QUANTIZE}
    given = {name: getattr(args, name) for name in usual if getattr(args, name) != usual[name]}
    given |= {name: getattr(args, name).name for name in ("teacher", "start") if getattr(args, name) is not None}
    return " ".join(f"--{name.replace('_', '-')} {value}" for name, value in {"name": args.name, **given}.items())
