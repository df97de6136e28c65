"""Build of the ament_python package; also builds as a plain Python package."""

import re
from glob import glob
from pathlib import Path

from setuptools import find_packages, setup

NAME = "fer_ros"
HERE = Path(__file__).resolve().parent
VERSION = re.search(r'__version__ = "([^"]+)"', (HERE / NAME / "__init__.py").read_text()).group(1)  # type: ignore[union-attr]


def share(folder: str) -> list[tuple[str, list[str]]]:
    """Every file below a folder, to be installed at the same place below share/fer_ros."""
    tree: dict[str, list[str]] = {}
    for path in sorted(glob(f"{folder}/**/*", recursive=True)):
        if Path(path).is_file():
            tree.setdefault(f"share/{NAME}/{Path(path).parent}", []).append(path)
    return list(tree.items())


def pages() -> list[str]:
    """The built files of the two pages, the dashboard's and the one without a server, relative to the package."""
    folders = (Path(NAME, "dashboard/static"), Path(NAME, "core/exporting/page"))
    found = (path for folder in folders for path in sorted(folder.rglob("*")) if path.is_file())
    return [str(path.relative_to(NAME)) for path in found]


RUN = [
    "numpy>=1.26",
    "aiohttp>=3.9",
    "cryptography>=41",
    "segno>=1.5",
    "opencv-python-headless>=4.6,<5",
    "ai-edge-litert>=2.1",
    "PyYAML>=6",
    "mcap>=1.6",
    "rosbags>=0.11.9",
    "matplotlib>=3.5",
    "pillow>=9.0",
    "psutil>=5.9",
]

setup(
    name=NAME,
    version=VERSION,
    description="Facial expression recognition for ROS 2 that learns the faces of its people in a minute",
    license="Apache-2.0",
    packages=find_packages(include=[NAME, f"{NAME}.*"]),
    package_data={NAME: ["py.typed", "core/vision/covered.npz", "core/vision/identity.npz", *pages()]},
    data_files=[
        ("share/ament_index/resource_index/packages", [f"resource/{NAME}"]),
        (f"share/{NAME}", ["package.xml"]),
        *share("launch"),
        *share("config"),
        *share("models"),
    ],
    python_requires=">=3.10",
    install_requires=RUN,
    extras_require={
        "cluster": ["distributed>=2024.8", "fsspec>=2024.6", "pyarrow>=17", "s3fs>=2024.6"],
        "pictures": ["pillow-heif>=0.13"],
        "sample": ["scikit-image>=0.22"],
        "test": ["pytest>=7", "pytest-timeout>=2", "hypothesis>=6"],
        "train": ["tensorflow-cpu>=2.16"],
    },
    zip_safe=False,
    entry_points={
        "console_scripts": [
            "fer = fer_ros.cli.main:command",
            "camera = fer_ros.nodes.entry:camera",
            "inference = fer_ros.nodes.entry:inference",
            "recorder = fer_ros.nodes.entry:recorder",
            "trainer = fer_ros.nodes.entry:trainer",
            "dashboard = fer_ros.nodes.entry:dashboard",
            "live = fer_ros.nodes.entry:live",
        ],
        "fer_ros.sources": [
            "auto = fer_ros.plugins.sources.auto:AutoSource",
            "bag = fer_ros.plugins.sources.bag:BagSource",
            "browser = fer_ros.plugins.sources.browser:BrowserSource",
            "camera = fer_ros.plugins.sources.camera:CameraSource",
            "face = fer_ros.plugins.sources.face.source:FaceSource",
            "images = fer_ros.plugins.sources.images:ImagesSource",
            "sample = fer_ros.plugins.sources.sample:SampleSource",
            "video = fer_ros.plugins.sources.video:VideoSource",
        ],
        "fer_ros.detectors": [
            "blazeface = fer_ros.plugins.detectors.blazeface:BlazeFaceDetector",
            "haar = fer_ros.plugins.detectors.haar:HaarDetector",
            "hri = fer_ros.plugins.detectors.hri:HriDetector",
            "whole_frame = fer_ros.plugins.detectors.whole_frame:WholeFrameDetector",
            "yunet = fer_ros.plugins.detectors.yunet:YuNetDetector",
        ],
        "fer_ros.backbones": [
            "mobilenet_v1 = fer_ros.plugins.backbones.mobilenet_v1:MobileNetV1",
            "mobilenet_v2 = fer_ros.plugins.backbones.mobilenet_v2:MobileNetV2",
            "paper2017 = fer_ros.plugins.backbones.paper2017:Paper2017",
            "residual = fer_ros.plugins.backbones.residual:Residual",
        ],
        "fer_ros.heads": [
            "auto = fer_ros.plugins.heads.auto:AutoHead",
            "dense = fer_ros.plugins.heads.dense:DenseHead",
            "linear = fer_ros.plugins.heads.linear:LinearHead",
            "prototype = fer_ros.plugins.heads.prototype:PrototypeHead",
            "ridge = fer_ros.plugins.heads.ridge:RidgeHead",
        ],
        "fer_ros.filters": [
            "bayes = fer_ros.plugins.filters.bayes:BayesFilter",
            "exponential = fer_ros.plugins.filters.exponential:ExponentialFilter",
            "none = fer_ros.plugins.filters.none:NoFilter",
        ],
        "fer_ros.sinks": [
            "console = fer_ros.plugins.sinks.console:ConsoleSink",
            "hri = fer_ros.plugins.sinks.hri:HriSink",
            "json_lines = fer_ros.plugins.sinks.json_lines:JsonLinesSink",
            "string = fer_ros.plugins.sinks.string:StringSink",
            "vision_msgs = fer_ros.plugins.sinks.vision:VisionSink",
        ],
    },
)
