"""The built page: its files, how long browsers may cache them, and headers that shut everything else out."""

from __future__ import annotations

import gzip
import hashlib
import mimetypes
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

FOLDER = Path(__file__).parent.parent / "static"
#: Files below this have a hash of their content in the name.
HASHED = "assets/"
#: Suffixes of precompressed files, and the coding they stand for, the best first.
CODINGS = ((".br", "br"), (".gz", "gzip"))
#: Bytes from which a text is packed here where it was not when it was built.
WORTH = 1_000
_TYPES = {".webmanifest": "application/manifest+json", ".js": "text/javascript", ".mjs": "text/javascript"}
#: What is shown where the page was not built, such as in a checkout.
MISSING = "The page is not built: see docs/dashboard.md.\n"

SECURITY = {
    # A page that needs nothing but this server; its WebSocket is of the same origin (CSP 3, in browsers since 2022).
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
        "font-src 'self'; connect-src 'self'; manifest-src 'self'; worker-src 'self' blob:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(), geolocation=()",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file of the page, held in memory.

    :ivar codings: coding → the content in that coding, for those that were built.
    """

    content: bytes
    codings: dict[str, bytes]
    type: str
    etag: str
    cache: str


class StaticFiles:
    """All files, read once. A request's path is looked up, never opened, so no path leads elsewhere."""

    def __init__(self, folder: Path = FOLDER) -> None:
        """Read the files."""
        self._files: dict[str, File] = {}
        for path in sorted(folder.rglob("*")) if folder.is_dir() else []:
            if path.is_file() and path.suffix not in dict(CODINGS) and not path.name.startswith("."):
                name = path.relative_to(folder).as_posix()
                self._files[name] = _read(path, name)

    def answer(self, request: web.Request) -> web.Response:
        """The file that a GET or HEAD request names."""
        name = request.match_info["name"] or "index.html"
        file = self._files.get(name)
        if file is None:
            text = MISSING if name == "index.html" else "There is no such file.\n"
            return web.Response(status=404, text=text, headers={"Cache-Control": "no-store"})
        headers = {"ETag": f'"{file.etag}"', "Cache-Control": file.cache, "Vary": "Accept-Encoding"}
        if any(tag.value == file.etag for tag in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        content, accepted = file.content, _accepted(request.headers.get("Accept-Encoding", ""))
        for coding, packed in file.codings.items():
            if coding in accepted:
                content, headers["Content-Encoding"] = packed, coding
                break
        headers["Content-Type"] = file.type
        return web.Response(body=content, headers=headers)


def _read(path: Path, name: str) -> File:
    content = path.read_bytes()
    codings = {
        coding: packed.read_bytes()
        for suffix, coding in CODINGS
        if (packed := path.with_name(path.name + suffix)).is_file()
    }
    kind = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    if kind.startswith("text/") or kind.endswith(("json", "xml")):
        kind += "; charset=utf-8"
        if len(content) >= WORTH:
            codings.setdefault("gzip", gzip.compress(content, mtime=0))
    cache = "public, max-age=31536000, immutable" if name.startswith(HASHED) else "no-cache"
    return File(content, codings, kind, hashlib.sha256(content).hexdigest()[:32], cache)


def _accepted(header: str) -> set[str]:
    """The codings that a browser accepts, from the header ``Accept-Encoding``."""
    parts = (part.replace(" ", "").lower().partition(";") for part in header.split(","))
    return {coding for coding, _, quality in parts if coding and quality not in ("q=0", "q=0.0", "q=0.00", "q=0.000")}
