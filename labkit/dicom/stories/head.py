"""A head for CT: scalp, skull, skull base, eyes, around the brain of `brain`. Values in HU."""

from __future__ import annotations

import numpy as np

from labkit.dicom.stories.brain import Bleed, brain
from labkit.dicom.stories.shapes import (
    Array,
    Point,
    Texture,
    capsule,
    chain,
    ellipsoid,
    inside,
    overlap,
    paint,
    union,
)

HU = {
    "white": 27.0, "grey": 38.0, "deep grey": 37.0, "csf": 7.0, "choroid": 130.0, "dura": 52.0,
    "oedema": 19.0,
}  # fmt: skip
AIR, FAT, MUSCLE, COMPACT, SPONGY = -1000.0, -85.0, 52.0, 1350.0, 620.0

_UNEVEN = Texture("skull", cell=40.0)
_DIPLOE = Texture("diploe", cell=3.0, size=48)
_CELLS = Texture("air-cells", cell=5.0, size=48)


def vault_depth(p: Point) -> Array:
    """Return how deep a point lies below the scalp of the vault, in mm (negative outside)."""
    x, y, z = p
    # Narrower in front; below the widest level the sides go down more steeply than a ball's.
    x = x * (1.0 + 0.14 * np.clip(-y / 96.0, 0.0, 1.0) ** 2)
    dz = z - 30.0
    dz = np.where(dz > 0, dz, dz * 0.5)
    dy = y - 2.0
    q = np.sqrt((x / 77.0) ** 2 + (dy / 96.0) ** 2 + (dz / 86.0) ** 2)
    r = np.sqrt(x * x + dy * dy + dz * dz)
    depth: Array = r * (1.0 / np.maximum(q, 0.02) - 1.0) + 1.5 * _UNEVEN(*p)
    return depth


def head(p: Point, bleed: Bleed | None = None) -> Array:
    """Return HU at points in mm."""
    x, y, z = p
    ax = np.abs(x)
    side = (ax, y, z)
    depth = vault_depth(p)

    nose = capsule(p, (0.0, -92.0, -8.0), (0.0, -106.0, -38.0), 7.0, 10.0)
    face = overlap(ellipsoid(p, (0.0, -30.0, -40.0), (68.0, 76.0, 62.0)), z - 8.0)
    ears = overlap(ellipsoid(side, (79.0, 22.0, -22.0), (6.0, 17.0, 27.0), -0.3), 2.0 - depth)
    outline = union(-depth, face, nose)

    hu = np.full(x.shape, AIR)
    hu = paint(hu, union(outline, ears), MUSCLE)
    lobules = 2.0 - 9.0 * _CELLS(x * 0.4, y * 0.4, z * 0.4)
    hu = paint(hu, overlap(outline + 1.8, union(-outline - 5.5, lobules)), FAT, 2.0)
    temporal = ellipsoid(side, (71.0, -26.0, 2.0), (9.0, 34.0, 36.0))
    hu = paint(hu, overlap(temporal, outline + 3.5), MUSCLE, 1.5)

    # The vault: two compact plates with spongy bone between.
    thick = 7.0 + 1.5 * _UNEVEN(x * 1.7, y * 1.7, z * 1.7) + np.clip((y - 40.0) / 40.0, 0.0, 1.5)
    thick = thick - np.clip((ax - 52.0) / 9.0, 0.0, 2.8) * np.clip((35.0 - z) / 25.0, 0.0, 1.0)
    below = depth - 5.5  # under the outer plate
    inner = below - thick  # under the inner plate
    brain_floor = _floor(ax, y) - z
    vault = overlap(-below, inner, brain_floor - 4.0)
    hu = paint(hu, vault, COMPACT + 150.0 * _DIPLOE(*p), 0.9)
    marrow = overlap(2.0 - below, inner + 2.0, vault + 1.0)
    hu = paint(hu, marrow, SPONGY + 320.0 * _DIPLOE(*p), 1.2)

    cavity = overlap(-inner, brain_floor)
    soft = np.zeros_like(hu)
    values = HU | {"blood": bleed.density if bleed else 0.0}
    for tissue, cover in brain(p, inner, bleed).layers:
        soft = soft + cover * (values[tissue] - soft)
    # The beam hardens between the petrous bones: the dark bar every head CT shows there.
    soft = soft - 7.0 * inside(ellipsoid(p, (0.0, 18.0, -28.0), (30.0, 9.0, 9.0)), 9.0)
    hu = paint(hu, cavity, HU["csf"])
    hu = paint(hu, cavity + 1.2, soft, 1.0)
    hu = paint(hu, overlap(brain_floor - 3.0, -brain_floor, -inner - 1.0), 900.0, 1.2)
    return _eyes(_base(hu, p, side), p, side)


def _floor(ax: Array, y: Array) -> Array:
    """Return the z of the floor of the skull: high in front, a step lower in each cranial fossa."""
    roofs = ((ax - 30.0) / 17.0) ** 2 + ((y + 66.0) / 24.0) ** 2  # of the two orbits
    front = -9.0 + 8.0 * np.clip(1.3 - roofs, 0.0, 1.0)
    temporal = -36.0 + 0.02 * (ax - 38.0) ** 2
    middle = -17.0 + np.clip((ax - 11.0) / 9.0, 0.0, 1.0) * (temporal + 17.0)
    back = -60.0 + 0.012 * (ax * ax) + 0.006 * (y - 45.0) ** 2
    to_middle = np.clip((y + 24.0 + 0.33 * ax) / 12.0, 0.0, 1.0)
    to_back = np.clip((y - 2.0 - 0.35 * ax) / 14.0, 0.0, 1.0)
    z = front + to_middle * (middle - front)
    floor: Array = z + to_back * (back - z)
    return floor


def _base(hu: Array, p: Point, side: Point) -> Array:
    """Paint the bones and the air of the skull base."""
    cells = 900.0 * _CELLS(*p)
    petrous = capsule(side, (18.0, 4.0, -26.0), (60.0, 30.0, -30.0), 6.0, 10.0)
    mastoid = ellipsoid(side, (57.0, 34.0, -36.0), (10.0, 14.0, 17.0))
    hu = paint(hu, union(petrous, mastoid), 1100.0 + 0.4 * cells, 1.5)
    hu = paint(hu, mastoid + 3.0, -350.0 + cells, 2.0)
    hu = paint(hu, capsule(side, (46.0, 20.0, -29.0), (56.0, 22.0, -29.0), 2.4), -700.0, 1.5)
    canal = capsule(side, (60.0, 20.0, -30.0), (84.0, 20.0, -30.0), 3.2)
    hu = paint(hu, canal, -950.0, 1.0)

    body = ellipsoid(p, (0.0, -24.0, -30.0), (19.0, 17.0, 14.0))
    clivus = capsule(p, (0.0, -8.0, -24.0), (0.0, 10.0, -56.0), 6.0)
    wings = chain(
        side, [(10.0, -27.0, -13.0, 3.0), (30.0, -36.0, -9.0, 2.4), (56.0, -40.0, 2.0, 3.0)]
    )
    clinoids = union(
        capsule(side, (11.0, -26.0, -12.0), (12.0, -17.0, -12.0), 2.0),
        capsule(p, (-8.0, -5.0, -15.0), (8.0, -5.0, -15.0), 2.2),
    )
    hu = paint(hu, union(body, clivus, wings, clinoids), 850.0 + 0.3 * cells, 1.2)
    sinus = overlap(ellipsoid(side, (8.0, -25.0, -31.0), (8.5, 13.0, 9.5)), 0.8 - side[0])
    frontal = ellipsoid(side, (10.0, -82.5, 4.0), (9.0, 3.6, 9.0), 0.25)
    hu = paint(hu, frontal - 2.0, 900.0, 1.0)
    hu = paint(hu, union(sinus, frontal), -980.0, 1.0)

    box = overlap(ellipsoid(side, (5.5, -62.0, -28.0), (6.5, 23.0, 22.0)), p[2] + 9.0)
    walls = 0.9 - np.abs(np.abs(_CELLS(p[0] * 0.6, p[1] * 0.45, p[2] * 0.5)) * 9.0 - 2.0)
    hu = paint(hu, overlap(box - 1.2, p[2] + 8.0), 500.0, 1.0)
    hu = paint(hu, box, -900.0, 1.0)
    hu = paint(hu, overlap(box, -walls), 60.0, 1.0)
    hu = paint(hu, overlap(box, side[0] - 0.7), 300.0, 1.0)
    zygoma = chain(
        side, [(46.0, -74.0, -8.0, 4.0), (52.0, -66.0, -24.0, 4.5), (66.0, -34.0, -34.0, 3.0)]
    )
    return paint(hu, zygoma, 1100.0, 1.2)


def _eyes(hu: Array, p: Point, side: Point) -> Array:
    """Paint the orbits: bony walls, fat, muscles, optic nerve, globe and lens."""
    cone = ellipsoid(side, (31.0, -66.0, -22.0), (18.0, 27.0, 17.0), 0.35)
    opening = -88.0 - p[1]
    hu = paint(hu, overlap(cone - 2.0, -cone, -84.0 - p[1]), 850.0, 1.0)
    hu = paint(hu, overlap(cone, opening - 6.0), FAT, 1.0)
    apex = (11.0, -36.0, -17.0)
    muscles = union(
        capsule(side, apex, (19.5, -76.0, -21.0), 2.0),
        capsule(side, apex, (44.0, -76.0, -21.0), 2.0),
        capsule(side, apex, (31.0, -74.0, -9.0), 2.0),
        capsule(side, apex, (31.0, -74.0, -34.0), 2.0),
    )
    nerve = chain(
        side, [(11.0, -36.0, -17.0, 2.2), (24.0, -58.0, -20.0, 2.3), (31.0, -70.0, -21.0, 2.3)]
    )
    hu = paint(hu, overlap(union(muscles, nerve), cone), 42.0, 1.0)
    globe = ellipsoid(side, (32.0, -81.0, -21.0), (12.3, 12.3, 12.3))
    hu = paint(hu, globe, 48.0, 1.0)
    hu = paint(hu, globe + 1.3, 12.0, 1.0)
    return paint(hu, ellipsoid(side, (32.0, -89.0, -21.0), (4.6, 2.4, 4.6)), 78.0, 0.8)
