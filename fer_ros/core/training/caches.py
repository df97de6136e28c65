"""Where embeddings lie outside ``$FER_HOME``: noted there, so that a forgotten person is forgotten there, too."""

from __future__ import annotations

from pathlib import Path

from fer_ros.core.base import files, paths
from fer_ros.core.base.errors import ConfigError, quoted


def address_of(text: str) -> str:
    """The full address of a cache: a folder's becomes absolute, an empty one is the folder in ``$FER_HOME``.

    :raises ConfigError: it holds what no address does.
    """
    if not text.isprintable():
        raise ConfigError(
            f"the cache {quoted(text)} cannot be: give a folder, or an address such as s3://BUCKET/FOLDER"
        )
    if not text:
        return str(paths.embeddings_folder().absolute())
    return text if "://" in text else str(Path(text).expanduser().absolute())


def note(address: str) -> None:
    """Remember an address, before anything is written there.

    :raises OSError: it cannot be written down.
    """
    if address != address_of("") and address not in known():
        paths.private_folder(paths.fer_home())
        _write([*known(), address])


def known() -> list[str]:
    """The addresses noted and not yet cleared."""
    try:
        lines = paths.caches_file().read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return list(dict.fromkeys(line for line in lines if line))


def clear(address: str) -> None:
    """Remove all embeddings at an address, and forget the address.

    :raises FerError: it cannot be reached, or nothing can be removed there.
    """
    try:
        from fer_ros.core.training.pieces.store import Store
    except ModuleNotFoundError as error:
        raise ConfigError(f"{error.name} is not installed: pip install 'fer_ros[cluster]', then call again") from error

    Store(address).clear()
    _write([other for other in known() if other != address])


def _write(addresses: list[str]) -> None:
    if addresses:
        files.write_atomic(paths.caches_file(), "".join(f"{address}\n" for address in addresses).encode())
    else:
        paths.caches_file().unlink(missing_ok=True)
