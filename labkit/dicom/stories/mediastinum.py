"""What lies between and below the lungs: heart, vessels, airways, upper abdomen. In HU.

The patient has had contrast medium: blood is brighter than muscle.
"""

from __future__ import annotations

import numpy as np

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

_SPOTS = Texture("parenchyma", cell=7.0)

#: Points of each vessel and its radii, in mm.
AORTA = [
    (6.0, -10.0, -18.0, 14.0), (-13.0, -24.0, 8.0, 15.5), (-12.0, -22.0, 36.0, 14.5),
    (1.0, -8.0, 50.0, 13.5), (16.0, 16.0, 47.0, 13.0), (22.0, 36.0, 28.0, 12.0),
    (20.0, 38.0, -50.0, 11.5), (6.0, 34.0, -130.0, 11.0),
]  # fmt: skip
PULMONARY = [
    [(14.0, -38.0, -14.0, 14.0), (19.0, -24.0, 13.0, 13.5), (12.0, -10.0, 20.0, 12.0)],
    [(12.0, -10.0, 20.0, 11.0), (-28.0, 2.0, 15.0, 9.5), (-46.0, 10.0, 6.0, 7.0)],
    [(16.0, -12.0, 21.0, 11.0), (38.0, 10.0, 22.0, 9.5), (48.0, 22.0, 10.0, 7.0)],
]
VEINS = [
    [(-26.0, -16.0, 70.0, 8.5), (-29.0, -12.0, 20.0, 9.0), (-29.0, -12.0, -14.0, 10.0)],
    [(62.0, -22.0, 102.0, 6.0), (10.0, -32.0, 74.0, 6.5), (-24.0, -18.0, 67.0, 8.0)],
    [(-62.0, -22.0, 102.0, 6.0), (-27.0, -17.0, 70.0, 8.0)],
    [(-24.0, 6.0, -48.0, 12.0), (-27.0, 16.0, -130.0, 12.0)],
    [(-10.0, 40.0, -130.0, 3.0), (-9.0, 40.0, 36.0, 4.0), (-26.0, 4.0, 42.0, 4.0)],
]
PULMONARY_VEINS = [
    [(-14.0, 16.0, -14.0, 7.0), (-46.0, 12.0, -4.0, 5.5)],
    [(-14.0, 20.0, -24.0, 7.0), (-46.0, 26.0, -32.0, 5.5)],
    [(18.0, 16.0, -12.0, 7.0), (46.0, 8.0, -2.0, 5.5)],
    [(18.0, 20.0, -22.0, 7.0), (46.0, 28.0, -30.0, 5.5)],
]
BRANCHES = [
    [(-3.0, -14.0, 52.0, 6.5), (-16.0, -10.0, 84.0, 6.0), (-40.0, -12.0, 112.0, 4.5)],
    [(8.0, -4.0, 54.0, 4.5), (16.0, -4.0, 130.0, 4.0)],
    [(15.0, 8.0, 54.0, 5.5), (26.0, 8.0, 92.0, 5.0), (60.0, -8.0, 112.0, 4.5)],
    [(-16.0, -10.0, 84.0, 4.5), (-18.0, -4.0, 130.0, 4.0)],
]
AIRWAYS = [
    [(0.0, 2.0, 135.0, 8.5), (-1.0, 12.0, 36.0, 8.5)],
    [(-1.0, 12.0, 36.0, 8.0), (-26.0, 17.0, 14.0, 7.0), (-44.0, 20.0, -8.0, 4.5)],
    [(-24.0, 16.0, 16.0, 5.0), (-48.0, 12.0, 30.0, 4.0)],
    [(-1.0, 12.0, 36.0, 7.0), (36.0, 22.0, 6.0, 6.0), (46.0, 27.0, -10.0, 4.5)],
    [(36.0, 21.0, 6.0, 4.5), (52.0, 8.0, 16.0, 3.6)],
]


def vessels(p: Point, paths: list[list[tuple[float, float, float, float]]]) -> Array:
    """Distance to several chains."""
    return union(*(chain(p, path) for path in paths))


def heart(hu: Array, p: Point, beat: float = 0.0) -> Array:
    """Paint the heart and what leaves it."""
    hull = union(
        ellipsoid(p, (16.0, -16.0, -44.0), (62.0, 46.0, 46.0), 0.35),
        ellipsoid(p, (-2.0, -8.0, -10.0), (42.0, 34.0, 30.0)),
    )
    hu = paint(hu, hull, -75.0, 1.5)  # the fat under the pericardium
    wall = 10.0 + beat
    left = ellipsoid(p, (40.0, -8.0, -50.0), (18.0 - beat, 28.0 - beat, 22.0 - beat), 0.6)
    right = ellipsoid(p, (6.0, -43.0, -50.0), (36.0, 14.0, 26.0), 0.35)
    atria = union(
        ellipsoid(p, (-33.0, -14.0, -38.0), (19.0, 24.0, 27.0)),
        ellipsoid(p, (2.0, 17.0, -20.0), (29.0, 15.0, 18.0)),
    )
    hu = paint(hu, union(left - wall, right - 3.5, atria - 2.0), 105.0, 1.5)
    hu = paint(hu, right, 205.0, 2.0)
    hu = paint(hu, atria, 215.0, 2.0)
    hu = paint(hu, left, 230.0, 2.0)
    root = capsule(p, (28.0, -8.0, -36.0), (6.0, -10.0, -16.0), 12.0, 13.0)
    return paint(hu, root, 230.0, 2.0)


def great_vessels(hu: Array, p: Point) -> Array:
    """Paint arteries, veins, airways and the gullet of the mediastinum."""
    gullet = chain(p, [(4.0, 22.0, 135.0, 6.5), (5.0, 30.0, 20.0, 7.0), (10.0, 22.0, -125.0, 8.0)])
    hu = paint(hu, gullet, 42.0)
    hu = paint(hu, gullet + 5.0, -500.0)
    for distance, value in (
        (vessels(p, PULMONARY_VEINS), 215.0),
        (vessels(p, VEINS), 165.0),
        (vessels(p, PULMONARY), 220.0),
        (vessels(p, BRANCHES), 235.0),
        (chain(p, AORTA), 235.0),
    ):
        hu = paint(hu, distance - 1.0, 70.0)
        hu = paint(hu, distance, value)
    calcium = overlap(chain(p, AORTA) + 1.2, -chain(p, AORTA) - 2.4, 14.0 * _SPOTS(*p) + 6.0)
    hu = paint(hu, calcium, 650.0)
    air = vessels(p, AIRWAYS)
    nodes = overlap(ellipsoid(p, (-4.0, 4.0, 20.0), (24.0, 20.0, 26.0)), 2.5 - 9.0 * _SPOTS(*p))
    hu = paint(hu, overlap(nodes, -air - 2.0, -vessels(p, PULMONARY) - 2.0), 45.0, 1.5)
    hu = paint(hu, air - 1.6, 35.0)
    return paint(hu, air, -990.0)


def abdomen(p: Point) -> Array:
    """Return HU of what lies under the diaphragm."""
    x, y, _ = p
    hu = np.full(x.shape, -98.0)
    liver = union(
        ellipsoid(p, (-62.0, -4.0, -105.0), (80.0, 84.0, 66.0)),
        ellipsoid(p, (16.0, -52.0, -108.0), (58.0, 30.0, 40.0)),
    )
    hu = paint(hu, liver, 112.0 + 5.0 * _SPOTS(*p), 2.0)
    for path in (
        [(-26.0, 10.0, -84.0, 5.0), (-66.0, -2.0, -96.0, 3.6), (-104.0, 6.0, -112.0, 2.0)],
        [(-26.0, 10.0, -84.0, 4.5), (-46.0, -36.0, -100.0, 3.0), (-56.0, -60.0, -120.0, 2.0)],
        [(-26.0, 10.0, -84.0, 4.0), (2.0, -40.0, -98.0, 3.0)],
    ):
        hu = paint(hu, overlap(chain(p, path), liver + 3.0), 150.0, 1.5)
    spleen = ellipsoid(p, (92.0, 42.0, -96.0), (30.0, 38.0, 38.0), -0.5)
    hu = paint(hu, spleen, 122.0, 1.5)
    stomach = ellipsoid(p, (58.0, -8.0, -98.0), (38.0, 42.0, 36.0), 0.4)
    hu = paint(hu, stomach, 55.0, 1.5)
    contents = np.where(y < -22.0, -970.0, 18.0 + 18.0 * _SPOTS(*p))
    hu = paint(hu, stomach + 4.0, contents, 1.0)
    crura = capsule((np.abs(x), y, p[2]), (12.0, 32.0, -80.0), (14.0, 40.0, -140.0), 6.0)
    return paint(hu, crura, 60.0, 1.5)
