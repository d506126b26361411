"""What each tool says of each fault: ``python -m labkit.lab.faults.record``.

Runs DCMTK and pynetdicom against a lab of its own with one fault after the other, and writes what
they print, with their versions, to ``tables/symptoms.json``. Host, port and process numbers are
taken out, so that the record is the same on every machine with the same versions.
"""

from __future__ import annotations

import json
import re
import sys
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from pydicom.uid import generate_uid

from labkit.common.errors import LabkitError, ResponseTimeout
from labkit.dicom import sample
from labkit.dimse import Peer, Transcript, identifier, run_tool
from labkit.lab.enterprise import Enterprise
from labkit.lab.faults.catalogue import FAULTS
from labkit.lab.logtext import stable
from labkit.lab.workspace import Workspace

RECORD = Path(__file__).with_name("tables") / "symptoms.json"
TOOLS = ("DCMTK", "pynetdicom")
_MOST = 6
"""Lines kept of each: those that tell."""
_TELLS = re.compile(
    r"^[FEW]: |Reason|Result|Refused|Warning|Failed|Status|Rejected|Abort|Error|Success|"
    r"timed? ?out|closed|response",
    re.IGNORECASE,
)
_HIDDEN = re.compile(r"2\.25\.\d+|\b1\.2\.826\.[\d.]+")
_TIME_LIMIT = 40.0


def record(names: Iterable[str] = ()) -> dict[str, Any]:
    """Try every fault with every tool; return what they and the nodes said.

    Parameters
    ----------
    names
        Faults; all of them where empty.
    """
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Workspace.at(Path(folder) / "lab")
        workspace.prepare()
        enterprise = Enterprise(workspace)
        enterprise.start({})
        try:
            for name in names or FAULTS:
                found[name] = _one(enterprise, name)
        finally:
            enterprise.stop()
    return found


def _one(enterprise: Enterprise, name: str) -> dict[str, Any]:
    enterprise.reset()
    enterprise.faults.inject(name)
    seen: dict[str, list[str]] = {}
    for act in FAULTS[name].tries:
        for tool in TOOLS:
            said = _tried(enterprise, act, tool)
            if said is not None:
                seen[f"{said.tool}: {said.command}"] = _telling(said.lines)
    trial = enterprise.faults.repaired()[0]
    logs = {node: _warnings(enterprise, node) for node in ("ARCHIVE", "ROUTER", "WORKLIST")}
    return {
        "tools": seen,
        "work": trial["said"],
        "logs": {node: lines for node, lines in logs.items() if lines},
    }


def _warnings(enterprise: Enterprise, node: str) -> list[str]:
    lines = [stable(line) for line in enterprise.log(node)["lines"] if " WARNING " in line]
    return list(dict.fromkeys(map(_plain, lines)))[:_MOST]


def _tried(enterprise: Enterprise, act: str, tool: str) -> Transcript | None:
    """Do one act with one tool, as MR1 (with its settings) or as the workstation."""
    peers, mr1 = enterprise.floor.peers(), enterprise.floor.settings("MR1")
    archive = peers["ARCHIVE"]
    calls = Peer(mr1["called"], archive.host, mr1["port"] or archive.port)
    images = [_image(enterprise.workspace.root / "image.dcm")]
    acts: dict[str, Callable[[], Transcript]] = {
        "echo": lambda: _run("echo", archive, tool, "MR1"),
        "modality": lambda: _run("store", calls, tool, mr1["ae_title"], files=images),
        "store": lambda: _run("store", archive, tool, "MR1", files=images),
        "store-us": lambda: _run(
            "store", archive, tool, "US2", files=sample("us-heart").paths("US")
        ),
        "store-router": lambda: _run("store", peers["ROUTER"], tool, "US1", files=images),
        "find-study": lambda: _run(
            "find", archive, tool, "WORKSTN",
            identifier=identifier(
                "STUDY", AccessionNumber="NG2600147", PatientID=None, StudyDate=None
            ),
        ),
        "find-series": lambda: _run(
            "find", archive, tool, "WORKSTN", identifier=identifier("SERIES", Modality="DX")
        ),
        "move": lambda: _run(
            "move", archive, tool, "WORKSTN", destination="WORKSTN",
            identifier=identifier("STUDY", StudyInstanceUID=sample("dx-hand").study_uid),
        ),
        "worklist": lambda: _run(
            "find", peers["WORKLIST"], tool, "MR1", model="worklist",
            identifier=identifier(
                None, PatientName=None,
                ScheduledProcedureStepSequence={"ScheduledStationAETitle": "MR1"},
            ),
        ),
    }  # fmt: skip
    try:
        return acts[act]()
    except ResponseTimeout:
        return Transcript(tool, act, f"Error: still waiting after {_TIME_LIMIT:g} s")
    except LabkitError:  # the tool is not installed
        return None


def _image(path: Path) -> Path:
    """Write an image that no archive holds, from a modality that copies no accession number."""
    ds = sample("mr-brain").datasets("MR")[0]
    ds.SOPInstanceUID = ds.file_meta.MediaStorageSOPInstanceUID = generate_uid(
        prefix="2.25.", entropy_srcs=["labkit", "record of symptoms"]
    )
    ds.AccessionNumber = ""
    ds.save_as(path)
    return path


def _run(act: str, peer: Peer, tool: str, calling: str, **what: Any) -> Transcript:
    return run_tool(act, peer, tool=tool, ae_title=calling, timeout=_TIME_LIMIT, **what)


def _telling(lines: Iterable[str]) -> list[str]:
    kept = [_plain(line) for line in lines if _TELLS.search(line)]
    return list(dict.fromkeys(kept))[-_MOST:]


def _plain(line: str) -> str:
    return _HIDDEN.sub("<uid>", line).strip()


def main() -> int:
    """Write the record."""
    names = sys.argv[1:]
    known = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    known = {**known, **record(names)}
    ordered = {name: known[name] for name in FAULTS if name in known}
    RECORD.write_text(json.dumps(ordered, indent=1, ensure_ascii=True) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
