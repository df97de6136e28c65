#!/usr/bin/env python3
"""Measure the page that needs no server in a real Chromium: size, start, answers a second, training, accuracy.

    python benchmarks/static_page.py fer2013.npz [--model small] [--json]

Needs `make test-browser` once, for Playwright, and a Chromium of this machine. The page is served by Python's plain web
server on this machine; the browser's camera is a film of the drawn face. Answers a second are measured on one core, and
are of the whole way of a frame: the face is looked for, cut out and read. The networks are compared on faces of
PublicTest, the trainings are of 700 of Training.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import io
import json
import os
import shutil
import sys
import tempfile
import threading
import zipfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page, sync_playwright

from fer_ros.core.base import registry
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.datasets import fer2013
from fer_ros.core.exporting import static_page
from fer_ros.core.training.faces import embed

FLAGS = ("--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--use-fake-device-for-media-stream")
PARTS = ((fer2013.PUBLIC_TEST, 500), (fer2013.TRAINING, 700))
FRAMES = 100
PATIENCE = 300_000
#: Start an engine of our own in the page's folder; `ask(name, what, transfer)` speaks to it.
ENGINE = """
    const worker = new Worker("engine.js"), waiting = new Map();
    worker.onmessage = ({data}) => waiting.get(data.id)?.(data);
    const ask = (name, what, transfer = []) => new Promise((resolve, reject) => {
        const id = waiting.size + 1;
        waiting.set(id, (data) => data.code ? reject(Error(data.code)) : resolve(data.reply));
        worker.postMessage({id, name, ask: what}, transfer);
    });
    await ask("open", {});
"""
ANSWERS = f"async () => {{ {ENGINE} const found = await ask('answers', {{}}); worker.terminate(); return found; }}"
TRAIN = f"""async (method) => {{ {ENGINE}
    const began = performance.now();
    const settings = {{epochs: 40, learning_rate: 1e-4, batch_fraction: 0.05, hidden_units: 200}}; // the paper's
    await ask("train", {{method, without: [], settings}});
    worker.terminate();
    return (performance.now() - began) / 1000;
}}"""
RATE = f"""async (count) => {{ {ENGINE}
    const video = document.querySelector("video");
    let faces = 0, began = 0;
    for (let frame = -10; frame < count; frame++) {{
        if (frame === 0) began = performance.now();
        const picture = await createImageBitmap(video);
        const reading = await ask("frame", {{picture, time: performance.now(), hold: null}}, [picture]);
        if (frame >= 0 && reading.box) faces++;
    }}
    worker.terminate();
    return [1000 * count / (performance.now() - began), faces / count];
}}"""


class Handler(http.server.SimpleHTTPRequestHandler):
    """Counts the bytes that it sends."""

    sent = 0

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""

    def copyfile(self, source: Any, outputfile: Any) -> None:
        """Send a file."""
        data = source.read()
        Handler.sent += len(data)
        outputfile.write(data)


def film(path: Path) -> None:
    """The drawn face in a file that Chromium plays over and over."""
    plugin = registry.load("sources", "face")
    source = plugin(plugin.Settings(expression="happy", fps=0.0))
    source.open()
    with path.open("wb") as file:
        file.write(b"YUV4MPEG2 W640 H480 F20:1 Ip A1:1 C420jpeg\n")
        for _ in range(20):
            file.write(b"FRAME\n" + cv2.cvtColor(source.read(5.0).image, cv2.COLOR_BGR2YUV_I420).tobytes())
    source.close()


def project(crops: Any, labels: list[str]) -> bytes:
    """Faces as a project file, each a picture of its own."""
    buffer = io.BytesIO()
    samples = [{"file": f"pictures/{n:05}.png", "label": label} for n, label in enumerate(labels)]
    head = {"format": "fer_ros project", "version": 1, "labels": sorted(set(labels)), "samples": samples}
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("project.json", json.dumps(head))
        for sample, face in zip(samples, crops, strict=True):
            archive.writestr(sample["file"], cv2.imencode(".png", face)[1].tobytes())
    return buffer.getvalue()


def give(page: Page, content: bytes) -> None:
    """Put a project in the place of what the page keeps."""
    if (everything := page.get_by_test_id("remove-all")).count():
        everything.click()
        everything.wait_for(state="detached", timeout=PATIENCE)
    file = {"name": "project.zip", "mimeType": "application/zip", "buffer": content}
    page.get_by_test_id("file").set_input_files(file)
    everything.wait_for(timeout=PATIENCE)


def agreement(page: Page, bundle: Bundle, crops: Any, truth: list[str]) -> dict[str, float]:
    """The browser's answers beside Python's."""
    give(page, project(crops, truth))
    told = page.evaluate(ANSWERS)
    found = np.array(told["probabilities"])
    backbone, head = bundle.open()
    wanted = head.read(embed(backbone, crops.reshape(len(crops), *crops.shape[1:3], 1), bundle.input))
    names = np.array(bundle.labels)
    return {
        "accuracy_browser": float((names[found.argmax(axis=1)] == truth).mean()),
        "accuracy_python": float((names[wanted.argmax(axis=1)] == truth).mean()),
        "same_label": float((found.argmax(axis=1) == wanted.argmax(axis=1)).mean()),
        "largest_difference": float(np.abs(found - wanted).max()),
    }


def first_visit(page: Page, url: str) -> dict[str, float]:
    """How soon a browser that knows nothing of the page reads a face, and what it fetched until it works offline."""
    page.goto(url)
    page.get_by_test_id("face").wait_for(timeout=PATIENCE)
    page.evaluate("navigator.serviceWorker.ready.then(() => null)")
    seconds = page.evaluate("performance.getEntriesByName('fer-answer')[0].startTime") / 1000
    return {"first_answer_s": float(seconds), "sent_MB": Handler.sent / 1e6}


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("fer2013", type=Path, help="fer2013.csv or .npz")
    parser.add_argument("--model", default="default")
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("no Chromium on this machine", file=sys.stderr)
        return 2
    table = fer2013.load(given.fer2013)
    bundle = Bundle.load(given.model)
    with tempfile.TemporaryDirectory() as name, sync_playwright() as driver:
        folder = Path(name)
        film(folder / "film.y4m")
        static_page.export(folder / "page", given.model)
        server = http.server.ThreadingHTTPServer(
            ("127.0.0.1", 0), functools.partial(Handler, directory=str(folder / "page"))
        )
        threading.Thread(target=server.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{server.server_port}/"
        flags = [*FLAGS, f"--use-file-for-fake-video-capture={folder / 'film.y4m'}"]
        found = {}
        for cores in (sorted(os.sched_getaffinity(0)), [0]):
            os.sched_setaffinity(0, cores)  # what is started from here on has these
            browser = driver.chromium.launch(executable_path=chromium, args=flags)
            page = browser.new_context(permissions=["camera"]).new_page()
            page.set_default_timeout(PATIENCE)
            if not found:
                found = first_visit(page, url)
                # The frames of the page itself would take their share of the time.
                page.evaluate("document.querySelector('video').srcObject.getTracks().forEach((track) => track.stop())")
                test, training = (_some(table.part(part), count) for part, count in PARTS)
                found |= agreement(page, bundle, *test)
                give(page, project(*training))
                found |= {f"training_{method}_s": page.evaluate(TRAIN, method) for method in ("ours", "paper")}
            else:
                page.goto(url)
                page.get_by_test_id("face").wait_for(timeout=PATIENCE)
                found["answers_per_second_on_one_core"], found["with_face"] = page.evaluate(RATE, FRAMES)
            browser.close()
        server.shutdown()
    rounded = {key: round(value, 4) for key, value in found.items()}
    print(json.dumps(rounded) if given.json else "\n".join(f"{key:32} {value}" for key, value in rounded.items()))
    return 0


def _some(part: fer2013.Fer2013, count: int) -> tuple[Any, list[str]]:
    """Faces spread over a part, and their labels."""
    chosen = np.linspace(0, len(part) - 1, count).astype(np.int64)
    return part.images[chosen], [part.labels[target] for target in part.targets[chosen]]


if __name__ == "__main__":
    sys.exit(main())
