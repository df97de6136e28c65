"""Why something is refused, as a code with its values: programs word it in their own language, such as the page.

An error names its code where it is raised (:class:`fer_ros.core.base.errors.FerError`); services hand it on as
``fer_msgs/Reason``, and the page's ``reasons.ts`` has its words. Tests keep the three alike.
"""

from __future__ import annotations

#: Code → the names of its values.
CODES: dict[str, tuple[str, ...]] = {
    # Of any node.
    "inactive": ("node", "state"),
    "not_there": ("node",),
    "no_answer": ("node",),
    "unknown_name": ("kind", "name"),
    "name_not_allowed": ("name",),
    "fault": (),
    # Of the disk.
    "disk_full": (),
    "disk_read_only": (),
    "disk_forbidden": (),
    "disk_fails": (),
    "folder_gone": (),
    "files_open": (),
    # Of labels and people.
    "label_empty": (),
    "label_not_allowed": ("label", "most"),
    "label_twice": ("label",),
    "label_comma": (),
    "label_theirs": ("label",),
    "labels_many": ("most",),
    "subject_not_allowed": ("most",),
    # Of recording.
    "bag_full": ("megabytes",),
    "bag_elsewhere": (),
    "bag_unreadable": (),
    "samples_gone": ("samples",),
    "not_recording": (),
    "no_bag": (),
    "no_take": ("take",),
    "no_sample": (),
    "files_missing": (),
    "not_in_trash": (),
    "take_running": (),
    "others_record": (),
    "no_picture": (),
    "recorded_as": ("label", "there"),
    # Of correcting a reading.
    "nothing_kept": (),
    "no_frames": (),
    "face_not_seen": (),
    "no_correction": (),
    # Of training.
    "training_runs": (),
    "nothing_recorded": (),
    "no_faces": ("frames",),
    "one_label": ("label",),
    "one_face": ("label",),
    "one_take": ("label",),
    "few_bags": (),
    "none_to_test": ("label",),
    "split_not_for_head": ("head",),
    "diverged": (),
    "no_memory": (),
    "training_died": (),
    "cancelled": (),
    "no_training": (),
    "not_in_use": ("name",),
    "not_taught": ("name",),
    # Of models.
    "model_damaged": ("name",),
    "model_taken": ("name",),
    "model_shipped": ("name",),
    "model_in_use": ("name",),
    "link_over": (),
    # Of projects in a file.
    "project_empty": (),
    "project_busy": (),
    "project_large": ("megabytes",),
    "project_slow": (),
    "project_unreadable": (),
    # Of a browser's camera.
    "camera_other": (),
    "camera_takes_none": (),
    "camera_other_page": (),
    "camera_stopped": (),
    "camera_silent": ("seconds",),
    "camera_refused": ("pictures",),
}
