"""Write the table of notebooks into docs/own-data.md.

::

    python -m tests.docs.generate_own_data

A notebook that says ``lab.study(…)`` runs on a study of the user's own, and
tests/lab/owndata/test_lessons.py runs it so; any other needs its reason here.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "notebooks"
TARGET = ROOT / "docs" / "own-data.md"
BEGIN, END = "<!-- notebooks -->", "<!-- end of notebooks -->"

STORY = "about the lab's story: orders, people and faults that the exercises know"
SITES = "about the lab's sites, and what each of them holds"
IDENTITY = "about identities, which your study has no longer"
RIGHTS = "about the secure lab, into which nothing is imported"
#: Why a notebook is about the samples alone.
WHY = {
    "00_start_here": "proves that the installation works, by what it must show",
    "beginner/01_a_scans_journey": STORY,
    "beginner/06_parts_of_a_pacs": SITES,
    "beginner/09_fhir_from_nothing": "types one sample's values by hand",
    "beginner/10_project_pacs_sandbox": "builds a PACS on objects that it knows",
    "intermediate/01_associations_on_the_wire": "counts the bytes of known objects",
    "intermediate/02_transfer_syntaxes": "compares figures of a known slice, and what LEGACY takes",
    "intermediate/03_modality_workflow": STORY,
    "intermediate/04_multi_site_routing": "routes by what the lab's modalities send",
    "intermediate/05_troubleshooting": STORY,
    "intermediate/06_unannounced_faults": STORY,
    "intermediate/07_a_fhir_server_at_work": "about resources of the lab's FHIR server, not images",
    "intermediate/10_reports_and_documents": "needs the samples' reports, key images and SEG",
    "intermediate/11_project_fhir_imaging_gateway": "a gateway judged by known studies",
    "advanced/02_dicom_json_and_multipart": "needs an ultrasound loop and a name in three scripts",
    "advanced/03_build_a_facade": "a façade judged by known studies",
    "advanced/04_facade_in_operation": "measures with known sizes",
    "advanced/05_ai_on_a_legacy_pacs": "the algorithm finds what is in the sample",
    "advanced/06_deidentification": IDENTITY,
    "advanced/07_attack_deidentification": IDENTITY,
    "advanced/08_oauth_smart": RIGHTS,
    "advanced/09_node_authentication": RIGHTS,
    "advanced/10_consent": RIGHTS,
    "advanced/11_audit": RIGHTS,
    "advanced/12_routers_and_federations": SITES,
    "advanced/13_centralised_or_federated": "counts in a model, without images",
    "advanced/14_manifests": "needs the samples' key images and reports",
    "advanced/15_mhd": SITES,
    "advanced/16_xca_across_communities": SITES,
    "advanced/17_hybrid_cloud": "counts and digests of known objects",
    "advanced/18_image_sharing": SITES,
    "advanced/19_project_exchange": SITES,
    "advanced/20_mentoring": "no lesson: conversations",
}


def notebooks() -> list[str]:
    """List the notebooks, in the order of the tracks."""
    order = {"beginner": 1, "intermediate": 2, "advanced": 3}
    found = [
        p.relative_to(HOME) for p in HOME.rglob("*.ipynb") if ".ipynb_checkpoints" not in str(p)
    ]
    return [p.as_posix() for p in sorted(found, key=lambda p: (order.get(p.parts[0], 0), p.name))]


def handles(name: str) -> set[str]:
    """Read which samples a study of the user's takes the place of in a notebook."""
    cells = json.loads((HOME / name).read_text(encoding="utf-8"))["cells"]
    code = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "code")
    return set(re.findall(r'lab\.study\("([a-z-]+)"\)', code))


def on_own_data() -> list[str]:
    """List the notebooks that run on a study of the user's."""
    return [name for name in notebooks() if handles(name)]


def table() -> str:
    """Make the table."""
    lines = ["| notebook | on your own study | |", "|---|---|---|"]
    for name in notebooks():
        slug = name.removesuffix(".ipynb")
        found = sorted(handles(name))
        why = f"in the place of {', '.join(f'`{one}`' for one in found)}" if found else WHY[slug]
        said = "runs" if found else "the samples only"
        lines.append(f"| [{slug}](../notebooks/{name}) | {said} | {why} |")
    return "\n".join(lines)


def written() -> str:
    """Return the document with the table as it has to be."""
    text = TARGET.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    return f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}"


if __name__ == "__main__":
    TARGET.write_text(written(), encoding="utf-8")
