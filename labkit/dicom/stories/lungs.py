"""The lungs: their shape, and vessels that branch until they fill it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labkit.dicom.stories.shapes import Array, Point, Texture, dice, ellipsoid, overlap, union

Rod = tuple[tuple[float, float, float], tuple[float, float, float], float, float]

#: Half width and half depth (mm) of the inside of the rib cage at heights z (mm).
_Z = [-150.0, -60.0, 0.0, 30.0, 60.0, 85.0, 103.0, 116.0, 126.0]
_WIDTH = [124.0, 126.0, 124.0, 118.0, 106.0, 90.0, 68.0, 46.0, 24.0]
_DEPTH = [92.0, 90.0, 86.0, 80.0, 72.0, 62.0, 50.0, 38.0, 22.0]
#: Half width of the mediastinum at depths y.
_Y = [-90.0, -66.0, -40.0, -10.0, 24.0, 46.0, 70.0, 100.0]
_MIDDLE = [4.0, 6.0, 22.0, 30.0, 26.0, 24.0, 22.0, 22.0]

_ACINI = Texture("acini", cell=5.0, size=48)


@dataclass(frozen=True)
class Nodule:
    """A nodule in the right upper lobe: centre and radius in mm."""

    center: tuple[float, float, float] = (-70.0, 6.0, 57.0)
    radius: float = 9.0


_ROUGH = Texture("spicules", cell=5.0)


def nodule_distance(p: Point, nodule: Nodule) -> Array:
    """Distance to the nodule, whose edge is uneven."""
    ball = ellipsoid(p, nodule.center, (nodule.radius,) * 3)
    return ball + 1.6 * _ROUGH(*p)


def cage(p: Point) -> Array:
    """Distance to the inside of the rib cage."""
    x, y, z = p
    half_width, half_depth = np.interp(z, _Z, _WIDTH), np.interp(z, _Z, _DEPTH)
    # The back stays where it is; towards the top the front comes nearer to it.
    return rounded_box(x, y - 4.0 - 0.55 * (90.0 - half_depth), half_width, half_depth, 1.4)


def rounded_box(x: Array, y: Array, a: Array | float, b: Array | float, round_: float) -> Array:
    """Distance to a shape between a rectangle (`round_` 0) and an ellipse (2)."""
    s, t = (x / a) ** 2, (y / b) ** 2
    q = np.sqrt(np.sqrt(s * s + t * t + round_ * s * t))
    distance: Array = np.sqrt(x * x + y * y) * (1.0 - 1.0 / np.maximum(q, 0.02))
    return distance


def diaphragm(p: Point) -> Array:
    """Height above the diaphragm in mm, positive in the chest."""
    x, y, z = p
    right = -44.0 - 58.0 * (((x + 62.0) / 84.0) ** 2 + ((y + 22.0) / 98.0) ** 2)
    left = -56.0 - 58.0 * (((x - 66.0) / 80.0) ** 2 + ((y + 18.0) / 98.0) ** 2)
    height: Array = z - np.maximum(right, left)
    return height


def lung(p: Point) -> Array:
    """Distance to the lungs, before heart and vessels are put in."""
    x, y, z = p
    middle = np.interp(y, _Y, _MIDDLE)
    inlet = np.clip((z - 60.0) / 4.0, 0.0, 12.0)  # wider where the vessels of the arms come in
    middle = middle + inlet * np.clip((50.0 - np.abs(y)) / 20.0, 0.0, 1.0)
    return overlap(cage(p) + 4.0, middle - np.abs(x), 2.0 - diaphragm(p), z - 122.0)


def parenchyma(p: Point) -> Array:
    """HU of lung without vessels: denser at the back, where blood collects in a lying patient."""
    return -868.0 + 0.42 * (p[1] + 20.0) + 24.0 * _ACINI(*p)


def _grow(name: str, root: tuple[float, float, float], count: int) -> list[Rod]:
    """Grow a tree from `root` to `count` random places of one lung.

    Each place, nearest first, is joined to the nearest part of the tree; a branch is as thick as
    what it has to feed.
    """
    rng = dice("vessels", name)
    sign = 1.0 if root[0] > 0 else -1.0
    places: list[tuple[float, float, float]] = []
    while len(places) < count:
        u = rng.integers(0, 1 << 16, size=(3, 4096)) / 65535.0
        p = (sign * 130.0 * u[0], 190.0 * u[1] - 92.0, 240.0 * u[2] - 116.0)
        good = (lung(p) < -3.0) & (_heart_room(p) > 4.0)
        places += list(zip(*(v[good].tolist() for v in p), strict=True))
    nodes = np.empty((count + 1, 3))
    nodes[0] = root
    picked = np.array(places[:count])
    far = ((picked - nodes[0]) ** 2).sum(axis=1)
    picked = picked[np.argsort(far, kind="stable")]
    parent = np.zeros(count + 1, dtype=int)
    trunk = np.zeros(count + 1)  # length of the way to the root
    for i, place in enumerate(picked, start=1):
        d = nodes[:i] - place
        gap = np.sqrt(d[:, 0] ** 2 + d[:, 1] ** 2 + d[:, 2] ** 2)
        best = int(np.argmin(gap + 0.25 * trunk[:i]))
        nodes[i], parent[i], trunk[i] = place, best, trunk[best] + gap[best]
    feeds = np.ones(count + 1)
    for i in range(count, 0, -1):
        feeds[parent[i]] += feeds[i]
    radius = 0.30 + 0.19 * np.sqrt(feeds)
    points = [(x, y, z) for x, y, z in nodes.tolist()]
    rods: list[Rod] = []
    for i in range(1, count + 1):
        thick, thin = float(radius[parent[i]]), float(radius[i])
        rods.append((points[parent[i]], points[i], min(thick, 1.6 * thin), thin))
    return rods


def _heart_room(p: Point) -> Array:
    return union(
        ellipsoid(p, (16.0, -16.0, -44.0), (62.0, 46.0, 46.0), 0.35),
        ellipsoid(p, (0.0, 0.0, 20.0), (34.0, 44.0, 60.0)),
    )


def trees() -> list[Rod]:
    """Return arteries and veins of both lungs: rods ``(start, end, radius, radius)`` in mm."""
    rods: list[Rod] = []
    for name, root, count in (
        ("artery right", (-46.0, 10.0, 6.0), 900),
        ("artery left", (48.0, 22.0, 10.0), 800),
        ("vein right upper", (-46.0, 12.0, -4.0), 500),
        ("vein right lower", (-46.0, 26.0, -32.0), 350),
        ("vein left upper", (46.0, 8.0, -2.0), 450),
        ("vein left lower", (46.0, 28.0, -30.0), 300),
    ):
        rods += _grow(name, root, count)
    return rods
