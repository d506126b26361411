"""Which function writes which study, and writing all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from labkit.common.errors import UsageError
from labkit.dicom.stories import (
    angiogram,
    ct,
    mammogram,
    mr,
    nodule,
    nuclear,
    reports,
    ultrasound,
    xray,
)

#: Slug to the functions that write its folder, in order; the long ones first.
WRITERS: dict[str, list[Callable[[Path], None]]] = {
    "ct-head": [ct.write_head, reports.write_head_report],
    "ct-chest": [ct.write_chest, nodule.write],
    "dx-chest": [xray.write_chest],
    "cr-chest-prior": [xray.write_chest_prior],
    "pt-chest": [nuclear.write_pet],
    "mr-brain": [mr.write, reports.write_brain_report],
    "ct-head-followup": [ct.write_head_followup],
    "xa-coronary": [angiogram.write],
    "us-heart": [ultrasound.write_heart],
    "mg-screening": [mammogram.write],
    "nm-bone": [nuclear.write_bone_scan],
    "dx-hand": [xray.write_hand],
    "dx-hand-followup": [xray.write_hand],
    "knee-ap": [xray.write_knee],
    "knee-lateral": [xray.write_knee],
    "us-thyroid": [ultrasound.write_thyroid],
    "cr-wrist": [xray.write_wrist],
    "ct-no-spacing": [ct.write_without_spacing],
}


def write_study(slug: str, folder: Path) -> str:
    """Write one study into ``folder/slug`` and return the slug.

    Raises
    ------
    UsageError
        If no study is called so.
    """
    if slug not in WRITERS:
        raise UsageError(f"no story writes {slug!r}", remedy=f"one of {', '.join(WRITERS)}")
    for write in WRITERS[slug]:
        write(folder / slug)
    return slug


def write_all(folder: Path, slugs: Iterable[str] = WRITERS) -> Iterable[str]:
    """Write studies on all cores; yields each slug as it is done."""
    with ProcessPoolExecutor() as pool:
        yield from pool.map(write_study, slugs, [folder] * len(WRITERS))
