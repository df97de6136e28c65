"""The page that needs no server, served by Python's plain one: teaching, training, offline, and the robot's project."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from fer_ros.cli.main import main
from fer_ros.core import bags
from fer_ros.core.base import registry
from fer_ros.core.base.types import ImageArray, Roi
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import importing
from fer_ros.core.training.augment import Augmentation, augment
from fer_ros.core.training.faces import embed
from fer_ros.core.vision import crop

playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed: run `make test-browser`")

expect = playwright.expect
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "locale": "ko-KR"}
FACES = 500


def _hold(page: Any, label: str, count: int) -> None:
    button = page.get_by_test_id(f"hold-{label}")
    before = int(button.get_attribute("data-count"))
    button.hover()
    page.mouse.down()
    page.wait_for_function(
        "([label, least]) => Number(document.querySelector(`[data-testid=hold-${label}]`).dataset.count) >= least",
        arg=[label, before + count],
    )
    page.mouse.up()


@pytest.mark.slow
def test_teach_train_keep_and_go_offline(
    alone: Callable[..., Any],
    saved: Callable[..., Path],
    engine: Callable[..., Any],
    address: str,
    heard: list[str],
    tmp_path: Path,
    fer_home: Path,
) -> None:
    page = alone()
    asked: list[Any] = []

    def hear(request: Any) -> None:
        asked.append(request)

    page.context.on("request", hear)
    expect(page.get_by_test_id("face")).to_be_visible()
    for label in ("happy", "sad"):
        _hold(page, label, 8)
    page.get_by_test_id("train").click()
    expect(page.get_by_test_id("result")).to_be_visible()
    page.get_by_text("As in the paper of 2023").click()
    page.get_by_test_id("train").click()
    expect(page.locator(".curve")).to_have_count(2)
    expect(page.get_by_test_id("result")).to_be_visible()
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", "true")
    # A name that the robot would refuse is refused here, too.
    page.get_by_test_id("add-label").click()
    page.get_by_role("textbox", name="Name").fill("one, two")
    page.get_by_test_id("save-label").click()
    expect(page.get_by_test_id("refused")).to_contain_text("comma")
    page.keyboard.press("Escape")
    # Why: a few taught pictures like this face, of different moments.
    page.get_by_test_id("alike").locator("summary").click()
    alike = page.get_by_test_id("alike-sample")
    expect(alike.first.locator("img")).to_be_visible()
    assert 2 <= alike.count() <= 5
    assert alike.first.locator("img").evaluate("(image) => image.naturalWidth") > 0
    # What is saved becomes a bag and a model of the robot, and it answers alike.
    told = engine(page, "answers")
    assert main(["import", str(saved(page, page.get_by_test_id("save"), tmp_path / "phone.zip"))]) == 0
    model, samples = Bundle.load("phone"), list(bags.read(fer_home / "bags" / "phone"))
    crops = np.stack([crop.resize(sample.image, model.input) for sample in samples])
    answers = _answers(model, crops)
    assert [sample.label for sample in samples] == told["truth"]
    assert told["labels"] == list(model.labels) == ["happy", "sad"] and len(crops) >= 16
    assert np.abs(answers - np.array(told["probabilities"])).max() < 1e-3
    # All of it again without a network, and nothing went anywhere else.
    page.wait_for_function("() => navigator.serviceWorker.ready.then(() => true)")
    page.context.set_offline(True)
    before = len(heard)
    page.reload()
    expect(page.get_by_test_id("face")).to_be_visible()
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", "true")
    assert int(page.get_by_test_id("hold-happy").get_attribute("data-count")) >= 8
    assert {line for line in heard[before:] if "/sw.js" not in line} == set()
    page.context.set_offline(False)
    assert asked and all(request.method == "GET" and request.post_data is None for request in asked)
    assert all(line.startswith("GET ") for line in heard)
    assert {
        request.url.partition("#")[0] for request in asked if not request.url.startswith((address, "blob:"))
    } == set()
    # Deleted, brought back, deleted.
    page.get_by_test_id("remove-all").click()
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("data-count", "0")
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", "false")
    expect(page.get_by_test_id("alike")).to_have_count(0)
    page.get_by_test_id("toast").filter(has_text="Deleted").get_by_test_id("undo").click()
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", "true")
    page.get_by_test_id("alike").locator("summary").click()
    expect(alike.first).to_be_visible()
    expect(page.get_by_test_id("hold-happy")).not_to_have_attribute("data-count", "0")
    page.get_by_test_id("show-happy").click()
    page.get_by_test_id("choose-all").click()
    page.get_by_test_id("delete-samples").click()
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("data-count", "0")


@pytest.mark.slow
def test_what_the_robot_taught_answers_alike_on_a_phone(
    alone: Callable[..., Any],
    tap: Callable[[Any], None],
    saved: Callable[..., Path],
    engine: Callable[..., Any],
    tmp_path: Path,
    fer_home: Path,
    teach: Callable[..., Bundle],
) -> None:
    crops = _faces()
    taught = teach(crops[::5], [("happy", "sad", "winking")[n % 3] for n in range(len(crops[::5]))])
    file, pictures = tmp_path / "robot.zip", [cv2.imencode(".png", face)[1].tobytes() for face in crops]
    with bags.BagWriter(fer_home / "bags" / "robot", importing.facts(file, "")) as writer:
        writer.begin_take("happy", "Ann")
        for stamp, picture in enumerate(pictures):
            writer.write(10**9 * stamp + 1, picture, Roi(0, 0, 48, 48))
    assert main(["export", "--file", str(file), "--bag", "robot", "--model", "taught"]) == 0
    page = alone(**PHONE)
    page.get_by_test_id("file").set_input_files(str(file))
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("data-count", str(FACES))
    expect(page.get_by_test_id("model")).to_have_attribute("data-taught", "true")
    told = engine(page, "answers")
    found, wanted = np.array(told["probabilities"]), _answers(taught, crops)
    assert told["labels"] == list(taught.labels)
    assert np.abs(found - wanted).max() < 1e-3
    assert (found.argmax(axis=1) == wanted.argmax(axis=1)).mean() >= 0.98
    # And back: the same pictures to the byte, of the same person, and the same model.
    assert main(["import", str(saved(page, page.get_by_test_id("save"), tmp_path / "back.zip"))]) == 0
    back = list(bags.stored(fer_home / "bags" / "back"))
    assert [sample.picture for sample in back] == pictures and {sample.subject for sample in back} == {"Ann"}
    assert np.abs(_answers(Bundle.load("back"), crops) - wanted).max() < 1e-6
    # A file that is none leaves everything as it is, and says so.
    (tmp_path / "no.zip").write_bytes(b"PK nothing")
    page.get_by_test_id("file").set_input_files(str(tmp_path / "no.zip"))
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("data-count", str(FACES))
    # The emoticon under the thumb: taps gather a message, and copy it.
    page.get_by_test_id("keyboard").click()
    expect(page.get_by_test_id("train")).to_have_count(0)
    sign = page.get_by_test_id("emoticon")
    expect(sign).to_be_enabled()
    page.get_by_test_id("message").fill("안녕 ")
    tap(sign)
    tap(page.get_by_test_id("candidates").get_by_role("button").first)
    message = page.get_by_test_id("message").input_value()
    assert message.startswith("안녕 ") and len(message) >= 5
    expect(page.get_by_test_id("copied")).to_have_text("복사됨")
    assert page.evaluate("() => navigator.clipboard.readText()") == message
    tap(page.get_by_test_id("clear"))
    expect(page.get_by_test_id("message")).to_have_value("")


#: No font with colours, as on many a Linux machine.
PLAIN = """<?xml version="1.0"?><fontconfig><include>/etc/fonts/fonts.conf</include>
<selectfont><rejectfont><pattern><patelt name="color"><bool>true</bool></patelt></pattern></rejectfont></selectfont>
</fontconfig>"""
#: A camera that sees nobody, for a browser that has none: without one, buttons rest and are pale.
NOBODY = """navigator.mediaDevices.getUserMedia = async () => {
    const canvas = document.createElement("canvas");
    const context = canvas.getContext("2d");
    setInterval(() => context.fillRect(0, 0, canvas.width, canvas.height), 50);
    return canvas.captureStream(20);
}"""
FONT = "() => [...document.fonts].find(({family}) => family.includes('fer emoji')).status"


@pytest.mark.slow
def test_faces_have_colours_without_a_font_of_the_system(
    alone: Callable[..., Any], launch: Callable[..., Any], address: str, tmp_path: Path
) -> None:
    fonts = tmp_path / "fonts.conf"
    fonts.write_text(PLAIN)
    page = launch(FONTCONFIG_FILE=str(fonts)).new_context().new_page()
    page.add_init_script(NOBODY)
    page.goto(address)
    expect(page.get_by_test_id("hold-happy")).to_have_attribute("aria-disabled", "false")
    page.wait_for_function(f"({FONT})() === 'loaded'")
    picture = page.get_by_test_id("hold-happy").locator(".emoji").screenshot()
    seen = cv2.imdecode(np.frombuffer(picture, np.uint8), cv2.IMREAD_COLOR).reshape(-1, 3).astype(int)
    yellow = (seen[:, 2] > 200) & (seen[:, 1] > 150) & (seen[:, 0] < 100)
    assert yellow.mean() > 0.15
    page.context.close()
    # Where the system has one, nothing is fetched.
    if shutil.which("fc-list") and subprocess.check_output(["fc-list", ":color=true"]):
        assert alone().evaluate(FONT) == "unloaded"


def _faces() -> ImageArray:
    """uint8 (500, 48, 48, 1): the drawn face in its expressions, turned, shifted and lit differently."""
    plugin, spec = registry.load("sources", "face"), Bundle.load("small").input
    strength, rng, out = Augmentation(), np.random.default_rng(1), []
    for expression in ("happy", "sad", "angry", "surprise", "neutral"):
        source = plugin(plugin.Settings(expression=expression, fps=0.0))
        source.open()
        for _ in range(10):
            frame = source.read(5.0)
            face = crop.resize(frame.image[60:300, 200:440], spec)
            out += [np.rint(augment(face, rng, strength)).astype(np.uint8) for _ in range(FACES // 50)]
        source.close()
    return np.stack(out)


@pytest.fixture
def teach(fer_home: Path) -> Callable[..., Bundle]:
    """``teach(crops, labels) -> Bundle`` by the head ridge, on the model small."""
    from fer_ros.core.base.contracts import LabelledFaces, Task
    from fer_ros.core.bundles import bundle as bundles
    from fer_ros.core.training.fitting import head_setup, ridge_fit

    def teach(crops: ImageArray, names: list[str]) -> Bundle:
        base = Bundle.load("small")
        backbone, head = base.open()
        labels = tuple(dict.fromkeys(names))
        count = len(crops)
        maps = embed(backbone, crops, base.input)
        samples = LabelledFaces(
            embeddings=maps.embeddings,
            targets=np.array([labels.index(name) for name in names]),
            weights=np.ones(count, np.float32),
            finer=maps.finer,
            folds=np.arange(count) % 5,
            measured=np.ones(count, bool),
            pictures=count,
        )
        general = head_setup.general_model(base, head)
        task = Task(labels, samples, samples.chosen(np.arange(0)), general, None, 1, lambda epochs, row: None)
        trained = ridge_fit.train(task)
        new = Bundle(
            name="taught",
            path=fer_home / "models" / "taught",
            labels=trained.labels,
            input=base.input,
            backbone=base.backbone,
            head=bundles.Network("ridge", "head.npz"),
        )
        kept = {name: (base.path / name).read_bytes() for name in (base.backbone.file, bundles.FINER_FILE)}
        return bundles.write(new, {**kept, "head.npz": trained.content})

    return teach


def _answers(model: Bundle, crops: ImageArray) -> Any:
    backbone, head = model.open()
    return head.read(embed(backbone, crops, model.input))
