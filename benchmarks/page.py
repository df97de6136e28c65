#!/usr/bin/env python3
"""Measure the dashboard's page in a real Chromium: when it is painted, and how soon a picture is on the screen.

    make live &
    python benchmarks/page.py [http://127.0.0.1:8765/] [--seconds 10] [--json]

Needs `make test-browser` once, for Playwright, and a Chromium of this machine. The screen is a headless one without a
graphics card; the age of a picture runs from its stamp to the end of its drawing, and is read off the page.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys

from playwright.sync_api import Page, sync_playwright

#: Times that the page is opened for the first paint; the first one also fills the caches of the system.
LOADS = 5
#: Ms until the page must show a face.
PATIENCE = 30_000
PAINT = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
BYTES = "performance.getEntries().reduce((sum, entry) => sum + (entry.transferSize ?? 0), 0)"


def _number(text: str) -> float | None:
    """The figure of "27/s" or "38 ms"; None where the page has none yet."""
    digits = text.removesuffix(" ms").removesuffix("/s")
    return float(digits) if digits[:1].isdigit() else None


def measure(page: Page, url: str, seconds: int) -> dict[str, float]:
    """Open the page some times, then watch."""
    paints, transferred = [], []
    for _ in range(LOADS):
        page.goto("about:blank")
        page.goto(url)
        page.get_by_test_id("face").first.wait_for(timeout=PATIENCE)
        paints.append(float(page.evaluate(PAINT)))
        transferred.append(float(page.evaluate(BYTES)))
    rates, ages = [], []
    for _ in range(seconds):
        page.wait_for_timeout(1000)
        rates.append(_number(page.get_by_test_id("fps").inner_text()) or 0.0)
        if (age := _number(page.get_by_test_id("screen").inner_text())) is not None:
            ages.append(age)
    return {
        "first_paint_ms": round(statistics.median(paints)),
        "transferred_kB": round(transferred[0] / 1000, 1),
        "pictures_per_second": statistics.median(rates),
        "frame_to_screen_ms": statistics.median(ages) if ages else float("nan"),
        "frame_to_screen_worst_second_ms": max(ages, default=float("nan")),
    }


def main() -> int:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("url", nargs="?", default="http://127.0.0.1:8765/", help="of a running dashboard")
    parser.add_argument("--seconds", type=int, default=10, help="to watch")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    args = parser.parse_args()
    browser = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)
    if browser is None:
        print("no chromium on this machine", file=sys.stderr)
        return 1
    with sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": 1280, "height": 800}, locale="en-US")
        figures = measure(page, args.url, args.seconds)
        chromium.close()
    print(json.dumps(figures) if args.json else "\n".join(f"{name:32} {value}" for name, value in figures.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
