"""The models: each is whole, by its SHA-256, and answers."""

from __future__ import annotations

from collections.abc import Iterator

from fer_ros.cli.checks.finding import Finding, error, ok
from fer_ros.core.base.errors import reason
from fer_ros.core.bundles.model_list import accuracy, listing
from fer_ros.core.recognition.recogniser import Model

DEFAULT = "default"


def check() -> Iterator[Finding]:
    """Each model is verified, loaded, and asked once."""
    found = listing()
    if not any(model.name == DEFAULT for model in found):
        yield error(f"the model '{DEFAULT}' is missing", "reinstall fer_ros, or make one by `fer pretrain`")
    for model in found:
        if model.bundle is None:
            yield error(f"model {model.name}: {model.error}", "", path=str(model.path))
            continue
        try:
            Model.open(model.bundle)
        except Exception as problem:
            yield error(f"model {model.name} gives no answer: {reason(problem)}", "", path=str(model.path))
            continue
        measured = accuracy(model.bundle)
        quality = "" if measured is None else f", accuracy {measured:.3f}"
        hidden = ", hidden by your own of that name" if model.hidden else ""
        yield ok(
            f"model {model.name}: whole, answers {len(model.bundle.labels)} labels{quality}{hidden}", **model.to_dict()
        )
