"""A face made of a height field, lit by one lamp, whose brows, eyes and mouth move.

Coordinates: x to the right, y down, the origin between nose bridge and nose tip; the head is about 1.5 wide and 2.1
high. Everything that does not move is computed once for each person.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from fer_ros.core.base.types import FloatArray, ImageArray
from fer_ros.plugins.sources.face.canvas import ORIGIN, SIZE, UNIT, ellipse, fill, line, mask, pixels, spline, stroke
from fer_ros.plugins.sources.face.pose import Pose

#: The part of the sprite that moves, and that part without its edge.
MOVING, INNER = (slice(70, 262), slice(54, 218)), (slice(72, 260), slice(56, 216))
#: Colour of the shirt, BGR.
SHIRT = (132.0, 98.0, 72.0)
#: Skin, lips, hair and iris of some people, BGR.
PEOPLE = (
    ((166, 188, 232), (106, 104, 196), (38, 52, 74), (110, 82, 48)),
    ((118, 150, 205), (84, 84, 166), (22, 26, 34), (38, 56, 84)),
    ((150, 178, 226), (112, 104, 192), (70, 120, 170), (136, 122, 70)),
    ((74, 104, 160), (66, 66, 128), (14, 16, 20), (26, 36, 56)),
    ((140, 176, 222), (96, 96, 184), (44, 54, 110), (74, 104, 70)),
)


@dataclass(frozen=True, slots=True)
class Lamp:
    """Where the light comes from.

    :ivar x: from the left (−1) to the right (1); ``y`` from above (−1) to below (1).
    :ivar strength: of the lamp; ``ambient`` of the light from everywhere; together about 1.
    """

    x: float = -0.3
    y: float = -0.4
    strength: float = 0.62
    ambient: float = 0.42


class DrawnFace:
    """One person."""

    def __init__(self, seed: int = 0) -> None:
        """Shape and colours of the person with this number."""
        rng = np.random.default_rng(seed)
        self.skin, self.lips, self.hair, self.iris = (np.array(c, np.float32) for c in PEOPLE[seed % len(PEOPLE)])
        columns, rows = np.meshgrid(np.arange(SIZE[0]), np.arange(SIZE[1]))
        self._x = ((columns - ORIGIN[0]) / UNIT).astype(np.float32)
        self._y = ((rows - ORIGIN[1]) / UNIT).astype(np.float32)
        self._wide = 0.77 if seed == 0 else float(rng.uniform(0.74, 0.80))
        self._strands = _strands(rng)
        self._still, self.alpha, hair = self._surroundings()
        self._base = self._still_heights(hair)
        self._slopes = _slopes(self._base)
        x, y = self._x[MOVING], self._y[MOVING]
        self._cheeks = sum(_bump(x, y, side * 0.38, 0.12, 0.15, 0.10) for side in (-1, 1))
        self._nose = sum(_bump(x, y, side * 0.10, 0.13, 0.07, 0.05) for side in (-1, 1))

    def render(self, pose: Pose, lamp: Lamp) -> tuple[ImageArray, ImageArray]:
        """Draw the face.

        :returns: uint8 (352, 272, 3) BGR, and how much of it covers what is behind, uint8 (352, 272).
        """
        right, down = (part.copy() for part in self._slopes)
        moved = _slopes(self._base[MOVING] + self._moved_heights(pose))
        right[INNER], down[INNER] = (part[2:-2, 2:-2] for part in moved)
        lit = self._colours(pose)
        lit *= _shade(right, down, lamp)
        self._draw_eyes(lit, pose, lamp)
        return np.clip(lit, 0, 255, out=lit).astype(np.uint8), self.alpha

    def _inside(self) -> FloatArray:
        """1 in the middle of the face, 0 at its edge, below 0 outside."""
        x, y = np.abs(self._x), self._y
        jaw = np.clip(y - 0.05, 0.0, None)
        wide = self._wide * (1.0 - 0.20 * jaw**1.7)
        return np.asarray(1.0 - (x / wide) ** 2.3 - (np.abs(y + 0.02) / 1.08) ** 2.5, dtype=np.float32)

    def _still_heights(self, hair: FloatArray) -> FloatArray:
        x, y = self._x, self._y
        height = 0.60 * np.clip(self._inside(), 0.0, None) ** 0.55
        height += 0.15 * _bump(x, y, 0.0, 0.05, 0.075, 0.20) + 0.12 * _bump(x, y, 0.0, 0.24, 0.10, 0.085)
        height += 0.035 * _bump(x, y, 0.0, 0.85, 0.17, 0.10)
        for side in (-1, 1):
            height += 0.045 * _bump(x, y, side * 0.11, 0.28, 0.05, 0.05)
            height -= 0.085 * _bump(x, y, side * 0.29, -0.16, 0.17, 0.10)
            height += 0.035 * _bump(x, y, side * 0.28, -0.36, 0.24, 0.08)
            height += 0.045 * _bump(x, y, side * 0.42, 0.22, 0.17, 0.16)
        skull = 0.66 * np.sqrt(np.clip(1.0 - (x / 0.93) ** 2 - ((y + 0.12) / 1.22) ** 2, 0.0, None))
        height += hair * (np.maximum(height, skull) + 0.02 * self._strands - height)
        # The neck is a cylinder behind the chin, the shoulders fall away.
        below = np.clip((y - 0.75) / 0.2, 0.0, 1.0) * (self._inside() <= 0)
        neck = 0.26 * np.sqrt(np.clip(1.0 - (x / 0.44) ** 2, 0.0, None)) * np.clip((1.62 - y) / 0.3, 0.0, 1.0)
        height += below * (np.maximum(neck, 0.22 - 0.17 * np.abs(x) ** 1.5 - 0.12 * np.clip(1.6 - y, 0.0, None)) - 0.4)
        return np.asarray(cv2.GaussianBlur(height.astype(np.float32), (0, 0), 1.0))

    def _moved_heights(self, pose: Pose) -> FloatArray:
        """Cheeks, lips and folds, which follow the expression; of the moving part alone."""
        lines = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        corner_x, corner_y = pose.corner
        depth = min(1.0, 0.25 + pose.cheek + 0.8 * pose.wrinkle)
        for side in (-1, 1):
            fold = [(0.15, 0.24), (corner_x * 0.78, 0.36), (corner_x + 0.10, corner_y + 0.02)]
            line(lines, [(side * px, py) for px, py in fold], 3, int(150 * depth))
            if pose.frown > 0.05:
                between = [(0.06, -0.44 + 0.5 * pose.brow_inner), (0.07, -0.28 + 0.3 * pose.brow_inner)]
                line(lines, [(side * px, py) for px, py in between], 2, int(255 * min(1.0, pose.frown)))
            if pose.wrinkle > 0.05:
                for row in (-0.10, -0.04, 0.02):
                    wrinkle = [(0.02, row), (0.11, row + 0.05)]
                    line(lines, [(side * px, py) for px, py in wrinkle], 2, int(255 * pose.wrinkle))
        raised = max(0.0, -pose.brow_inner - 0.02) * 9.0
        if raised > 0.1:
            for row in (-0.54, -0.60):
                line(lines, [(-0.3, row + 0.02), (0.0, row), (0.3, row + 0.02)], 2, int(150 * min(1.0, raised)))
        folds = cv2.GaussianBlur(lines[MOVING], (0, 0), 1.6).astype(np.float32)
        lips = cv2.GaussianBlur(mask(self._lips(pose))[MOVING], (0, 0), 2.2).astype(np.float32)
        out = (pose.cheek * 0.07) * self._cheeks + (pose.wrinkle * 0.03) * self._nose
        return np.asarray(out + (0.05 / 255.0) * lips - (0.022 / 255.0) * folds, dtype=np.float32)

    def _colours(self, pose: Pose) -> FloatArray:
        """Colours without light, float32 (height, width, 3)."""
        picture = self._still.copy()
        upper, lower = self._lips(pose)
        opening = np.concatenate([upper[len(upper) // 2 :], lower[len(lower) // 2 :]])
        if pose.mouth_open > 0.01:
            fill(picture, opening, (34.0, 26.0, 58.0))
            self._draw_teeth(picture, opening, pose)
        fill(picture, upper, self.lips * 0.88)
        fill(picture, lower, self.lips)
        corner_x, corner_y = pose.corner
        if pose.mouth_open <= 0.04:
            middle = [
                (-corner_x, corner_y),
                (0.0, pose.mouth_y + 0.4 * (corner_y - pose.mouth_y)),
                (corner_x, corner_y),
            ]
            line(picture, middle, 2, self.lips * 0.45)
        for side in (-1, 1):
            fill(picture, ellipse((side * 0.065, 0.335), 0.034, 0.018), self.skin * 0.38)
            fill(picture, self._brow(pose, side), self.hair * 0.9)
        return picture

    def _draw_teeth(self, picture: FloatArray, opening: FloatArray, pose: Pose) -> None:
        x0, y0 = np.floor(opening.min(axis=0)).astype(int) - 2
        x1, y1 = np.ceil(opening.max(axis=0)).astype(int) + 3
        part, rows = picture[y0:y1, x0:x1], self._y[y0:y1, x0:x1]
        inside = mask([opening])[y0:y1, x0:x1].astype(np.float32) / 255.0
        top, bottom = (opening[:, 1].min() - ORIGIN[1]) / UNIT, (opening[:, 1].max() - ORIGIN[1]) / UNIT
        tongue = mask([ellipse((0.0, bottom), 0.16, 0.35 * (bottom - top))], blur=1.5)[y0:y1, x0:x1]
        share = (inside * tongue / np.float32(320.0))[..., np.newaxis]
        part += share * (np.array((92, 84, 176), np.float32) - part)
        white = ((rows < top + pose.teeth * 0.15) | (rows > bottom - pose.lower_teeth * 0.055)).astype(np.float32)
        share = (inside * cv2.GaussianBlur(white, (0, 0), 0.9))[..., np.newaxis]
        part += share * (np.array((204, 218, 226), np.float32) - part)

    def _draw_eyes(self, picture: FloatArray, pose: Pose, lamp: Lamp) -> None:
        """Eyes are drawn on the lit picture: they shine by themselves more than they are shaded."""
        light = np.float32(min(1.25, lamp.strength + lamp.ambient))
        for side in (-1, 1):
            centre = (side * 0.295, -0.165)
            almond = self._almond(centre, pose, side)
            top, bottom = int(almond[:, 1].min()) - 2, int(almond[:, 1].max()) + 3
            inside = mask([almond])[top:bottom]
            eye = np.empty((SIZE[1], SIZE[0], 3), np.float32)
            eye[top - 20 : bottom + 20] = np.array((214, 220, 226), np.float32) * light * 0.92
            at = (centre[0] + 0.05 * pose.gaze_x, centre[1] + 0.02 - 0.03 * pose.eye_open + 0.04 * pose.gaze_y)
            fill(eye, ellipse(at, 0.082, 0.082), self.iris * 0.45 * light)
            fill(eye, ellipse(at, 0.070, 0.070), self.iris * light)
            fill(eye, ellipse(at, 0.036, 0.036), (8.0, 8.0, 8.0))
            fill(eye, ellipse((at[0] + 0.03 * np.sign(lamp.x), at[1] - 0.03), 0.016, 0.016), (250.0,) * 3)
            eye[top : top + 7] *= np.float32(0.72)
            share = (inside.astype(np.float32) / 255.0)[..., np.newaxis]
            picture[top:bottom] += share * (eye[top:bottom] - picture[top:bottom])
            half = len(almond) // 2
            stroke(picture, almond[: half + 1], 3, self.hair * 0.5)
            stroke(picture, almond[half:], 1, self.skin * 0.55)
            crease = almond[1:half] + np.array((0.0, -5.0 - 3.0 * pose.eye_open), np.float32)
            stroke(picture, crease, 1, self.skin * 0.5 * light)

    def _almond(self, centre: tuple[float, float], pose: Pose, side: int) -> FloatArray:
        """The edge of the opened lids, upper edge first, from the left to the right and back."""
        t = np.linspace(0.0, np.pi, 13)
        wide, up, down = (
            0.165,
            0.02 + 0.105 * pose.eye_open,
            0.012 + 0.052 * min(1.2, pose.eye_open) * (1 - pose.squint),
        )
        droop = pose.lid_droop * 0.06 * side
        upper_x = -np.cos(t) * wide
        upper_y = -(np.sin(t) ** 0.8) * up + droop * upper_x / wide * np.sin(t)
        lower_x, lower_y = np.cos(t) * wide, np.sin(t) ** 0.9 * down
        points = np.stack([np.concatenate([upper_x, lower_x[1:]]), np.concatenate([upper_y, lower_y[1:]])], axis=1)
        points[:, 1] += -0.012 * points[:, 0] / wide * side
        return pixels(points + np.array(centre))

    def _brow(self, pose: Pose, side: int) -> FloatArray:
        """A brow as a polygon, thick in the middle."""
        inner, outer = -0.40 + pose.brow_inner, -0.385 + pose.brow_outer
        near = 0.10 - 0.035 * pose.frown
        arch = -0.065 * (1.0 - 0.7 * pose.frown)
        t = np.linspace(0.0, 1.0, 11)
        x = near + (0.50 - near) * t
        y = inner + (outer - inner) * t + arch * np.sin(np.pi * t**1.3)
        thick = 0.034 * (0.55 + np.sin(np.pi * np.clip(t * 0.9 + 0.12, 0, 1)) * 0.7) * (1.0 - 0.6 * t**3)
        points = np.concatenate([np.stack([x, y - thick], 1), np.stack([x[::-1], (y + thick)[::-1]], 1)])
        return pixels(points * np.array((side, 1.0)))

    def _lips(self, pose: Pose) -> tuple[FloatArray, FloatArray]:
        """Upper and lower lip as polygons: the outer edge from the left to the right, then the inner edge back."""
        corner_x, corner_y = pose.corner
        t = np.linspace(0.0, np.pi, 17)
        x = -np.cos(t) * corner_x
        arc = np.sin(t) ** 0.9
        rise = (corner_y - pose.mouth_y) * np.cos(t) ** 2
        middle = pose.mouth_y + rise
        half = pose.mouth_open / 2.0
        lift = pose.lip_raise * np.where(x * pose.uneven > 0, 1.0, 1.0 - abs(pose.uneven))
        bow = 0.014 * np.exp(-((x / 0.05) ** 2)) - 0.010 * np.exp(-(((np.abs(x) - 0.09) / 0.06) ** 2))
        inner_up = middle - arc * (half + lift * 0.5)
        outer_up = inner_up - arc * (0.052 * pose.lip_full + lift * 0.1) + bow * pose.lip_full
        inner_low = middle + arc * half
        outer_low = inner_low + arc * 0.068 * pose.lip_full
        upper = np.concatenate([np.stack([x, outer_up], 1), np.stack([x[::-1], inner_up[::-1]], 1)])
        lower = np.concatenate([np.stack([x, outer_low], 1), np.stack([x[::-1], inner_low[::-1]], 1)])
        return pixels(upper), pixels(lower)

    def _surroundings(self) -> tuple[FloatArray, ImageArray, FloatArray]:
        """What does not move: the colours, what is covered at all, and where hair is."""
        picture = np.empty((*self._x.shape, 3), np.float32)
        # Under soft edges lies the colour of what they belong to.
        picture[:] = self.skin
        picture[self._y < -0.2] = self.hair
        picture[self._y > 1.25] = SHIRT
        # Its sides end upright, so that whoever places the sprite can go on downwards with the last row.
        edge = [(0.37, 1.30), (0.95, 1.42), (1.17, 1.58), (1.23, 1.80), (1.23, 2.2)]
        shirt = pixels([(0.0, 1.52), *edge, *((-x, y) for x, y in reversed(edge))])
        neck = pixels([(-0.37, 0.6), (-0.36, 1.2), (-0.42, 1.38), (0.0, 1.6), (0.42, 1.38), (0.36, 1.2), (0.37, 0.6)])
        temples = [(0.90, -0.30), (0.83, 0.02), (0.76, -0.08), (0.72, -0.42), (0.55, -0.68)]
        cap = spline([(0.0, -1.30), (0.52, -1.20), (0.84, -0.80), *temples, (0.28, -0.74), (0.0, -0.70)])
        ears = [ellipse((side * 0.80, 0.0), 0.09, 0.19) for side in (-1, 1)]
        face = np.clip(self._inside() * 24.0, 0.0, 1.0)[..., np.newaxis]
        fill(picture, neck, self.skin * 0.80)
        fill(picture, shirt, SHIRT)
        for ear in ears:
            fill(picture, ear, self.skin * 0.86)
        picture += face * (self.skin - picture)
        # The chin's shadow on the neck.
        chin = _bump(self._x, self._y, 0.0, 1.08, 0.42, 0.14)[..., np.newaxis] * (1.0 - face)
        picture *= 1.0 - 0.45 * chin
        for side in (-1, 1):
            blush = 0.5 * _bump(self._x, self._y, side * 0.42, 0.22, 0.18, 0.14)[..., np.newaxis]
            picture += blush * (self.skin * np.array((0.84, 0.86, 1.0), np.float32) - picture)
            picture *= 1.0 - 0.2 * _bump(self._x, self._y, side * 0.29, -0.14, 0.2, 0.12)[..., np.newaxis]
        hair = mask([cap], blur=2.0).astype(np.float32) / 255.0
        shadow = cv2.GaussianBlur(np.roll(hair, 8, axis=0), (0, 0), 5.0)[..., np.newaxis]
        picture *= 1.0 - 0.25 * shadow
        picture += hair[..., np.newaxis] * (self.hair * self._strands[..., np.newaxis] - picture)
        covered = np.maximum(mask([shirt, neck, cap, *ears], blur=0.8), (face[..., 0] * 255).astype(np.uint8))
        return picture, covered, hair


def _slopes(height: FloatArray) -> tuple[FloatArray, FloatArray]:
    """How the height changes to the right and downwards."""
    scale = UNIT / 32.0
    right = cv2.Scharr(height, cv2.CV_32F, 1, 0, scale=scale)
    return np.asarray(right), np.asarray(cv2.Scharr(height, cv2.CV_32F, 0, 1, scale=scale))


def _shade(right: FloatArray, down: FloatArray, lamp: Lamp) -> FloatArray:
    """How bright each pixel is, by colour: what is in the shade is warmer, as skin is."""
    x, y, z = np.array((lamp.x, lamp.y, 0.85), np.float32) / np.float32(np.hypot(np.hypot(lamp.x, lamp.y), 0.85))
    facing = (z - right * x - down * y) / np.sqrt(1.0 + right * right + down * down)
    np.clip(facing, 0.0, 1.0, out=facing)
    shine = facing * facing
    shine *= shine
    shine *= shine
    shine *= shine * shine
    level = lamp.ambient + lamp.strength * facing + np.float32(0.10) * shine
    warm = np.minimum(level, 1.0)
    return np.stack([level * (0.86 + 0.14 * warm), level * (0.93 + 0.07 * warm), level], axis=2)


def _bump(x: FloatArray, y: FloatArray, cx: float, cy: float, a: float, b: float) -> FloatArray:
    return np.asarray(np.exp(-(((x - cx) / a) ** 2) - ((y - cy) / b) ** 2), dtype=np.float32)


def _strands(rng: np.random.Generator) -> FloatArray:
    """Brightness of hair, in strands that run down."""
    fine = rng.normal(0.0, 1.0, (SIZE[1], SIZE[0])).astype(np.float32)
    streaks = cv2.GaussianBlur(fine, (0, 0), sigmaX=0.8, sigmaY=9.0)
    return np.clip(1.0 + 1.6 * streaks, 0.4, 2.2)
