"""A chest for CT and, summed up along the beam, for a radiograph. Values in HU."""

from __future__ import annotations

import numpy as np

from labkit.dicom.stories.lungs import (
    Nodule,
    Rod,
    cage,
    diaphragm,
    lung,
    nodule_distance,
    parenchyma,
    rounded_box,
)
from labkit.dicom.stories.mediastinum import abdomen, great_vessels, heart
from labkit.dicom.stories.shapes import (
    Array,
    Point,
    Texture,
    capsule,
    chain,
    ellipsoid,
    overlap,
    paint,
    union,
)

AIR, FAT, MUSCLE = -1000.0, -104.0, 58.0

_MARBLE = Texture("marbling", cell=9.0)
_BONE = Texture("trabeculae", cell=3.0, size=48)
_GLAND = Texture("glands", cell=12.0)

_Z = [-150.0, -60.0, 0.0, 60.0, 100.0, 130.0]
_WIDTH = [146.0, 150.0, 156.0, 160.0, 152.0, 118.0]
_DEPTH = [112.0, 110.0, 106.0, 98.0, 90.0, 80.0]


def turn(x: Array, y: Array) -> Array:
    """Return how far round from the spine (0) to the breastbone (1), both sides alike.

    Not an angle but the same order: it needs no arc tangent.
    """
    total = np.abs(x) + np.abs(y) + 1e-6
    way: Array = np.where(y > 0, np.abs(x) / total, 2.0 - np.abs(x) / total) / 2.0
    return way


def chest(p: Point, rods: list[Rod], nodule: Nodule | None = None) -> Array:
    """Return HU of one slice: arrays x and y, and z the same everywhere."""
    x, y, z = p
    side = (np.abs(x), y, z)
    height = float(z.flat[0])
    half_width, half_depth = np.interp(height, _Z, _WIDTH), np.interp(height, _Z, _DEPTH)
    torso = rounded_box(x, y - 0.6 * (112.0 - half_depth), half_width, half_depth, 0.9)
    breast = ellipsoid(side, (72.0, -78.0, -14.0), (58.0, 46.0, 58.0), 0.2)
    outline = union(torso, breast)
    ribs_inside = cage(p)

    hu = paint(np.full(x.shape, AIR), outline, 20.0)
    hu = paint(hu, outline + 2.0, FAT)
    gland = overlap(breast + 10.0, ribs_inside * -1.0 + 20.0, 3.0 - 16.0 * _GLAND(*p))
    hu = paint(hu, gland, 35.0, 4.0)
    fat_layer = 11.0 + 5.0 * np.clip(y / 80.0, -0.6, 1.0)
    flesh = overlap(torso + fat_layer, ribs_inside - 26.0)
    hu = paint(hu, flesh, MUSCLE, 1.5)
    hu = paint(hu, overlap(flesh, 1.8 - 9.0 * _MARBLE(x, y, z * 0.6)), FAT + 25.0, 2.5)
    back = ellipsoid(side, (30.0, 94.0, height), (26.0, 15.0, 60.0))
    hu = paint(hu, overlap(back, torso + 5.0), MUSCLE, 1.5)
    shoulder = union(
        ellipsoid(side, (88.0, 30.0, 122.0), (46.0, 34.0, 34.0), -0.3),
        ellipsoid(side, (34.0, 74.0, 132.0), (36.0, 22.0, 60.0), -0.3),
        ellipsoid(side, (16.0, 10.0, 140.0), (22.0, 26.0, 26.0)),
    )
    hu = paint(hu, overlap(shoulder, torso + 8.0, 2.0 + 9.0 * _MARBLE(*p)), MUSCLE, 2.0)
    hu = paint(hu, ribs_inside - 9.0, MUSCLE, 1.5)
    hu = paint(hu, ribs_inside, -96.0, 1.5)

    below = overlap(ribs_inside + 3.0, diaphragm(p))
    hu = paint(hu, below, 55.0, 1.5)
    hu = paint(hu, below + 2.5, abdomen(p), 1.5)
    lungs = lung(p)
    air = paint(np.full(x.shape, 30.0), lungs, parenchyma(p), 1.2)
    hu = paint(hu, lungs - 1.0, air)
    hu = _vessels(hu, p, rods, lungs)
    if nodule is not None:
        hu = paint(hu, nodule_distance(p, nodule), 46.0, 1.5)
    hu = heart(hu, p)
    hu = great_vessels(hu, p)
    return _bones(hu, p, side, ribs_inside)


def _vessels(hu: Array, p: Point, rods: list[Rod], lungs: Array) -> Array:
    """Paint the rods that cross this slice, each only where it is."""
    x, y, z = p
    height = float(z.flat[0])
    xs, ys = x[0], y[:, 0]
    hu = hu.copy()
    for a, b, r0, r1 in rods:
        reach = max(r0, r1) + 1.2
        if not min(a[2], b[2]) - reach < height < max(a[2], b[2]) + reach:
            continue
        c0, c1 = np.searchsorted(xs, [min(a[0], b[0]) - reach, max(a[0], b[0]) + reach])
        s0, s1 = np.searchsorted(ys, [min(a[1], b[1]) - reach, max(a[1], b[1]) + reach])
        if c0 == c1 or s0 == s1:
            continue
        box = (slice(s0, s1), slice(c0, c1))
        tube = overlap(capsule((x[box], y[box], z[box]), a, b, r0, r1), lungs[box])
        hu[box] = paint(hu[box], tube, np.maximum(hu[box], 60.0 + 60.0 * min(r1, 2.0)), 1.2)
    return hu


def _bone(hu: Array, distance: Array, p: Point, rim: float, inner: float) -> Array:
    hu = paint(hu, distance, 820.0, 1.2)
    return paint(hu, distance + rim, inner + 90.0 * _BONE(*p), 1.2)


def _bones(hu: Array, p: Point, side: Point, ribs_inside: Array) -> Array:
    x, y, z = p
    height = float(z.flat[0])
    # Ribs: twelve bands round the cage, each lower in front than at the spine.
    way = turn(x, y - 30.0)
    drop = 95.0 * np.clip(way, 0.0, 0.72) - 90.0 * np.clip(way - 0.72, 0.0, 0.3)
    offset = (height + drop - 112.0) / 22.0
    nearest = offset - np.rint(np.clip(offset, -11.0, 0.0))
    thin = np.sqrt(((ribs_inside - 4.0) / 3.8) ** 2 + (nearest * 22.0 / 6.2) ** 2)
    rib = (thin - 1.0) * 3.8
    bony = overlap(rib, (way - 0.80) * 60.0, (0.05 - way) * 100.0)
    hu = paint(hu, overlap(rib, (0.80 - way) * 60.0), 95.0, 1.2)
    hu = _bone(hu, bony, p, 1.5, 240.0)

    front = float(
        np.interp(height, [-150.0, 0.0, 60.0, 85.0, 103.0], [-90.0, -83.0, -61.0, -46.0, -30.0])
    )
    sternum = union(
        ellipsoid(p, (0.0, front, 80.0), (26.0, 6.5, 24.0)),
        ellipsoid(p, (0.0, front, 2.0), (17.0, 6.0, 62.0)),
    )
    hu = _bone(hu, sternum, p, 1.4, 170.0)

    # The spine: a vertebra every 25 mm, a disc of 6 mm between.
    level = (height + 4.0) % 25.0 - 12.5
    bow = float(np.interp(height, [-150.0, -60.0, 40.0, 130.0], [-6.0, 0.0, 2.0, -9.0]))
    y = y - bow
    p, side = (x, y, z), (side[0], y, z)
    body = rounded_box(x, y - 52.0, 17.0 + 0.02 * level * level, 14.5, 1.7)
    disc = abs(level) > 9.5
    hu = paint(hu, body, 92.0, 1.2) if disc else _bone(hu, body, p, 1.3, 190.0)
    hu = paint(hu, ellipsoid(p, (0.0, 74.0, height), (10.0, 9.0, 50.0)), -40.0)
    hu = paint(hu, ellipsoid(p, (0.0, 74.0, height), (7.6, 7.0, 50.0)), 25.0)
    lamina = capsule(side, (10.5, 78.0, height), (2.0, 88.0, height), 3.2)
    spine = capsule(p, (0.0, 88.0, height), (0.0, 103.0 - abs(level), height), 3.0)
    arch = union(lamina, spine)
    if -6.0 < level < 7.0:
        pedicle = capsule(side, (11.5, 62.0, height), (12.0, 78.0, height), 3.6)
        process = capsule(side, (12.0, 76.0, height), (31.0, 86.0, height), 4.6, 4.0)
        arch = union(arch, pedicle, process)
    hu = _bone(hu, arch, p, 1.6, 300.0)

    y = y + bow
    side = (side[0], y, z)
    blade = chain(
        side,
        [(64.0, 82.0, -10.0, 2.2), (78.0, 84.0, 40.0, 2.6), (118.0, 62.0, 84.0, 4.0),
         (128.0, 40.0, 104.0, 8.0)],
    )  # fmt: skip
    inner_edge = chain(side, [(70.0, 88.0, 96.0, 2.5), (66.0, 86.0, 10.0, 2.5)])
    plate = overlap(
        np.abs(y - 118.0 + 0.44 * side[0]) - 2.0, 66.0 - side[0] + 0.0 * y, side[0] - 122.0,
        np.full(x.shape, max(abs(height - 56.0) - 50.0, -20.0)),
    )  # fmt: skip
    hu = _bone(hu, union(blade, plate, inner_edge), p, 1.6, 260.0)
    clavicle = chain(
        side,
        [
            (24.0, front - 4.0, 99.0, 8.0),
            (70.0, front + 2.0, 110.0, 6.0),
            (120.0, -10.0, 122.0, 6.5),
        ],
    )
    return _bone(hu, clavicle, p, 1.8, 300.0)


def couch(hu: Array, p: Point) -> Array:
    """Paint the scanner's table under a patient lying on it."""
    x, y, _ = p
    sag = y - 118.0 + x * x / 1500.0
    hu = paint(hu, overlap(np.abs(sag - 9.0) - 8.0, np.abs(x) - 205.0, -sag), -930.0)
    return paint(hu, overlap(np.abs(sag) - 1.4, np.abs(x) - 205.0), -150.0)
