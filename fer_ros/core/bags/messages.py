"""The two messages of a bag: a compressed image and its label. Encoded and decoded without ROS, by ``rosbags``.

A bag's own type definitions are compared with ours and never compiled. Decoders come only from our definitions.
"""

from __future__ import annotations

import functools
import math
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fer_ros.core.bags.facts import SCHEMA, WITHOUT_EYES
from fer_ros.core.base.errors import ConfigError, quoted, reason
from fer_ros.core.base.labels import check_label
from fer_ros.core.base.paths import share_dir
from fer_ros.core.base.types import Eyes, Roi
from fer_ros.core.vision.kinds import kind_of

if TYPE_CHECKING:
    from rosbags.typesys.store import Typestore

IMAGE_TOPIC, IMAGE_TYPE = "/fer/image_raw/compressed", "sensor_msgs/msg/CompressedImage"
LABEL_TOPIC, LABEL_TYPE = "/fer/label", "fer_msgs/msg/Label"
TOPICS = {IMAGE_TOPIC: IMAGE_TYPE, LABEL_TOPIC: LABEL_TYPE}
#: Nanoseconds from which a stamp does not fit ``builtin_interfaces/Time`` (seconds are a signed 32-bit number).
END_OF_TIME = (1 << 31) * 1_000_000_000
#: Characters of a subject's name at most.
MAX_SUBJECT = 64
_MAX_SIDE = (1 << 31) - 1
#: Those of Jazzy that ours consist of: to load all of them takes half as long as a small training.
_STANDARD = {
    "builtin_interfaces/msg/Time": "int32 sec\nuint32 nanosec\n",
    "std_msgs/msg/Header": "builtin_interfaces/Time stamp\nstring frame_id\n",
    "sensor_msgs/msg/RegionOfInterest": (
        "uint32 x_offset\nuint32 y_offset\nuint32 height\nuint32 width\nbool do_rectify\n"
    ),
    "geometry_msgs/msg/Point32": "float32 x\nfloat32 y\nfloat32 z\n",
    IMAGE_TYPE: "std_msgs/Header header\nstring format\nuint8[] data\n",
}
#: Labels of bags of the first kind end where the eyes begin. With this number of them, 0, they are labels of today.
_NO_EYES = b"\0\0\0\0"


@dataclass(frozen=True, slots=True)
class StoredSample:
    """One labelled frame as it lies in a bag.

    :ivar stamp: acquisition, nanoseconds.
    :ivar picture: a JPEG or PNG file.
    :ivar roi: the face's box; None where no face was found.
    :ivar take: from 1 up; 0 where it is unknown, as with imported pictures, which are independent of each other.
    :ivar eyes: of that face, where the detector told them.
    """

    stamp: int
    picture: bytes
    label: str
    subject: str
    roi: Roi | None
    take: int
    frame_id: str = ""
    eyes: Eyes | None = None


def encode(sample: StoredSample, schema: str = SCHEMA) -> tuple[bytes, bytes]:
    """The image message and the label message of a sample, as CDR.

    :param schema: of the bag; one without eyes loses them.
    :raises ConfigError: the stamp does not fit a message, or label or subject are not allowed.
    """
    store = typestore()
    check_label(sample.label)
    check_subject(sample.subject)
    if not 0 < sample.stamp < END_OF_TIME:
        raise ConfigError(f"a stamp of {sample.stamp} ns does not fit a ROS message: is the camera's clock set?")
    types: Any = store.types
    header = types["std_msgs/msg/Header"](
        stamp=types["builtin_interfaces/msg/Time"](sec=sample.stamp // 10**9, nanosec=sample.stamp % 10**9),
        frame_id=sample.frame_id,
    )
    picture = np.frombuffer(sample.picture, dtype=np.uint8)
    kind = kind_of(sample.picture)
    box = sample.roi or Roi(0, 0, 0, 0)
    roi = types["sensor_msgs/msg/RegionOfInterest"](
        x_offset=box.x, y_offset=box.y, height=box.height, width=box.width, do_rectify=False
    )
    image = types[IMAGE_TYPE](header=header, format=kind.name.lower() if kind.picture else "jpeg", data=picture)
    point = types["geometry_msgs/msg/Point32"]
    old = schema == WITHOUT_EYES
    eyes = [point(x=float(x), y=float(y), z=0.0) for x, y in (None if old else sample.eyes) or ()]
    label = types[LABEL_TYPE](
        header=header, label=sample.label, subject=sample.subject, roi=roi, take=sample.take, eyes=eyes
    )
    data = bytes(store.serialize_cdr(label, LABEL_TYPE))
    return bytes(store.serialize_cdr(image, IMAGE_TYPE)), data.removesuffix(_NO_EYES) if old else data


def decode_image(data: bytes) -> tuple[int, str, bytes]:
    """Stamp in nanoseconds, frame id and picture of an image message.

    :raises ConfigError: it is no such message.
    """
    message = _decode(data, IMAGE_TYPE)
    return _stamp(message), str(message.header.frame_id), message.data.tobytes()


def decode_label(data: bytes) -> tuple[int, str, str, Roi | None, int, Eyes | None]:
    """Stamp in nanoseconds, label, subject, box, take and eyes of a label message, also of one without eyes.

    :raises ConfigError: it is no such message, or a value is not allowed.
    """
    try:
        message = _decode(data, LABEL_TYPE)
    except ConfigError:
        message = _decode(data + _NO_EYES, LABEL_TYPE)
    box = message.roi
    if max(box.x_offset, box.y_offset, box.width, box.height) > _MAX_SIDE:
        raise ConfigError("a label's region of interest lies outside every image")
    roi = Roi(box.x_offset, box.y_offset, box.width, box.height) if box.width and box.height else None
    label, subject = check_label(message.label), check_subject(message.subject)
    return _stamp(message), label, subject, roi, int(message.take), _eyes(message.eyes)


def decodes(topic: str, data: bytes) -> bool:
    """Whether a message of one of our topics is valid."""
    try:
        decode_image(data) if topic == IMAGE_TOPIC else decode_label(data)
    except ConfigError:
        return False
    return True


def check_subject(name: str) -> str:
    """The name itself.

    :raises ConfigError: it is too long or holds unprintable characters.
    """
    if len(name) > MAX_SUBJECT or not name.isprintable():
        text = f"subject {quoted(name)} is not allowed: use up to {MAX_SUBJECT} printable characters"
        raise ConfigError(text, "subject_not_allowed", most=MAX_SUBJECT)
    return name


@functools.cache
def typestore() -> Typestore:
    """The types of a bag: of Jazzy what is needed, and our own label. Made once: importing takes 0.1 s.

    :raises ConfigError: the definition of ``fer_msgs/Label`` is not installed.
    """
    from rosbags.typesys import Stores, get_types_from_msg, get_typestore

    store = get_typestore(Stores.EMPTY)
    for kind, text in {**_STANDARD, LABEL_TYPE: _label_file().read_text(encoding="utf-8")}.items():
        store.register(get_types_from_msg(text, kind))
    return store


@functools.cache
def definition(kind: str, schema: str = SCHEMA) -> tuple[str, str]:
    """The full definition of a type, including those that it needs, and its hash (REP-2016).

    :param schema: of the bag.
    """
    store = typestore()
    if kind == LABEL_TYPE and schema == WITHOUT_EYES:
        from rosbags.typesys import Stores, get_typestore

        old = get_typestore(Stores.EMPTY)
        constants, fields = store.fielddefs[kind]
        old.register({**store.fielddefs, kind: (constants, fields[:-1])})
        store = old
    return store.generate_msgdef(kind, ros_version=2)[0], store.hash_rihs01(kind)


def check_schema(path: Path, kind: str, encoding: str, text: str) -> None:
    """Compare the definition in a bag with ours.

    :param path: the bag's file, for the message.
    :param encoding: ``ros2msg``; others, such as ``ros2idl``, are not compared: decoding checks every byte.
    :raises ConfigError: the fields differ.
    """
    known = [_fields(definition(kind, schema)[0]) for schema in (SCHEMA, WITHOUT_EYES)]
    if encoding == "ros2msg" and text and _fields(text) not in known:
        raise ConfigError(
            f"{path}: its {kind} has other fields than ours, of another version of the messages: record again"
        )


def has_changed(kind: str, encoding: str, text: str, digest: str) -> bool:
    """Whether a definition of one of our types is not what its hash stands for."""
    known = [definition(kind, schema) for schema in (SCHEMA, WITHOUT_EYES)]
    return encoding == "ros2msg" and digest in (ours[1] for ours in known) and (text, digest) not in known


def _fields(text: str) -> list[tuple[str, str]]:
    """Type and name of the fields of the first type in a definition; comments, constants and defaults left aside."""
    fields = []
    for line in text.partition("\n" + "=" * 80)[0].splitlines():
        words = line.partition("#")[0].split()
        if len(words) >= 2 and "=" not in " ".join(words[:3]):
            fields.append((words[0].replace("/msg/", "/"), words[1]))
    return fields


def _label_file() -> Path:
    share = share_dir()
    prefixes = [Path(p) / "share" for p in os.environ.get("AMENT_PREFIX_PATH", "").split(os.pathsep) if p]
    for folder in (share, share.parent, *prefixes):
        file = folder / "fer_msgs" / "msg" / "Label.msg"
        if file.is_file():
            return file
    raise ConfigError("fer_msgs is not installed (share/fer_msgs/msg/Label.msg): run `make setup` or colcon build")


def _decode(data: bytes, kind: str) -> Any:
    try:
        return typestore().deserialize_cdr(data, kind)
    except ConfigError:
        raise
    except Exception as error:
        # Damaged data make the decoder fail in ways that it does not list: struct, Unicode, index and value errors.
        raise ConfigError(f"a message is no {kind}: {reason(error)}") from error


def _eyes(points: Any) -> Eyes | None:
    """Both eyes; None where there are none, or what no detector gives."""
    if len(points) != 2 or not all(math.isfinite(value) for point in points for value in (point.x, point.y)):
        return None
    left, right = ((float(point.x), float(point.y)) for point in points)
    return left, right


def _stamp(message: Any) -> int:
    stamp = message.header.stamp
    if stamp.sec < 0 or stamp.nanosec >= 10**9:
        raise ConfigError("a message's stamp is damaged")
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)
