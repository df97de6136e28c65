"""The model card: what a bundle is, what it was measured on, and what it must not be used for."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

from fer_ros.core.bundles.bundle import Bundle

_FINER = """
The network gives its finer map beside the embedding; `finer.npz` holds the map's mean and deviation over 2,000 faces of
Training. Heads taught to people read it.
"""


def pretrained(bundle: Bundle, command: str) -> str:
    """The card of a bundle made by ``fer pretrain``, in Markdown.

    :param bundle: with ``data``, ``quality`` and ``recipe`` filled.
    :param command: the command that made it.
    """
    quality, data = bundle.quality, bundle.data
    spec = bundle.input
    rows = "\n".join(
        f"| {label} | {f['precision']:.3f} | {f['recall']:.3f} | {f['f1']:.3f} | {f['count']} |"
        for label, f in quality["per_class"].items()
    )
    recipe = "\n".join(f"- {name}: {_short(value)}" for name, value in bundle.recipe.items())
    training = "\n".join(
        textwrap.fill(f"- {line}", 120, subsequent_indent="  ") for line in _training(bundle.recipe, data)
    )
    colour = "grey" if spec.channels == 1 else "RGB"
    clean = quality["clean"]
    return f"""# Model card: {bundle.name}

Reads one of {len(bundle.labels)} expressions ({", ".join(bundle.labels)}) from a face crop of
{spec.width}×{spec.height} pixels, {colour}, scaling `{spec.scaling}`. Backbone `{bundle.backbone.plugin}`,
head `{bundle.head.plugin}`, {data["parameters"]:,} parameters.

Made by `{command}`.

## Data

{data["dataset"]}: {data["trained_on"]} faces of Training, after {data["removed_near_duplicates"]} near-duplicates of
the test splits (correlation of 24×24 thumbnails above {data["near_duplicate_threshold"]}) were left out.

## Training

{training}

## Quality on {quality["split"]}

One network, one crop, no test-time averaging, measured on the exported files as they ship.

| | faces | accuracy | balanced accuracy | macro F1 |
|---|---|---|---|---|
| all | {quality["count"]} | {quality["accuracy"]:.4f} | {quality["balanced_accuracy"]:.4f} \
| {quality["macro_f1"]:.4f} |
| without near-duplicates of Training | {clean["count"]} | {clean["accuracy"]:.4f} | {clean["balanced_accuracy"]:.4f} \
| {clean["macro_f1"]:.4f} |

Balanced accuracy is the mean recall of the labels. Confusion matrix: `confusion.png`; training curve: `training.png`.

{_calibration(quality)}

Export: numbers kept as {bundle.recipe["quantize"]}. Accuracy in Keras, before the export,
{quality["keras_accuracy"]:.4f}; {quality["keras_agreement"]:.2%} of the faces got the same label there.
{_FINER if data.get("finer_map") else ""}
| label | precision | recall | F1 | faces |
|---|---|---|---|---|
{rows}

## Recipe

{recipe}

## Limits

- FER2013 was gathered from the web: mostly posed or press pictures, uneven in age, skin tone and culture, with noisy
  labels (people agree with them in about 65 % of cases). Expect lower figures for people whom it shows rarely; no
  figures per group of people were measured.
- It reads an expression on a face, not what somebody feels. Do not use it to judge, select or watch people.
- Rare classes (disgust, fear) are the weakest. A head trained on a person's own faces does better for that person.

## Licence and permitted use

The weights are released under Apache-2.0 as far as the author's rights reach. The training data are research data of
unclear licence: check whether your use allows a model trained on them.
"""


def _calibration(quality: dict[str, Any]) -> str:
    """What the temperature was chosen on, and the calibration error with it."""
    chosen_on, split = quality["temperature_chosen_on"], quality["split"]
    measured = f"Expected calibration error (15 bins) {quality['calibration_error']:.4f}"
    if chosen_on == split:
        chosen = f"was fitted to\n{split}. {measured}, measured on each half of\n"
        chosen += "the faces with the temperature of the other half"
    else:
        chosen = f"was chosen on\n{chosen_on}.\n{measured} on {split}"
    before = f"{quality['calibration_error_before']:.4f} without a temperature."
    return (
        f"Calibration: the logits are divided by the temperature {quality['temperature']:.3f}, which {chosen}; {before}"
    )


def _training(recipe: dict[str, Any], data: dict[str, Any]) -> list[str]:
    """What was learned from what, in sentences."""
    teacher, votes = recipe["teacher_weight"], recipe["votes_weight"]
    target = f"the label of FER2013, {recipe['smoothing']:g} of it spread over all labels"
    if teacher:
        target = f"{1 - teacher:g} times {target}, and {teacher:g} times the answer of the model {recipe['teacher']}"
    lines = [_start(recipe), f"Target: {target}."]
    if votes and "votes" in data["dataset"]:
        lines.append(
            f"A second classifier on the same features learned the FER+ votes (weight {votes:g} of the loss); it was "
            "thrown away."
        )
    changes = recipe["augmentation"]
    lines.append(
        f"Faces were shifted (up to {changes['shift']:.0%}), scaled ({changes['scale']:.0%}), turned "
        f"({changes['rotation']:g}°), {'mirrored, ' if changes['flip'] else ''}made lighter and darker, and partly "
        f"hidden ({changes['erase']:.0%} of them)."
    )
    worse = recipe["degradation"]
    if worse["share"]:
        lines.append(
            f"{worse['share']:.0%} of the faces were made worse in one way each: fewer pixels (down to "
            f"{worse['shrink']:.0%} of the side), blur, noise, gamma, or JPEG down to quality {worse['quality']}."
        )
    if recipe["mixup"]:
        lines.append(f"Faces were blended in pairs with their targets (mixup, alpha {recipe['mixup']:g}).")
    sides = [max(8, round(recipe["input"]["width"] * side)) for side in (*recipe["sides"][:-1], 1.0)]
    if len(set(sides)) > 1:
        lines.append(f"Side of the faces over the run, in equal parts: {', '.join(map(str, sides))} pixels.")
    lines.append(
        f"{recipe['epochs']} epochs; what is kept is the running average of the weights (momentum "
        f"{recipe['average']:g} every ten steps) at the end of the last one. No epoch was chosen by a test split."
    )
    if recipe["norm_faces"]:
        lines.append(
            f"Then the statistics of the batch norms were measured anew on {recipe['norm_faces']} unaltered training "
            "faces."
        )
    if recipe["prior"]:
        lines.append(
            f"Afterwards {recipe['prior']:g} times the logarithm of each label's share in training was taken off its "
            "logit, so that rare labels are named more often."
        )
    if recipe["least_named"]:
        lines.append(
            f"Then the bias of labels that the network names less often than {recipe['least_named']:g} times as they "
            "occur in training was raised until it does."
        )
    return lines


def _start(recipe: dict[str, Any]) -> str:
    if not recipe["start"]:
        return "Starts from random weights."
    if recipe["start"] == "imagenet" or ".h5 " in recipe["start"]:
        return f"Starts from published weights ({recipe['start']})."
    text = f"Starts from the backbone of the model {recipe['start']}"
    before = recipe.get("before")
    if before:
        text += (
            f", made by {before['epochs']} epochs with a peak rate of {before['learning_rate']:g} and seed "
            f"{before['seed']} from {before['start'] or 'random weights'}"
        )
    return f"{text}."


def personal(bundle: Bundle) -> str:
    """The card of a bundle whose head was trained on recorded bags, in Markdown.

    :param bundle: with ``data``, ``quality`` and ``recipe`` filled.
    """
    quality, data, spec = bundle.quality, bundle.data, bundle.input
    rows = "\n".join(
        f"| {label} | {f['precision']:.3f} | {f['recall']:.3f} | {f['f1']:.3f} | {f['count']} |"
        for label, f in quality["per_class"].items()
    )
    counts = "\n".join(
        f"| {label} | {n['train']} | {n['validation']} | {n['test']} |" for label, n in data["counts"].items()
    )
    general = quality.get("baseline")
    low, high = quality["interval"]
    measured = (
        f"{round(quality['accuracy'] * quality['count'])} of {quality['count']} faces right: accuracy "
        f"{quality['accuracy']:.0%}, in 95 of 100 cases {low:.0%} to {high:.0%}\n"
        f"({quality['groups']} takes, blocks of takes or pictures: neighbours in time count as one). "
        f"Macro precision {quality['macro_precision']:.0%}, recall\n"
        f"{quality['macro_recall']:.0%}, F1 {quality['macro_f1']:.0%}."
        if quality["count"]
        else "Not enough to measure: record more than one take or picture of each label."
    )
    if data["expectation"]:
        expected = data["expectation"]
        measured += f"\n{expected[0].upper()}{expected[1:]}."
    compared = (
        f"The general model `{data['base']}` on the very same faces: accuracy {general['accuracy']:.0%}, "
        f"macro F1 {general['macro_f1']:.0%}."
        if general and quality["count"]
        else ""
        if general
        else f"The general model `{data['base']}` lacks some of these labels, so the two cannot be compared."
    )
    recipe = "\n".join(f"- {name}: {_short(value)}" for name, value in bundle.recipe.items())
    curve = "The course of the training: `training.png`.\n" if data["curve"] else ""
    refitted = (
        f"The head that ships then learned all {data['refitted_on']} faces, these among them; the figures are those of "
        "the head before.\n"
        if "refitted_on" in data
        else ""
    )
    return f"""# Model card: {bundle.name}

Reads one of {len(bundle.labels)} labels ({", ".join(bundle.labels)}) from a face crop of
{spec.width}×{spec.height} pixels. Backbone of `{data["base"]}`, head `{bundle.head.plugin}`,
trained as `{data["trained_as"]}`.

## Data

Bags: {", ".join(data["bags"])}. Split `{data["split"]}`: {data["note"]}.
Left out between two parts: {data["left_out"]}; frames without a face: {data["without_face"]}.

| label | training | validation | test |
|---|---|---|---|
{counts}

## Quality on the held-out test faces

{measured}

{compared}
{refitted}{curve}
| label | precision | recall | F1 | faces |
|---|---|---|---|---|
{rows}

What the faces of each label were taken for:

{_confusion(bundle.labels, quality["confusion"])}

## Recipe

{recipe}

## Limits

{_known(bundle)}\
- It knows the people, the camera and the light of these bags. Other people, glasses or another room: record again.
- It reads an expression on a face, not what somebody feels. Do not use it to judge, select or watch people.
- The bags show people: keep them and this model as private as their consent asks.
"""


def _known(bundle: Bundle) -> str:
    if not bundle.people:
        return ""
    return (
        f"- It recognises {len(bundle.people)} by their faces and publishes their names: the files `person_*` are "
        "biometric data.\n"
    )


def _confusion(labels: Sequence[str], counts: Sequence[Sequence[int]]) -> str:
    """Counts of a confusion matrix, rows: true labels; columns: answers."""
    rows = [f"| {label} | {' | '.join(map(str, row))} |" for label, row in zip(labels, counts, strict=True) if any(row)]
    return "\n".join([f"| true | {' | '.join(labels)} |", "|---" * (1 + len(labels)) + "|", *rows])


def _short(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} {_short(inner)}" for name, inner in value.items())
    if isinstance(value, list | tuple):
        return " ".join(map(str, value))
    return "none" if value == "" else str(value)
