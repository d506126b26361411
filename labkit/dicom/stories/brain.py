"""A brain: cortex, white matter, ventricles, cisterns, and a bleed that pushes them aside.

`head` and `mr` give each tissue Hounsfield units or a signal. Coordinates in mm as in `shapes`,
with z = 0 at the line from the eye's corner to the ear canal.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from labkit.dicom.stories.shapes import (
    Array,
    Point,
    Texture,
    capsule,
    chain,
    ellipsoid,
    inside,
    overlap,
    union,
)


@dataclass(frozen=True)
class Bleed:
    """A haematoma: where and how large, its oedema and push (all in mm), its density (HU)."""

    center: tuple[float, float, float] = (31.0, 1.0, 17.0)
    radii: tuple[float, float, float] = (13.0, 20.0, 16.0)
    oedema: float = 8.0
    push: float = 10.0
    density: float = 66.0


@dataclass(frozen=True)
class Brain:
    """Fractions of each tissue, 0 to 1; later ones are painted over earlier ones."""

    layers: list[tuple[str, Array]]


_SULCI = Texture("sulci", cell=15.0, size=32)
_SULCI_FINE = Texture("sulci-fine", cell=8.0, size=48)
_FOLIA = Texture("folia", cell=4.0, size=48)
_RAGGED = Texture("ragged", cell=9.0)

_LATERAL = [
    (8.5, -35.0, 19.0, 3.0), (9.5, -26.0, 24.0, 5.0), (9.0, -10.0, 29.0, 5.0),
    (11.0, 8.0, 32.0, 5.0), (16.0, 26.0, 29.0, 5.5), (25.0, 38.0, 19.0, 7.0),
    (24.0, 52.0, 14.0, 4.0), (21.0, 66.0, 13.0, 1.5),
]  # fmt: skip
_TEMPORAL_HORN = [(25.0, 38.0, 19.0, 5.0), (32.0, 24.0, 4.0, 3.0), (31.0, 4.0, -9.0, 2.0)]


def displaced(p: Point, bleed: Bleed | None) -> Point:
    """Return where the tissue at `p` would lie without the bleed pushing it."""
    if bleed is None:
        return p
    x, y, z = (u - c for u, c in zip(p, bleed.center, strict=True))
    size = sum(bleed.radii) / 3.0
    r2 = x * x + y * y + z * z
    r = np.sqrt(r2) + 1e-6
    # Strongest at the edge of the bleed, fading with distance and to nothing at the skull.
    rim = np.clip((78.0 - np.sqrt(p[0] ** 2 + (p[1] * 0.8) ** 2 + (p[2] - 20.0) ** 2)) / 40.0, 0, 1)
    shift = bleed.push * rim * np.minimum(r / size, 1.0) * (2 * size * size / (size * size + r2))
    return p[0] - shift * x / r, p[1] - shift * y / r, p[2] - shift * z / r


def brain(p: Point, depth: Array, bleed: Bleed | None = None) -> Brain:
    """Return the tissues at `p`.

    Parameters
    ----------
    p
        Points in mm.
    depth
        How far each lies below the inner table of the skull, in mm.
    """
    q = displaced(p, bleed)
    x, y, z = q
    ax = np.abs(x)
    one_side = (ax, y, z)

    # Sulci run inwards from the surface: the folding pattern depends on direction alone.
    r = np.sqrt(x * x + y * y + (z - 15.0) ** 2) + 1e-6
    reach = 78.0 / r
    spot = (x * reach + 0.25 * depth, y * reach, (z - 15.0) * reach + 0.2 * depth)
    fold = _SULCI(*spot) + 0.55 * _SULCI_FINE(*spot)
    valley = np.abs(fold) * 11.0  # mm from the bottom line of a sulcus, about
    sulcus = valley - (1.9 - 0.085 * depth)

    core = ellipsoid((x, y, z), (0.0, 4.0, 17.0), (60.0, 62.0, 27.0))
    cleft = union(overlap(ax - 1.1, -core), overlap(ax - 2.6, 9.0 - depth, -core))
    sylvian = union(
        capsule(one_side, (68.0, -8.0, 10.0), (41.0, -4.0, 12.0), 2.0, 1.5),
        chain(
            one_side, [(43.0, -20.0, 6.0, 1.5), (39.5, -4.0, 12.0, 1.9), (42.0, 14.0, 16.0, 1.4)]
        ),
        capsule(one_side, (56.0, -30.0, -2.0), (43.0, -18.0, 4.0), 2.4, 1.5),
    )
    ribbon = union(
        depth - 4.2,
        overlap(valley - 4.6, depth - 19.0 - 3.0 * _SULCI_FINE(*spot)),
        overlap(ax - 4.2, -core),
        sylvian - 3.0,
    )
    lateral = union(chain(one_side, _LATERAL), chain(one_side, _TEMPORAL_HORN))
    third = ellipsoid(q, (0.0, 2.0, 9.0), (2.6, 15.0, 10.0))
    caudate = ellipsoid(one_side, (14.5, -22.0, 20.0), (5.0, 9.5, 9.0), -0.25)
    lentiform = ellipsoid(one_side, (25.0, -4.0, 13.0), (6.5, 16.0, 11.0), -0.3)
    thalamus = ellipsoid(one_side, (11.5, 11.0, 14.0), (8.0, 13.0, 10.0), -0.35)
    deep = union(caudate, lentiform, thalamus)

    stem = union(
        ellipsoid(q, (0.0, 15.0, -10.0), (17.0, 13.0, 16.0)),
        ellipsoid(q, (0.0, 16.0, -34.0), (16.0, 14.0, 18.0)),
    )
    small_brain = ellipsoid(q, (0.0, 52.0, -34.0), (54.0, 33.0, 27.0))
    behind = union(small_brain, stem)
    cisterns = union(
        ellipsoid(q, (0.0, -10.0, -15.0), (13.0, 11.0, 7.0)),
        overlap(stem - 3.0, -stem, z + 30.0 - 40.0),
        overlap(small_brain - 1.6, -small_brain, 12.0 - depth),
        ellipsoid(q, (0.0, 31.0, -3.0), (13.0, 4.0, 5.0)),
        ellipsoid(q, (0.0, 66.0, -50.0), (12.0, 8.0, 7.0)),
    )
    folia = np.abs(_FOLIA(x * 0.35, y, z * 1.4)) * 4.0
    fourth = ellipsoid(q, (0.0, 34.0, -26.0), (6.5, 5.0, 9.0))

    hemispheres = overlap(-behind, -stem + 2.0)
    layers: list[tuple[str, Array]] = [
        ("white", np.ones_like(x)),
        ("grey", inside(overlap(ribbon, hemispheres), 1.2)),
        ("deep grey", inside(deep, 1.5)),
        ("csf", inside(overlap(union(sulcus, cleft, sylvian), hemispheres), 1.2)),
        ("grey", inside(small_brain, 1.5) * 0.85),
        ("white", inside(overlap(small_brain + 9.0, 2.0 - folia), 2.0) * 0.8),
        ("white", inside(stem, 2.0) * 0.75),
        ("csf", inside(cisterns, 1.2)),
        ("csf", inside(union(lateral, third, fourth), 1.0)),
        ("choroid", inside(ellipsoid(one_side, (24.0, 39.0, 18.0), (2.6, 4.5, 3.0)))),
        ("choroid", inside(ellipsoid(q, (0.0, 25.0, 9.0), (2.0, 2.2, 2.0)))),
        ("dura", inside(overlap(ax - 0.6, core * -1.0 + 3.0, 8.0 - z), 0.8) * 0.8),
    ]
    if bleed is not None:
        rough = _rough(p)
        clot = ellipsoid(p, bleed.center, bleed.radii) + rough
        layers.append(("oedema", inside(clot - bleed.oedema - rough * 0.7, 4.0)))
        layers.append(("blood", inside(clot, 1.8)))
    return Brain(layers)


def clot_distance(p: Point, bleed: Bleed) -> Array:
    """Return how far points are from the edge of the clot in mm, negative inside."""
    distance: Array = ellipsoid(p, bleed.center, bleed.radii) + _rough(p)
    return distance


def _rough(p: Point) -> Array:
    ragged: Array = 3.0 * _RAGGED(*p) + 1.2 * _FOLIA(*p)
    return ragged
