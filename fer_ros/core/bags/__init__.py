"""Bags of labelled frames: rosbag2 folders that are written crash-safe and read without ROS."""

from fer_ros.core.bags.discarding import delete_bag, discard_take, newest, restore, revise_take, tidy
from fer_ros.core.bags.folder import part_files
from fer_ros.core.bags.locate import bag_folder, listing, locate, new_name
from fer_ros.core.bags.messages import IMAGE_TOPIC, LABEL_TOPIC, StoredSample
from fer_ros.core.bags.part import StorageError
from fer_ros.core.bags.reader import decoded, each, read, stored
from fer_ros.core.bags.repair import Repaired, discard_backups, repair
from fer_ros.core.bags.summary import BagInfo, TakeInfo, info
from fer_ros.core.bags.writer import BagWriter
from fer_ros.core.bags.writing.finished import Revision

__all__ = [
    "IMAGE_TOPIC",
    "LABEL_TOPIC",
    "BagInfo",
    "BagWriter",
    "Repaired",
    "Revision",
    "StorageError",
    "StoredSample",
    "TakeInfo",
    "bag_folder",
    "decoded",
    "delete_bag",
    "discard_backups",
    "discard_take",
    "each",
    "info",
    "listing",
    "locate",
    "new_name",
    "newest",
    "part_files",
    "read",
    "repair",
    "restore",
    "revise_take",
    "stored",
    "tidy",
]
