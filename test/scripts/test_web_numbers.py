"""What the page's own tests compare with is what Python computes now."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_numbers_are_those_of_today() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "web_numbers.py"))
    kept = json.loads(script["FILE"].read_text())
    found = json.loads(json.dumps(script["numbers"]()))
    assert script["differences"](found, kept) == [], "run `python3 scripts/web_numbers.py`, then `make test-page`"
    other = copy.deepcopy(found)
    other["ridge"][0]["labels"][0] = "other"
    other["crops"][0]["pixels"] = "AAAA" * 4 + other["crops"][0]["pixels"][16:]
    assert len(script["differences"](other, kept)) == 2
