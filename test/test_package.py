"""The package as a whole: its files agree with each other, and what they name is there."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

import fer_ros

ROOT = Path(__file__).resolve().parent.parent
MANIFESTS = [ROOT / "package.xml", ROOT / "fer_msgs" / "package.xml"]


@pytest.mark.parametrize("path", MANIFESTS, ids=["fer_ros", "fer_msgs"])
def test_manifest_is_complete(path: Path) -> None:
    root = ET.parse(path).getroot()
    assert root.get("format") == "3"
    assert root.findtext("version") == fer_ros.__version__
    assert root.findtext("license") == "Apache-2.0"
    assert re.fullmatch(r"\S.{20,}", (root.findtext("description") or "").strip())
    assert [e.get("email", "").count("@") for e in root.iter("maintainer")] == [1]
    depends = [e.text for e in root if e.tag.endswith("depend")]
    assert len(depends) == len(set(depends)), "a dependency is named twice"


def test_manifest_and_setup_agree() -> None:
    root = ET.parse(ROOT / "package.xml").getroot()
    metadata = importlib.metadata.metadata("fer_ros")
    assert re.sub(r"[-_]+", "_", metadata["Name"]) == root.findtext("name")
    assert metadata["Version"] == root.findtext("version")
    assert metadata["License"] == root.findtext("license")


def _imported(path: Path) -> set[str]:
    """Top-level names of the packages that a file imports anywhere."""
    names = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.append(node.module)
    return {name.split(".")[0] for name in names}


def test_manifest_names_every_ros_package_that_is_imported() -> None:
    root = ET.parse(ROOT / "package.xml").getroot()
    named = {e.text for e in root if e.tag in ("depend", "exec_depend")}
    ros = re.compile(r"(rclpy|launch|launch_ros|ament_index_python|\w+_msgs|\w+_srvs|\w+_interfaces)$")
    files = [*(ROOT / "fer_ros").rglob("*.py"), *(ROOT / "launch").glob("*.py")]
    imported = {name for path in files for name in _imported(path) if ros.match(name)}
    assert "rclpy" in imported
    optional = {"hri_msgs", "vision_msgs"}  # of sinks, which say what to install when they are chosen without it
    assert imported - named == optional


def _points() -> list[importlib.metadata.EntryPoint]:
    return list(importlib.metadata.distribution("fer_ros").entry_points)


def test_there_are_entry_points_of_every_kind() -> None:
    groups = {point.group for point in _points()}
    plugins = {f"fer_ros.{kind}" for kind in ("sources", "detectors", "backbones", "heads", "filters", "sinks")}
    assert groups == {"console_scripts"} | plugins


@pytest.mark.parametrize("point", _points(), ids=lambda p: f"{p.group}:{p.name}")
def test_entry_point_names_something_that_is_there(point: importlib.metadata.EntryPoint) -> None:
    """Looked up in the source text, so that nothing heavy is imported."""
    path = ROOT / (point.module.replace(".", "/") + ".py")
    assert path.is_file()
    kinds = (ast.ClassDef, ast.FunctionDef)
    assert point.attr in {n.name for n in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(n, kinds)}


@pytest.mark.ros
def test_the_running_robot_imports_no_training_library() -> None:
    """In a fresh process: the nodes and every plugin are imported, and a face is recognised."""
    code = """
import sys
from fer_ros.core.base import registry
from fer_ros.core.bundles.bundle import Bundle
from fer_ros.core.recognition.recogniser import Recogniser
from fer_ros.nodes import camera, inference, live
plugins = {kind: registry.load_all(kind) for kind in registry.GROUPS}
source = plugins["sources"]["sample"]()
source.open()
recogniser = Recogniser(Bundle.load("default"), plugins["detectors"]["haar"]())
print(len(recogniser.process(source.read(5.0)).emotions))
print(*sorted({"tensorflow", "keras", "torch", "jax", "matplotlib"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout.split()) == (0, ["1"]), done.stderr


def test_core_plugins_and_dashboard_import_no_ros() -> None:
    files = [p for folder in ("api", "core", "plugins", "dashboard") for p in (ROOT / "fer_ros" / folder).rglob("*.py")]
    # Sinks that publish to ROS import messages when they are opened.
    files = [p for p in files if p.parent.name != "sinks"]
    ros = {p.relative_to(ROOT): names for p in files if (names := _imported(p) & {"rclpy", "fer_msgs", "sensor_msgs"})}
    assert ros == {}


def _tracked() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False
    )
    if listing.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_python_files_hold_one_concept_each() -> None:
    long = {
        p.relative_to(ROOT): n for p in _tracked() if p.suffix == ".py" if (n := len(p.read_text().splitlines())) > 300
    }
    assert long == {}


def test_no_large_file_but_models() -> None:
    large = [
        p.relative_to(ROOT) for p in _tracked() if p.stat().st_size > 4_000_000 and ROOT / "models" not in p.parents
    ]
    assert large == []
    assert sum(p.stat().st_size for p in _tracked() if ROOT / "models" in p.parents) < 15_000_000


def test_shell_scripts_parse() -> None:
    scripts = [ROOT / ".ci" / "run", *(ROOT / "scripts").glob("*.sh")]
    for script in scripts:
        done = subprocess.run(["bash", "-n", script], capture_output=True, text=True, timeout=120, check=False)
        assert (done.returncode, done.stderr) == (0, ""), script


def test_tests_share_code_by_conftest_alone() -> None:
    """Pytest 7 cannot import any other file of the tests by name; Ubuntu 24.04 has 7.4."""
    by_name = {
        (str(path.relative_to(ROOT)), node.module)
        for path in (ROOT / "test").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "test"
        if not (node.module or "").endswith(".conftest")
    }
    assert by_name == set()


def test_every_pinned_version_is_for_the_pythons_that_get_it() -> None:
    """As the installed ones say of themselves, so it is seen in one Python what another cannot install."""
    seen, wrong = 0, []
    for line in (ROOT / "requirements" / "constraints.txt").read_text().splitlines():
        if not (pin := line.partition("#")[0].strip()):
            continue
        requirement = Requirement(pin)
        try:
            installed = importlib.metadata.distribution(requirement.name)
        except importlib.metadata.PackageNotFoundError:
            continue
        if not requirement.specifier.contains(installed.version):
            continue  # of another Python, or the system's own
        seen += 1
        takes = SpecifierSet(next(iter(installed.metadata.get_all("Requires-Python") or []), ""))
        # 3.10 is Ubuntu 22.04's, 3.11 Debian 12's, 3.12 Ubuntu 24.04's.
        for python in ("3.10.12", "3.11.2", "3.12.3", "3.13.0"):
            these = {"python_version": python.rpartition(".")[0], "python_full_version": python}
            if (requirement.marker is None or requirement.marker.evaluate(these)) and not takes.contains(python):
                wrong.append(f"{pin} is given to {python}, and wants {takes}")
    assert seen and wrong == []
