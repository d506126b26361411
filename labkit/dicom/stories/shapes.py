"""Solid shapes, textures and noise that phantoms are built of.

Only ``+ - * /``, square roots and integer random numbers are used: IEEE 754 rounds these the same
way on every machine, so the sample data come out bit for bit the same. ``sin``, ``exp`` and matrix
products do not have that property.

A point is ``(x, y, z)`` in mm, each an array; x to the patient's left, y to the back, z to the
head. A shape is its signed distance in mm, negative inside, so that edges can be made soft.
"""

from __future__ import annotations

import math
import uuid
from itertools import pairwise
from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

from labkit.dicom.stories.uids import NAMESPACE

Array: TypeAlias = npt.NDArray[Any]
Vector: TypeAlias = tuple[float, float, float]
Point: TypeAlias = tuple[Array, Array, Array]


def dice(*name: object) -> np.random.Generator:
    """Return random numbers that belong to a name, the same in every run."""
    seed = uuid.uuid5(NAMESPACE, "/".join(map(str, ("noise", *name)))).int
    return np.random.Generator(np.random.PCG64(seed))


def gaussian(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Return noise of mean 0 and variance 1, nearly normal: the sum of four even draws."""
    total = np.zeros(shape)
    for _ in range(4):
        total += rng.integers(0, 1 << 16, size=shape, dtype=np.uint16)
    normal: Array = (total / 65535.0 - 2.0) * math.sqrt(3.0)
    return normal


def smooth(image: Array, times: int = 1) -> Array:
    """Blur along the last two axes with the kernel 1 2 1, as a scanner's reconstruction does."""
    for _ in range(times):
        for axis in (-2, -1):
            pad = [(0, 0)] * image.ndim
            pad[axis] = (1, 1)
            wide = np.moveaxis(np.pad(image, pad, mode="edge"), axis, -1)
            blurred = (wide[..., :-2] + 2 * wide[..., 1:-1] + wide[..., 2:]) / 4
            image = np.moveaxis(blurred, -1, axis)
    return image


def grain(rng: np.random.Generator, shape: tuple[int, ...], sd: float, times: int = 1) -> Array:
    """Return smooth noise of standard deviation `sd`; the pattern of a soft CT kernel."""
    # What blurring leaves of the standard deviation: the sum of the squared binomial weights.
    left = math.comb(4 * times, 2 * times) / 4 ** (2 * times)
    noise: Array = smooth(gaussian(rng, shape), times) * (sd / left)
    return noise


class Texture:
    """A random field that is smooth over `cell` mm; values between −1 and 1.

    A lattice of random numbers, with cubic easing between its points ("value noise").
    """

    def __init__(self, *name: object, cell: float, size: int = 24) -> None:
        draws = dice(*name).integers(0, 1 << 16, size=(size,) * 3, dtype=np.uint16)
        self.lattice = draws / 32767.5 - 1.0
        self.cell, self.size = cell, size

    def __call__(self, x: Array | float, y: Array | float, z: Array | float) -> Array:
        """Return the field at points, periodic after `cell` × `size` mm."""
        low, high, part = [], [], []
        for u in (x, y, z):
            scaled = np.asarray(u) / self.cell
            whole = np.floor(scaled)
            f = scaled - whole
            index = whole.astype(np.int64) % self.size
            low.append(index)
            high.append((index + 1) % self.size)
            part.append(f * f * (3.0 - 2.0 * f))
        total: Array = np.zeros(np.broadcast(*part).shape)
        for corner in range(8):
            weight: Array | float = 1.0
            where = []
            for axis in range(3):
                upper = corner >> axis & 1
                where.append(high[axis] if upper else low[axis])
                weight = weight * (part[axis] if upper else 1.0 - part[axis])
            total = total + weight * self.lattice[where[0], where[1], where[2]]
        return total


def inside(distance: Array, edge: float = 1.0) -> Array:
    """Turn a signed distance into coverage from 0 to 1, soft over `edge` mm."""
    return np.clip(0.5 - distance / edge, 0.0, 1.0)


def paint(image: Array, distance: Array, value: Array | float, edge: float = 1.0) -> Array:
    """Return `image` with a shape of one value painted over it."""
    cover = inside(distance, edge)
    return image + cover * (value - image)


def ellipsoid(p: Point, center: Vector, radii: Vector, turn: float = 0.0) -> Array:
    """Distance to an ellipsoid; `turn` is the tangent of its rotation in the axial plane."""
    x, y, z = (u - c for u, c in zip(p, center, strict=True))
    if turn:
        norm = math.sqrt(1.0 + turn * turn)
        x, y = (x + turn * y) / norm, (y - turn * x) / norm
    q = np.sqrt((x / radii[0]) ** 2 + (y / radii[1]) ** 2 + (z / radii[2]) ** 2)
    r = np.sqrt(x * x + y * y + z * z)
    # Along the ray from the centre: exact for a sphere, near enough for the edges of the others.
    distance: Array = r * (1.0 - 1.0 / np.maximum(q, 0.02))
    return distance


def capsule(p: Point, a: Vector, b: Vector, r0: float, r1: float | None = None) -> Array:
    """Distance to a rod from `a` to `b` whose radius goes from `r0` to `r1`."""
    x, y, z = (u - c for u, c in zip(p, a, strict=True))
    dx, dy, dz = (end - start for start, end in zip(a, b, strict=True))
    t = np.clip((x * dx + y * dy + z * dz) / (dx * dx + dy * dy + dz * dz), 0.0, 1.0)
    x, y, z = x - t * dx, y - t * dy, z - t * dz
    radius = r0 if r1 is None else r0 + t * (r1 - r0)
    return np.sqrt(x * x + y * y + z * z) - radius


def chain(p: Point, points: list[tuple[float, float, float, float]]) -> Array:
    """Distance to rods end to end through points ``(x, y, z, radius)``."""
    rods = [capsule(p, a[:3], b[:3], a[3], b[3]) for a, b in pairwise(points)]
    return union(*rods)


def union(*distances: Array) -> Array:
    """Distance to whatever is nearest."""
    nearest = distances[0]
    for other in distances[1:]:
        nearest = np.minimum(nearest, other)
    return nearest


def overlap(*distances: Array) -> Array:
    """Distance to what all have in common."""
    return -union(*(-d for d in distances))
