"""The algorithm: fresh blood in a head CT without contrast, by a threshold in Hounsfield units.

Fresh clotted blood is denser (about 60 to 80 HU) than grey matter (about 35 to 40) and lighter
than bone. So: smooth away the noise, take what lies between two values inside the skull and away
from bone and air, cut off what is thin, and keep each part that is large enough.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.exchange.ai.components import components, enclosed, grow, shrink, smooth
from labkit.exchange.ai.volume import Volume

LIMITS = (
    "Threshold in HU, not trained and not validated on patients. Misses bleeds under 1 ml, thin "
    "subdural and subarachnoid blood, blood near bone, and blood older than some days. Mistakes "
    "calcification, contrast medium and dense tumour for blood. Negative does not exclude."
)
_BONE, _AIR = 300.0, -200.0


@dataclass(frozen=True)
class Finding:
    """What was found in one series.

    Attributes
    ----------
    mask
        Which voxels, in the order of the `Volume`; none where nothing was found.
    volume_ml
        Of all parts together, by Pixel Spacing and slice positions.
    mean_hu
        Mean of the voxels; ``nan`` where there are none.
    parts
        How many that do not touch each other.
    """

    mask: npt.NDArray[np.bool_] = field(repr=False)
    volume_ml: float
    mean_hu: float
    parts: int

    @property
    def positive(self) -> bool:
        """Whether anything was found."""
        return self.parts > 0


@dataclass(frozen=True)
class BleedFinder:
    """The algorithm and its numbers; another number is another algorithm, with another version.

    Attributes
    ----------
    low, high
        HU between which blood lies. `low` is half way from grey matter to clot.
    denser_than
        HU that the mean of a part has to reach.
    least_ml
        Parts smaller than this are left out.
    away_mm
        Distance that is kept from bone and air, whose edges average to values like blood.
    thin_mm
        What is thinner than about twice this is cut off: falx, tentorium, vessels.
    """

    low: float = 50.0
    high: float = 90.0
    denser_than: float = 56.0
    least_ml: float = 1.0
    away_mm: float = 2.7
    thin_mm: float = 0.9
    name: str = "labkit bleed finder"
    release: str = "1.0.0"
    manufacturer: str = "labkit"
    modality: str = "CT"
    limits: str = LIMITS

    @property
    def version(self) -> str:
        """Release and parameters: what a result depends on besides its input."""
        return f"{self.release}+{'.'.join(f'{v:g}' for v in self.parameters.values())}"

    @property
    def parameters(self) -> dict[str, float]:
        """The numbers, by name."""
        names = ("low", "high", "denser_than", "least_ml", "away_mm", "thin_mm")
        return {name: getattr(self, name) for name in names}

    def suits(self, headers: Sequence[Dataset]) -> None:
        """Refuse what the algorithm was not made for.

        Raises
        ------
        DataError
            Another modality, a localiser, another part of the body, or contrast medium.
        """
        for ds in headers:
            kind = [str(v) for v in ds.get("ImageType") or []]
            part = str(ds.get("BodyPartExamined") or "HEAD")
            if ds.get("Modality") != self.modality or "LOCALIZER" in kind:
                raise DataError(
                    f"an image of the series is {ds.get('Modality')} {' '.join(kind)}".rstrip(),
                    remedy=f"choose the axial {self.modality} series of the study",
                )
            if part not in ("HEAD", "BRAIN", "SKULL"):
                raise DataError(f"the series shows {part}", remedy="the finder is for heads")
            if ds.get("ContrastBolusAgent"):
                raise DataError(
                    "contrast medium was given, which is as dense as blood",
                    remedy="choose the series before contrast",
                )

    def find(self, volume: Volume) -> Finding:
        """Look for blood.

        Parameters
        ----------
        volume
            An axial head CT without contrast.
        """
        values = volume.values
        away, thin = volume.pixels(self.away_mm), volume.pixels(self.thin_mm)
        edge = grow(values > _BONE, *away) | grow(values < _AIR, *away)
        mean = smooth(values, *volume.pixels(0.46)) if min(volume.spacing) < 0.7 else values
        likely = enclosed(values > _BONE) & ~edge & (mean > self.low) & (mean < self.high)
        mask, parts = np.zeros(values.shape, bool), 0
        for core in components(shrink(likely, *thin)):
            part = grow(core, *thin) & likely
            if volume.millilitres(part) < self.least_ml:
                continue
            if float(values[part].mean()) >= self.denser_than:
                mask |= part
                parts += 1
        hu = float(values[mask].mean()) if parts else float("nan")
        return Finding(mask, volume.millilitres(mask), hu, parts)
