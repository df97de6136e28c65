"""The rooms of the package: who imports whom."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def _modules() -> dict[str, Path]:
    files = (ROOT / "fer_ros").rglob("*.py")
    return {".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p for p in files}


def _imports() -> dict[str, set[str]]:
    """Module → modules of the package that it imports anywhere, for type checking too."""
    modules = _modules()
    found: dict[str, set[str]] = {}
    for name, path in modules.items():
        out = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                out |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                whole = {f"{node.module}.{alias.name}" for alias in node.names}
                # A name that is no module comes from the package itself, but for the version, which imports nothing.
                rest = {alias.name for alias in node.names} - {"__version__"}
                out |= whole & set(modules)
                if any(f"{node.module}.{one}" not in modules for one in rest):
                    out.add(node.module)
        found[name] = (out & set(modules)) - {name}
    return found


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Groups of modules that reach each other."""
    reached: dict[str, set[str]] = {}
    for start, first in graph.items():
        seen: set[str] = set()
        todo = list(first)
        while todo:
            if (one := todo.pop()) not in seen:
                seen.add(one)
                todo += graph[one]
        reached[start] = seen
    groups = [{b for b in reached[a] if a in reached[b]} for a in graph if a in reached[a]]
    return [group for number, group in enumerate(groups) if group not in groups[:number]]


def test_circles_are_found() -> None:
    assert _circles({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": set()}) == [{"b", "c"}]


def test_no_module_imports_itself_by_way_of_others() -> None:
    assert _circles(_imports()) == []


def test_rooms_of_core_import_only_rooms_above_them_in_the_table() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rooms = re.findall(r"^\| `(\w+)/` \|", page, re.MULTILINE)
    folders = {p.name for p in (ROOT / "fer_ros" / "core").iterdir() if (p / "__init__.py").is_file()}
    assert set(rooms) == folders, "the table names each room once"

    def floor(module: str) -> int:
        parts = module.split(".")
        # The package itself is on top of everything, as are plugins, nodes and commands.
        inside = parts[:2] == ["fer_ros", "core"] and len(parts) > 2
        return rooms.index(parts[2]) if inside else len(rooms)

    core = {name: to for name, to in _imports().items() if name.startswith("fer_ros.core.")}
    assert {(name, one) for name, to in core.items() for one in to if floor(one) > floor(name)} == set()
