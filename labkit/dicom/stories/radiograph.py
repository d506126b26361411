"""Shadows of bones: what a beam loses on its way through rods and balls of bone and flesh.

Here a point is ``(x, y)`` in mm in the plane of the detector, x to the right, y downwards.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TypeAlias

import numpy as np

from labkit.dicom.stories.chest import chest
from labkit.dicom.stories.lungs import Nodule, trees
from labkit.dicom.stories.shapes import Array, Texture, dice, grain

Joint: TypeAlias = tuple[float, float, float]  # x, y, radius, in mm

_TRABECULAE = Texture("trabeculae-2d", cell=1.6, size=64)

#: Attenuation per mm, relative to compact bone.
FLESH, SPONGY, COMPACT = 0.16, 0.36, 1.0


def grid(rows: int, columns: int, step: float) -> tuple[Array, Array]:
    """Return x and y in mm of every pixel, with (0, 0) in the middle."""
    x = (np.arange(columns) - (columns - 1) / 2) * step
    y = (np.arange(rows) - (rows - 1) / 2) * step
    gx, gy = np.meshgrid(x, y)
    return gx, gy


def _chord(distance: Array, radius: Array | float) -> Array:
    """Length of the beam's way through a rod, by distance from its axis, in mm."""
    chord: Array = 2.0 * np.sqrt(np.maximum(radius * radius - distance * distance, 0.0))
    return chord


def _rod(x: Array, y: Array, a: Joint, b: Joint) -> tuple[Array, Array]:
    """Return distance from the axis of a rod, and its radius there."""
    dx, dy = b[0] - a[0], b[1] - a[1]
    t = np.clip(((x - a[0]) * dx + (y - a[1]) * dy) / (dx * dx + dy * dy), 0.0, 1.0)
    px, py = x - a[0] - t * dx, y - a[1] - t * dy
    return np.sqrt(px * px + py * py), a[2] + t * (b[2] - a[2])


def thickness(x: Array, y: Array, joints: list[Joint]) -> Array:
    """Return the thickness in mm of rods end to end: the largest where they overlap."""
    total = np.zeros_like(x)
    for a, b in pairwise(joints):
        total = np.maximum(total, _chord(*_rod(x, y, a, b)))
    return total


def bone(x: Array, y: Array, *chains: list[Joint], shell: float = 1.5) -> Array:
    """Return the shadow of one bone: a shell of compact bone, spongy inside.

    Parameters
    ----------
    chains
        Rods end to end; several chains make up one solid.
    shell
        Thickness of the shell in mm, where the bone is thinnest, as in the middle of a shaft.
    """
    outer, inner = np.zeros_like(x), np.zeros_like(x)
    widest = max(joint[2] for chain in chains for joint in chain)
    for chain in chains:
        for a, b in pairwise(chain):
            distance, radius = _rod(x, y, a, b)
            outer = np.maximum(outer, _chord(distance, radius))
            cortex = np.minimum(shell * (0.35 + 1.1 * (1.0 - radius / widest)), radius * 0.6)
            inner = np.maximum(inner, _chord(distance, radius - cortex))
    mesh = 1.0 + 0.28 * _TRABECULAE(x, y, widest * 10)
    shadow: Array = COMPACT * (outer - inner) + SPONGY * mesh * inner
    return shadow


def ball(x: Array, y: Array, at: Joint, stretch: float = 1.0, lean: float = 0.0) -> Array:
    """Return the shadow of a small round bone; `stretch` is height over width, `lean` its tilt."""
    u, v = x - at[0], y - at[1]
    norm = math.sqrt(1.0 + lean * lean)
    u, v = (u + lean * v) / norm, (v - lean * u) / norm / stretch
    distance = np.sqrt(u * u + v * v)
    outer, inner = _chord(distance, at[2]), _chord(distance, at[2] - 0.8)
    mesh = 1.0 + 0.28 * _TRABECULAE(x, y, at[0] * 10)
    shadow: Array = COMPACT * (outer - inner) + SPONGY * mesh * inner
    return shadow


#: The right hand seen from the back, from wrist to finger tips: metacarpals and phalanges.
_FINGERS: list[list[list[Joint]]] = [
    [
        [(-30, -13, 7.5), (-42, -30, 5), (-54, -45, 7)],
        [(-58, -51, 6.5), (-66, -62, 4.2), (-74, -74, 5.2)],
        [(-77, -79, 5.4), (-81, -87, 2.8), (-86, -96, 3.6)],
    ],
    [
        [(-20, -22, 7.5), (-26, -52, 4.3), (-33, -85, 7.2)],
        [(-35, -93, 6.8), (-38, -112, 4.2), (-42, -129, 5.2)],
        [(-43, -134, 5.4), (-44, -146, 3.4), (-46, -156, 4.2)],
        [(-47, -160, 4.2), (-48, -167, 2.2), (-49, -175, 3.2)],
    ],
    [
        [(-7, -26, 7.5), (-9, -56, 4.5), (-10, -89, 7.4)],
        [(-10, -98, 7), (-11, -119, 4.4), (-11, -138, 5.4)],
        [(-11, -143, 5.6), (-11, -156, 3.6), (-11, -168, 4.4)],
        [(-11, -172, 4.4), (-11, -180, 2.3), (-11, -189, 3.4)],
    ],
    [
        [(5, -24, 7), (9, -53, 4), (12, -83, 6.8)],
        [(13, -91, 6.6), (16, -110, 4.1), (19, -129, 5.1)],
        [(20, -133, 5.3), (21, -146, 3.4), (23, -157, 4.2)],
        [(23, -161, 4.2), (24, -169, 2.2), (25, -177, 3.3)],
    ],
    [
        [(15, -19, 7), (21, -45, 4), (30, -71, 6.4)],
        [(33, -78, 6), (38, -93, 3.7), (44, -107, 4.6)],
        [(46, -111, 4.7), (49, -120, 3), (52, -128, 3.8)],
        [(53, -131, 3.8), (55, -138, 2), (58, -145, 3)],
    ],
]  # fmt: skip
_CARPALS: list[tuple[Joint, float, float]] = [
    ((-17, -1, 7.5), 0.8, 0.5), ((-3, 2, 7), 0.85, 0), ((11, 0, 6), 1.0, 0),
    ((15, 3, 4), 1.0, 0), ((-24, -11, 6), 0.9, -0.4), ((-15, -14, 5), 1.0, 0),
    ((-4, -13, 6.5), 1.4, 0), ((9, -11, 6.5), 1.2, 0.3),
]  # fmt: skip
_FOREARM: list[list[Joint]] = [
    [(-10, 16, 14), (-13, 30, 10), (-14, 100, 7.5)], [(14, 15, 7.5), (15, 28, 5.5), (13, 100, 6.5)],
]  # fmt: skip


def hand(x: Array, y: Array, fracture: float = 0.0) -> Array:
    """Return the shadow of a right hand from the front.

    Parameters
    ----------
    fracture
        How far, in mm, the head of the fifth metacarpal has slipped; 0 is a whole bone.
    """
    fingers = [[list(b) for b in f] for f in _FINGERS]
    little = fingers[4]
    if fracture:
        base, shaft, head = little[0]
        neck = (26.0, -59.0, 4.6)
        head = (head[0] + 0.55 * fracture, head[1] + 0.9 * fracture, head[2])
        stump = (neck[0] + 0.65 * fracture + 1.2, neck[1] + 0.2 * fracture - 1.6, 4.8)
        moved = [
            [(px + 0.4 * fracture, py + 0.8 * fracture, r) for px, py, r in part]
            for part in little[1:]
        ]
        fingers[4] = [[base, shaft, neck], [stump, head], *moved]
    shadow = np.zeros_like(x)
    flesh = np.zeros_like(x)
    for finger in fingers:
        for part in finger:
            shadow = shadow + bone(x, y, part)
        tip = finger[-1][-1]
        skin = [(px, py, r + 5.5) for part in finger for px, py, r in (part[0], part[-1])]
        flesh = np.maximum(flesh, thickness(x, y, [*skin, (tip[0], tip[1] - 1.0, 7.5)]))
    for at, stretch, lean in _CARPALS:
        shadow = shadow + ball(x, y, at, stretch, lean)
    for part in _FOREARM:
        shadow = shadow + bone(x, y, part, shell=2.6)  # nosec B604: the shell of a bone
    palm = [(-4.0, -66.0, 13.0), (-2.0, -38.0, 14.0), (-4.0, -8.0, 14.0), (0.0, 100.0, 17.0)]
    for dx in (-18.0, -9.0, 9.0, 18.0):
        side = [(px + dx * (1.0 if py > -60 else 1.25), py, r) for px, py, r in palm]
        flesh = np.maximum(flesh, thickness(x, y, side))
    web = thickness(x, y, [(-24.0, -20.0, 14.0), (-44.0, -38.0, 11.0)])
    return shadow + FLESH * np.maximum(flesh, web)


def knee(x: Array, y: Array, lateral: bool = False) -> Array:
    """Return the shadow of a knee, from the front or from the side."""
    chains: list[list[list[Joint]]]
    if lateral:
        chains = [
            [[(6, -130, 13), (3, -52, 13.5), (3, -34, 16)], [(3, -36, 16), (8, -15, 20)],
             [(2, -34, 15), (-7, -16, 17)]],
            [[(-10, 19, 11), (15, 19, 11)], [(-6, 26, 12), (-8, 66, 12), (-8, 130, 12)],
             [(10, 26, 11), (-5, 58, 12)], [(-14, 30, 7), (-16, 42, 6)]],
            [[(24, 34, 6.5), (20, 58, 4.6), (15, 130, 5.5)]],
            [[(-33, -30, 7.5), (-35, -12, 7)]],
        ]  # fmt: skip
        skin = [(8.0, -130.0, 60.0), (3.0, -30.0, 50.0), (3.0, 30.0, 46.0), (8.0, 130.0, 54.0)]
    else:
        chains = [
            [[(5, -130, 13), (4, -60, 14), (1, -40, 18)], [(-5, -40, 15), (-19, -15, 16.5)],
             [(6, -40, 15), (20, -14, 17)], [(-12, -28, 14), (12, -28, 14)]],
            [[(-23, 18, 12), (23, 18, 12)], [(-18, 26, 13), (0, 56, 13)],
             [(18, 26, 13), (1, 56, 13)], [(0, 46, 14), (2, 76, 12.5), (2, 130, 12)],
             [(-4, 11, 4), (-4, 4, 2)], [(4, 11, 4), (4, 5, 2)]],
            [[(-37, 34, 6.5), (-35, 58, 4.6), (-31, 130, 5.5)]],
        ]  # fmt: skip
        skin = [(3.0, -130.0, 64.0), (0.0, -30.0, 58.0), (0.0, 20.0, 54.0), (0.0, 130.0, 56.0)]
    bones = [bone(x, y, *parts, shell=4.0) for parts in chains]  # nosec B604
    if not lateral:
        bones.append(0.45 * ball(x, y, (-1.0, -33.0, 16.0), 1.1))  # the kneecap, in front
    total = FLESH * 0.8 * thickness(x, y, skin)
    for shadow in bones:
        total = total + shadow
    return total


def chest_shadow(rows: int, columns: int, step: float, nodule: Nodule | None, top: float) -> Array:
    """Sum the chest phantom up along the beam, from back to front.

    Returns
    -------
    numpy.ndarray
        Shape ``(rows, columns)``: mm of water that weaken the beam as much. The first column is the
        patient's right.
    """
    rods = trees()
    x = (np.arange(columns) - (columns - 1) / 2) * step
    y = np.linspace(-130.0, 114.0, 62)
    gx, gy = np.meshgrid(x, y)
    shadow = np.zeros((rows, columns))
    for row in range(rows):
        hu = chest((gx, gy, np.full(gx.shape, top - row * step)), rods, nodule)
        for line in np.maximum(hu + 1000.0, 0.0) / 1000.0 * (y[1] - y[0]):
            shadow[row] += line
    return shadow


def exposed(shadow: Array, name: str, *, bits: int, low: float, high: float, noise: float) -> Array:
    """Turn a shadow into detector values for presentation: high where little came through.

    Parameters
    ----------
    low, high
        Shadows that become 4 % and 96 % of the range.
    noise
        Standard deviation in per cent of the range.
    """
    level = np.clip((shadow - low) / (high - low), -0.04, 1.2)
    level = level / np.sqrt(0.55 + 0.45 * level * level)  # flattens the dense end
    level = 0.04 + 0.88 * level + grain(dice("exposure", name), shadow.shape, noise / 100.0)
    values: Array = np.clip(level, 0.0, 1.0) * ((1 << bits) - 1)
    return values
