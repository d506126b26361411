"""Answer the physicist from the header.

Three numbers of one CT slice, each with a neighbour that looks like it (PS3.3 C.8.2.1).
"""

from typing import Any

from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed, show

EXERCISE = Exercise(
    given="""
        ds = lab.sample("ct-chest").datasets("CT")[0]
    """,
    blank="""
        # of the slice in `ds`: the tube voltage in kV, the tube current in mA, and the diameter
        # in mm of the field that was reconstructed
        kv = ...
        ma = ...
        field_mm = ...
    """,
    answer="(kv, ma, field_mm)",
    expects=tuple,
    reference="""
        kv = ds.KVP
        ma = ds.XRayTubeCurrent
        field_mm = ds.ReconstructionDiameter
    """,
    explanation="""
        The keyword is the way in, and the dictionary (PS3.6) or the module (PS3.3 C.8.2.1) is the
        way to be sure: it gives the unit, which the header never does. X-Ray Tube Current is in mA,
        Exposure in mAs, the current multiplied by the time. They are equal where the tube is on for
        one second, and that is how a wrong reader passes its tests: on this chest CT, with half a
        second a turn, they are not. All three are numbers written as text (VR DS and IS); pydicom
        makes them numbers.
    """,
    hints=(
        "Search the header for words: HeaderBrowser(ds) has a search box, and ds.dir('tube') lists "
        "keywords that hold 'tube'.",
        "Voltage is KVP. For current and diameter the header has two candidates each: select them "
        "in the HeaderBrowser, and look their definitions up in PS3.3 C.8.2.1.",
        "Exposure is current times time, and Data Collection Diameter is what was scanned. You "
        "want ds.XRayTubeCurrent and ds.ReconstructionDiameter.",
    ),
    wrong=(
        Wrong(
            "exposure-for-current",
            """
            kv, ma, field_mm = ds.KVP, ds.Exposure, ds.ReconstructionDiameter
            """,
            """You gave the Exposure (0018,1152), which is current times time, in mAs. The physicist
            asked for the current alone, in mA.""",
        ),
        Wrong(
            "scanned-for-reconstructed",
            """
            kv, ma, field_mm = ds.KVP, ds.XRayTubeCurrent, ds.DataCollectionDiameter
            """,
            """You gave the Data Collection Diameter (0018,0090): the field from which the scanner
            collected data. The pictures show a part of it, and that is another element.""",
        ),
        Wrong(
            "element-for-value",
            """
            kv, ma, field_mm = ds["KVP"], ds["XRayTubeCurrent"], ds["ReconstructionDiameter"]
            """,
            """ds["KVP"] is the whole data element: tag, VR, and value. Its value is
            ds["KVP"].value, or in short ds.KVP.""",
        ),
    ),
)

RULE = cite("PS3.3", "C.8.2.1")
WANTED = {
    "the tube voltage": ("KVP", ()),
    "the tube current": ("XRayTubeCurrent", (("Exposure", "exposure-for-current"),)),
    "the reconstructed field": (
        "ReconstructionDiameter",
        (("DataCollectionDiameter", "scanned-for-reconstructed"),),
    ),
}


def check(work: Work) -> Verdict:
    """Compare with the file itself, as numbers: text of a number will do."""
    ds = work.lab.sample("ct-chest").datasets("CT")[0]
    if len(work.answer) != len(WANTED):
        return failed(expected="three numbers", got=show(work.answer), rule=RULE)
    for got, (what, (keyword, neighbours)) in zip(work.answer, WANTED.items(), strict=True):
        if isinstance(got, DataElement):
            return failed(
                expected=f"{what} as a number",
                got=f"the data element {got.keyword}",
                rule=cite("PS3.5", "7.1"),
                mistake="element-for-value",
            )
        if not _is(got, ds, keyword):
            found = [name for other, name in neighbours if _is(got, ds, other)]
            return failed(
                expected=f"{what}, element {ds[keyword].tag} of this slice",
                got=show(got),
                rule=RULE,
                mistake=found[0] if found else "",
            )
    return passed("All three are what the header of the first slice says.", rule=RULE)


def _is(got: Any, ds: Dataset, keyword: str) -> bool:
    try:
        return abs(float(got) - float(ds[keyword].value)) < 1e-6
    except (TypeError, ValueError):
        return False
