"""Train a backbone and its general head from FER2013 and export them as a model bundle.

Needs the extra `train`. An interrupted run goes on where it was when the same command is given again. A finished one is
only exported, so that what comes after training can be changed at once: `--norm-faces`, `--prior`, `--least-named`,
`--quantize`, with `--replace`. `--sweep` trains and compares several.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from fer_ros.cli import engine, sweep
from fer_ros.cli.progress import Bar
from fer_ros.cli.text import warn
from fer_ros.core.base import paths, registry
from fer_ros.core.base.errors import ConfigError, unknown_name
from fer_ros.core.base.files import sha256
from fer_ros.core.bundles import bundle as bundles
from fer_ros.core.bundles.bundle import Bundle, Network
from fer_ros.core.datasets import fer2013
from fer_ros.core.pretraining import data, export
from fer_ros.core.pretraining.recipe import OPTIMIZERS, RECIPES, SCHEDULES, Recipe, named
from fer_ros.core.pretraining.sweep import models

#: Fields of the recipe that the user may set.
OPTIONS = {
    "backbone": "backbone plugin",
    "preset": "preset of the backbone",
    "epochs": "passes over the data",
    "batch": "faces a step",
    "optimizer": f"one of {', '.join(OPTIMIZERS)}",
    "learning_rate": "peak rate",
    "schedule": f"of the rate: {' or '.join(SCHEDULES)}",
    "weight_decay": "decoupled weight decay",
    "dropout": "share of features left out",
    "votes_weight": "weight of the loss of the FER+ votes",
    "smoothing": "share of the label spread over all",
    "mixup": "alpha of mixup, 0: none",
    "sides": "side of the faces in equal parts of the run, over the full one",
    "norm_faces": "unaltered faces on which the batch norms are measured anew, 0: none",
    "prior": "how far rare labels are favoured, 0 to 1",
    "least_named": "how often each label is named at least, as a share of how often it occurs in Training",
    "teacher_weight": "share of the target that the teacher has",
    "seed": "seed of all random choices",
}
#: The word of ``--weights`` that lets Keras download them.
IMAGENET = "imagenet"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "dataset", type=Path, metavar="FER2013", help="fer2013.csv (FER+'s fer2013new.csv beside it is used)"
    )
    parser.add_argument("--name", default="pretrained", help="name of the model (default: %(default)s)")
    parser.add_argument("--out", type=Path, help="folder for the bundle (default: the user's models)")
    parser.add_argument("--run", type=Path, dest="folder", help="folder of the run's state (default: runs/NAME)")
    parser.add_argument(
        "--recipe",
        choices=list(RECIPES),
        default="default",
        help="recipe whose values the options below replace (default: %(default)s)",
    )
    usual = Recipe()
    for name, what in OPTIONS.items():
        default = getattr(usual, name)
        several = isinstance(default, tuple)
        parser.add_argument(
            f"--{name.replace('_', '-')}",
            type=float if several else type(default),
            nargs="+" if several else None,
            help=f"{what} (default recipe: {' '.join(map(str, default)) if several else default})",
        )
    parser.add_argument("--size", type=int, help=f"side of the input, pixels (default recipe: {usual.input.width})")
    parser.add_argument(
        "--teacher",
        nargs="+",
        default=[],
        metavar="MODEL",
        help="models, or their folders, whose mean answer is learned",
    )
    parser.add_argument("--start", metavar="MODEL", help="model of the same backbone to start from, or its folder")
    parser.add_argument(
        "--weights",
        metavar="FILE|imagenet",
        help="start from Keras' ImageNet weights of the backbone: their file (….h5), or imagenet to download them",
    )
    parser.add_argument(
        "--quantize",
        choices=export.QUANTIZATIONS,
        default="float16",
        help="number format of the exported backbone (default: %(default)s)",
    )
    parser.add_argument(
        "--sweep",
        nargs="+",
        default=[],
        metavar="NAME=V1,V2",
        help="train every combination of such values, such as seed=1,2 dropout=0.1,0.3, into models NAME-seed1-…, and "
        "write a table and a plot into the folder of the run",
    )
    parser.add_argument(
        "--ensemble",
        metavar="SWEEP",
        help="all models of a finished sweep, by its name or folder, as teachers (their weight: 0.5 unless given)",
    )
    parser.add_argument("--replace", action="store_true", help="replace a model of the same name")
    parser.add_argument("--strict", action="store_true", help="refuse damaged rows, and labels without a face")
    engine.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Train one model, or those of a sweep."""
    if args.ensemble is not None:
        args.teacher = [*args.teacher, *models(args.ensemble)]
        args.teacher_weight = 0.5 if args.teacher_weight is None else args.teacher_weight
    if args.sweep:
        _check_installed()
        return sweep.run(args, [name for name in OPTIONS if name != "sides"], single)
    if args.workers != 1 or args.cluster:
        raise ConfigError("one run is one process: --workers and --cluster are for --sweep")
    return single(args)


def single(args: argparse.Namespace) -> int:
    """Train, export, measure, write the bundle."""
    backend = _check_installed()
    from fer_ros.core.pretraining import networks
    from fer_ros.core.pretraining import run as pretraining

    paths.check_name("model", args.name)
    target = args.out or paths.private_folder(paths.fer_home() / "models") / args.name
    if target.exists() and not args.replace:
        raise ConfigError(f"{target} exists already: choose another --name or --out, or add --replace")
    recipe = _recipe(args)
    teachers = [_model(name) for name in args.teacher]
    start = None if args.start is None else _model(args.start)
    if start is not None:
        recipe = replace(recipe, start=networks.digest(start))
    file = None if args.weights in (None, IMAGENET) else Path(args.weights)
    if args.weights is not None:
        recipe = replace(recipe, start=IMAGENET if file is None else _known_by(file))
    faces = fer2013.load(args.dataset, args.strict)
    if faces.left_out.counts:
        warn(f"{args.dataset}: left out: {faces.left_out}")
    data.check_labels(faces, args.strict)
    initial = None if start is None else networks.load(start).get_weights()
    if args.weights is not None:
        initial = networks.imagenet(recipe, file)
    teacher = networks.Teachers(teachers, recipe.input, faces.labels) if teachers else None
    recipe = replace(recipe, teacher=", ".join(map(networks.digest, teachers)))
    with Bar(recipe.epochs, "epochs") as bar:

        def show(epoch: int, _: int, loss: float, accuracy: float) -> None:
            bar.at(epoch, f"loss {loss:.3f}, PublicTest {accuracy:.3f}")

        folder = args.folder or Path("runs") / args.name
        trained = pretraining.run(faces, recipe, folder, show, teacher, initial)
    if backend != "tensorflow":
        print(f"{folder}: trained on {backend}; to export, give the same command again without KERAS_BACKEND")
        return 0
    bundle = _write(args, target, recipe, trained, faces, {} if start is None else start.recipe)
    quality = bundle.quality
    print(f"{bundle.path}: accuracy {quality['accuracy']:.4f} on {quality['count']} faces of {quality['split']}")
    return 0


def _model(name: str) -> Bundle:
    return Bundle.load(Path(name) if "/" in name else name)


def _known_by(file: Path) -> str:
    """Name and digest of a file of weights, for the recipe and the card."""
    if not file.is_file():
        raise ConfigError(f"{file}: no such file; give a Keras weight file (….h5), or the word {IMAGENET}")
    return f"{file.name} {sha256(file)[:16]}"


def _recipe(args: argparse.Namespace) -> Recipe:
    """The named recipe with what was given; teacher and start are filled in later."""
    given = {name: getattr(args, name) for name in OPTIONS if getattr(args, name) is not None}
    if "sides" in given:
        given["sides"] = tuple(given["sides"])
    recipe = named(args.recipe, **given)
    if args.size is not None:
        recipe = replace(recipe, input=replace(recipe.input, width=args.size, height=args.size))
    plugin = registry.load("backbones", recipe.backbone)
    if recipe.preset not in plugin.presets:
        raise unknown_name(f"preset of {recipe.backbone}", recipe.preset, plugin.presets)
    if bool(args.teacher) != (recipe.teacher_weight > 0):
        raise ConfigError("a teacher needs --teacher-weight over 0, and the weight a --teacher")
    if args.start is not None and args.weights is not None:
        raise ConfigError("give --start or --weights, not both")
    return recipe


def _write(
    args: argparse.Namespace,
    target: Path,
    recipe: Recipe,
    trained: Any,
    faces: fer2013.Fer2013,
    before: dict[str, Any],
) -> Bundle:
    from fer_ros.core.bundles import model_card
    from fer_ros.core.pretraining.assemble import assemble

    stated = Bundle(
        name=args.name,
        path=target,
        labels=faces.labels,
        input=recipe.input,
        backbone=Network(recipe.backbone, "backbone.tflite"),
        head=Network("linear", "head.npz"),
        recipe=asdict(recipe) | {"quantize": args.quantize} | ({"before": before} if before else {}),
    )
    with Bar(3, "steps: export, measure, write") as bar:
        filled, contents, pictures = assemble(
            stated, trained, faces, bar.at, recipe.prior, recipe.least_named, args.quantize
        )
        pictures["README.md"] = model_card.pretrained(filled, f"fer pretrain fer2013.csv {_options(args)}").encode()
        return bundles.write(filled, contents, args.replace, pictures)


def _check_installed() -> str:
    """Before hours of training, not after, say what it will need; returns the backend of Keras."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    backend = os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    missing = [name for name in (backend, "keras", "matplotlib") if importlib.util.find_spec(name) is None]
    if missing:
        raise ConfigError(
            f"training needs {', '.join(missing)}: make setup-dev, or pip install tensorflow-cpu matplotlib"
        )
    return backend


def _options(args: argparse.Namespace) -> str:
    """The options that make the bundle what it is; models by their names, for folders are elsewhere on each machine."""
    words = ["--name", args.name]
    if args.recipe != "default":
        words += ["--recipe", args.recipe]
    for name in (*OPTIONS, "size"):
        value = getattr(args, name)
        if value is not None:
            words += [f"--{name.replace('_', '-')}", *map(str, value if isinstance(value, list) else [value])]
    if args.teacher:
        words += ["--teacher", *(Path(name).name for name in args.teacher)]
    if args.weights is not None:
        words += ["--weights", Path(args.weights).name]
    if args.start is not None:
        words += ["--start", Path(args.start).name]
    return " ".join([*words, "--quantize", args.quantize])
