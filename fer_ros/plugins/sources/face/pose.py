"""What the parts of a drawn face do in each of the seven expressions, after the action units that people use.

Names of action units (AU) as in Ekman and Friesen's Facial Action Coding System.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace


@dataclass(frozen=True, slots=True)
class Pose:
    """Where the parts of the face are; lengths in units of the drawing (see ``drawn_face``), y down.

    :ivar brow_inner: the brows' inner ends, lower (+) or higher (−); ``brow_outer`` likewise.
    :ivar frown: brows drawn together, 0 to 1.
    :ivar eye_open: how far the lids are open; 1 at rest, 0 closed.
    :ivar squint: lower lids raised, 0 to 1.
    :ivar lid_droop: outer ends of the upper lids lowered, 0 to 1.
    :ivar corner_up: the mouth's corners above (+) or below (−) its middle.
    :ivar mouth_wide: half the width of the mouth.
    :ivar mouth_open: between the lips.
    :ivar mouth_y: middle of the mouth.
    :ivar lip_full: thickness of the lips, 1 at rest.
    :ivar lip_raise: the upper lip raised; more on the side of ``uneven``, −1 to 1.
    :ivar teeth: upper teeth shown, 0 to 1; ``lower_teeth`` likewise.
    :ivar cheek: cheeks raised, 0 to 1.
    :ivar wrinkle: nose wrinkled, 0 to 1.
    """

    brow_inner: float = 0.0
    brow_outer: float = 0.0
    frown: float = 0.0
    eye_open: float = 1.0
    squint: float = 0.0
    lid_droop: float = 0.0
    corner_up: float = 0.0
    mouth_wide: float = 0.25
    mouth_open: float = 0.0
    mouth_y: float = 0.58
    lip_full: float = 1.0
    lip_raise: float = 0.0
    uneven: float = 0.0
    teeth: float = 0.0
    lower_teeth: float = 0.0
    cheek: float = 0.0
    wrinkle: float = 0.0
    gaze_x: float = 0.0
    gaze_y: float = 0.0

    @property
    def corner(self) -> tuple[float, float]:
        """The right corner of the mouth."""
        return self.mouth_wide, self.mouth_y - self.corner_up

    def towards(self, other: Pose, share: float) -> Pose:
        """A pose between this one (0) and another (1)."""
        names = (f.name for f in fields(self))
        return replace(
            self, **{name: (1.0 - share) * getattr(self, name) + share * getattr(other, name) for name in names}
        )


NEUTRAL = Pose()
POSES: dict[str, Pose] = {
    # AU 4, 5, 7, 23: brows down and together, hard eyes, lips pressed.
    "angry": Pose(
        brow_inner=0.135,
        brow_outer=-0.035,
        frown=1.0,
        eye_open=0.86,
        squint=0.7,
        corner_up=-0.035,
        mouth_wide=0.22,
        lip_full=0.5,
        mouth_y=0.57,
    ),
    # AU 9, 10, 16, 25: nose wrinkled, upper lip raised, more on one side.
    "disgust": Pose(
        brow_inner=0.05,
        brow_outer=0.055,
        frown=0.2,
        eye_open=0.52,
        squint=0.9,
        corner_up=-0.075,
        mouth_wide=0.27,
        mouth_open=0.075,
        lip_raise=0.17,
        uneven=0.6,
        teeth=0.75,
        cheek=0.7,
        wrinkle=1.0,
        mouth_y=0.56,
    ),
    # AU 1, 2, 4, 5, 20, 26: brows raised and straight, wide eyes, mouth stretched.
    "fear": Pose(
        brow_inner=-0.12,
        brow_outer=-0.03,
        frown=0.35,
        eye_open=1.5,
        corner_up=-0.06,
        mouth_wide=0.33,
        mouth_open=0.13,
        lip_full=0.75,
        lower_teeth=1.0,
        mouth_y=0.60,
    ),
    # AU 6, 12, 25: cheeks raised, corners up, teeth.
    "happy": Pose(
        brow_outer=-0.015,
        eye_open=0.78,
        squint=0.75,
        corner_up=0.11,
        mouth_wide=0.37,
        mouth_open=0.13,
        lip_full=0.85,
        teeth=0.7,
        cheek=1.0,
        mouth_y=0.60,
    ),
    # AU 1, 4, 15: inner brows up, corners down, heavy lids.
    "sad": Pose(
        brow_inner=-0.10,
        brow_outer=0.075,
        frown=0.3,
        eye_open=0.68,
        lid_droop=1.0,
        corner_up=-0.10,
        mouth_wide=0.22,
        lip_full=0.95,
        mouth_y=0.56,
        gaze_y=0.5,
    ),
    # AU 1, 2, 5, 26: brows high, wide eyes, jaw dropped.
    "surprise": Pose(
        brow_inner=-0.155,
        brow_outer=-0.15,
        eye_open=1.5,
        mouth_wide=0.165,
        mouth_open=0.31,
        lip_full=0.9,
        mouth_y=0.62,
        teeth=0.15,
    ),
    "neutral": NEUTRAL,
}
