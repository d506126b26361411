"""Retrieve a series as it is stored.

An AI job copies a CT series to its own disk. Nobody has to decode and encode it on the way.
"""

from io import BytesIO

import pydicom
import requests

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.advanced.nb01_dicomweb_by_hand._told import (
    accepted,
    parts_of,
    path_of,
    said,
)

_REFERENCE = """
    slices = requests.get(f"{base}/studies/{chest}/series/{ct}", headers={
        "Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'
    })
"""

EXERCISE = Exercise(
    given="""
        import requests
        base = lab.dicomweb.url
        JSON = {"Accept": "application/dicom+json"}
        chest = lab.sample("ct-chest").study_uid
        series = requests.get(f"{base}/studies/{chest}/series?Modality=CT", headers=JSON).json()
        ct = series[0]["0020000E"]["Value"][0]
    """,
    blank="""
        slices = ...  # one request: the objects of the series ct, each as the archive has it
    """,
    answer="slices",
    expects=requests.Response,
    reference=_REFERENCE,
    explanation="""
        Several objects need a multipart answer, and type says what its parts are (PS3.18 10.4.4).
        Without transfer-syntax you have asked for Explicit VR Little Endian (8.7.3), so the server
        must decode every slice; * takes what is there (PS3.18 8.7.3.5.2). What came is in the
        Content-Type of each part, and in (0002,0010) of each file. Be sure that you can read it:
        an app without a JPEG-LS codec is better served by the default.
    """,
    hints=(
        "Two things go into Accept: in which wrapping, and in which transfer syntax.",
        "Forty objects do not fit into one application/dicom. PS3.18 Table 10.4.4-1 names the "
        "default; 8.7.3.5.2 the parameter.",
        """{"Accept": 'multipart/related; type="application/dicom"; transfer-syntax=*'}""",
    ),
    wrong=(
        Wrong(
            "no-multipart",
            _REFERENCE.replace('multipart/related; type="application/dicom"', "application/dicom"),
            """You accept application/dicom: one Part 10 file as the whole body. A series is forty
            of them, and there is no such answer for more than one instance (PS3.18 10.4.4).""",
        ),
        Wrong(
            "transcoded",
            _REFERENCE.replace("; transfer-syntax=*", ""),
            """You named no transfer syntax, and that means Explicit VR Little Endian. The server
            decoded every slice for you, and sent five times as many bytes.""",
        ),
        Wrong(
            "syntax-in-the-query",
            """
            slices = requests.get(
                f"{base}/studies/{chest}/series/{ct}?transferSyntax=*",
                headers={"Accept": 'multipart/related; type="application/dicom"'},
            )
            """,
            """You put the transfer syntax into the query. That is how WADO-URI does it; WADO-RS has
            it as a parameter of the media type, and takes no notice of yours.""",
        ),
        Wrong(
            "metadata",
            _REFERENCE.replace("{ct}", "{ct}/metadata").replace(
                'multipart/related; type="application/dicom"; transfer-syntax=*',
                "application/dicom+json",
            ),
            """You fetched the metadata: every attribute, and no pixels. Nothing can be computed
            on that.""",
        ),
    ),
)

RULE = (cite("PS3.18", "10.4.4"), cite("PS3.18", "8.7.3.5.2"))


def check(work: Work) -> Verdict:
    """Read the parts, and compare with the encoding of the stories' files."""
    answer: requests.Response = work.answer
    truth = {
        str(ds.SOPInstanceUID): str(ds.file_meta.TransferSyntaxUID)
        for ds in work.lab.sample("ct-chest").datasets("CT")
    }
    accept, path = accepted(answer), path_of(answer)
    expected = f"{len(truth)} objects in one multipart answer, in the transfer syntax they have"
    mistake = ""
    got = said(answer)
    if path.endswith("/metadata"):
        mistake = "metadata"
    elif accept.startswith("application/dicom") and "multipart" not in accept:
        mistake = "no-multipart"
    else:
        held = _syntaxes(answer)
        if held == truth:
            return passed("Every slice as the archive keeps it, in one answer.", rule=RULE)
        other = sum(held.get(uid) not in (None, syntax) for uid, syntax in truth.items())
        got += f", {len(held)} objects, {other} of them in another transfer syntax"
        if other and "transfer-syntax" not in accept:
            mistake = "syntax-in-the-query" if "?" in str(answer.url) else "transcoded"
    return failed(expected=expected, got=got, rule=RULE, mistake=mistake)


def _syntaxes(answer: requests.Response) -> dict[str, str]:
    held: dict[str, str] = {}
    for _, content in parts_of(answer):
        try:
            ds = pydicom.dcmread(BytesIO(content), stop_before_pixels=True)
        except (pydicom.errors.InvalidDicomError, EOFError):
            continue
        held[str(ds.SOPInstanceUID)] = str(ds.file_meta.TransferSyntaxUID)
    return held
