"""Make a manifest of a study's objects: `gather`, `check`, `write` in one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from pydicom.dataset import Dataset

from labkit.common.errors import DataError
from labkit.exchange.manifests.check import check
from labkit.exchange.manifests.gather import gather
from labkit.exchange.manifests.maker import Maker
from labkit.exchange.manifests.model import Manifest, Request
from labkit.exchange.manifests.terms import Code
from labkit.exchange.manifests.writing import write


def build(
    datasets: Iterable[Dataset],
    flavour: str = "xds-i.b",
    *,
    maker: Maker | None = None,
    when: datetime | None = None,
    uid: str = "",
    requests: Sequence[Request] = (),
    regions: Sequence[Code] = (),
) -> Dataset:
    """Make a manifest of the objects of one study.

    Parameters
    ----------
    datasets, flavour, when, uid, requests, regions
        As `gather` takes them.
    maker
        What the site knows: who issues IDs, where images are had. A MADO manifest needs it.

    Returns
    -------
    pydicom.dataset.Dataset
        A Key Object Selection Document; `part10` makes a file of it.

    Raises
    ------
    UsageError
        There is nothing to list, the objects are of several studies, or the flavour is none.
    DataError
        Objects contradict each other, or the manifest would lack what MADO requires.
    """
    return write(complete(gather(
        datasets, flavour, maker=maker, when=when, uid=uid, requests=requests, regions=regions
    )))  # fmt: skip


def complete(manifest: Manifest) -> Manifest:
    """Return a manifest that can be published as what its title says.

    Raises
    ------
    DataError
        It is one with description, and lacks what MADO requires.
    """
    if manifest.flavour == "mado" and (missing := check(manifest)):
        raise DataError(
            "A MADO manifest needs what these images do not say: "
            + "; ".join(str(problem) for problem in missing[:6]),
            remedy="Give what the site knows with maker=Maker(…) or Maker.of(party), requests= and "
            "regions=.",
        )
    return manifest
