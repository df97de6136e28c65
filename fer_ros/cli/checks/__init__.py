"""The checks of ``fer doctor``. A check is a module of this folder with ``check() -> Iterator[Finding]``."""
