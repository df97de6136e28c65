"""Write web/src/styles/emoji.woff: the coloured faces for browsers on machines without a font of them.

    (cd web && npm ci)
    pip install fonttools
    python3 scripts/emoji_font.py

It is a part of Noto Color Emoji, from the npm package that web/package.json pins. Browsers fetch it only where they
lack a sign. A test fails when a sign of config/emoticons.yaml is not in it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from fontTools import subset

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "web" / "node_modules" / "@fontsource" / "noto-color-emoji"
FONT = ROOT / "web" / "src" / "styles" / "emoji.woff"
#: Signs of the page itself, and all faces, for those who edit the emoticons.
OTHERS = "👀💤❤👍👎👋🎉"
FACES = (
    (0x1F600, 0x1F644),
    (0x1F910, 0x1F917),
    (0x1F920, 0x1F925),
    (0x1F927, 0x1F92F),
    (0x1F970, 0x1F976),
    (0x1F978, 0x1F97A),
)


def main() -> int:
    """Write the file."""
    table = yaml.safe_load((ROOT / "config" / "emoticons.yaml").read_text(encoding="utf-8"))
    signs = {ord(letter) for row in table.values() for sign in row for letter in sign + OTHERS}
    signs |= {number for first, last in FACES for number in range(first, last + 1)}
    # Without the drawings in SVG, of which there are 20 MB: browsers that read these have fonts of their own.
    options = subset.Options(flavor="woff", drop_tables=["GSUB", "vhea", "vmtx"])
    font = subset.load_font(str(PACKAGE / "files" / "noto-color-emoji-emoji-400-normal.woff"), options)
    del font["SVG "]
    tool = subset.Subsetter(options)
    tool.populate(unicodes=signs)
    tool.subset(font)
    subset.save_font(font, str(FONT), options)
    print(f"{FONT}: {len(signs)} signs, {FONT.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
