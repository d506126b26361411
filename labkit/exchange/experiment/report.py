"""The tables of the experiment, made from its data: ``docs/experiment.md``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labkit.exchange.experiment.model.report import model_report
from labkit.exchange.experiment.tables import table

COMMAND = "labkit exchange experiment --write"


def report(data: Mapping[str, Any]) -> str:
    """Return the page for the data of a run, such as `published` gives."""
    parts = [_HEAD.format(command=COMMAND)]
    for hospitals, found in data["sites"].items():
        parts.append(f"## {hospitals} hospitals\n\n{_workload(found['workload'])}")
        styles = found["styles"]
        parts.append("### What it costs\n\n" + costs(styles))
        parts.append("### What survives\n\n" + _SURVIVES + survival(styles))
        parts.append("### What leaks\n\n" + _LEAKS + leakage(styles))
    parts.append("## Time to the first image\n\n" + _times(data.get("times")))
    if data.get("model"):
        parts.append(model_report(data["model"]))
    return "\n\n".join(part.strip() for part in parts) + "\n"


def costs(styles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of messages, bytes and copies."""
    rows = []
    for style, run in styles.items():
        kinds = ", ".join(f"{count} {kind}" for kind, count in run["messages"].items())
        rows.append((
            style, f"{run['message_count']} ({kinds})", _mb(run["wan_bytes"]),
            _mb(run["store_bytes"]), _mb(run["read_bytes"]), f"{run['holders']:.2f}",
            f"{run['disk_bytes'] / run['made_bytes']:.2f}",
        ))  # fmt: skip
    return table(
        ("style", "messages", "MB on lines", "of them to store", "to read", "sites with a study",
         "MB on disks for each MB made"),
        rows,
    )  # fmt: skip


def survival(styles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of what is answered without a site or a line."""
    rows = []
    for style, run in styles.items():
        for what in ("nothing", "centre", "hospital", "line"):
            cases = [one for one in run["survived"] if one["what"] == what]
            if not cases:
                continue
            total = {key: sum(one[key] for one in cases) for key in _SUMMED}
            worst = min(_share(one["whole"], one["due"]) for one in cases)
            rows.append((
                style, "the centre's switch" if what == "centre" and "star" in style else what,
                str(len(cases)), _of(total["listed"], total["due"]),
                _of(total["whole"], total["due"]), f"{worst:.0%}",
                _of(total["own_whole"], total["own_due"]), str(total["unaware"]),
            ))  # fmt: skip
    return table(
        ("style", "what is dead", "cases", "priors listed", "priors read", "read in the worst case",
         "own studies read", "incomplete and not said"),
        rows,
    )  # fmt: skip


_SUMMED = ("due", "listed", "whole", "own_due", "own_whole", "unaware")


def leakage(styles: Mapping[str, Mapping[str, Any]]) -> str:
    """Return the table of what one hostile site has, hears and collects; means over sites."""
    rows = []
    for style, run in styles.items():
        for role in ("centre", "hospital"):
            cases = [one for one in run["leaks"] if one["role"] == role]
            if not cases:
                continue
            mean = {
                key: sum(one[key] for one in cases) / len(cases) for key in cases[0]
                if isinstance(cases[0][key], int)
            }  # fmt: skip
            rows.append((
                style, role, *(f"{mean[key]:.1f}" for key in (
                    "strangers", "on_disk", "images_on_disk", "searched_for", "collected",
                    "images_collected", "doors")),
            ))  # fmt: skip
    return table(
        ("style", "hostile", "strangers", "metadata on its disk", "images on its disk",
         "searched for", "metadata by asking", "images by asking", "doors"),
        rows,
    )  # fmt: skip


def _workload(work: Mapping[str, Any]) -> str:
    return (
        f"Seed {work['seed']}: {work['acquire']} studies of {work['patients']} patients are made,\n"
        f"{work['own']} are opened where they were made, and {work['prior']} times somebody looks\n"
        "for a patient and opens a study that was made elsewhere."
    )


def _times(found: Mapping[str, Any] | None) -> str:
    if not found:
        return (
            "Not measured: the machine was busy with other work when this page was written. A\n"
            "ratio of times that were taken under load says more about the load than about a style."
        )
    rows = []
    for hospitals, styles in found["sites"].items():
        base = styles["centralised"]["first_image"]
        for style, one in styles.items():
            ratio = f"{one['first_image'] / base:.2f}" if one["first_image"] and base else "-"
            rows.append((hospitals, style, str(one["reads"]), ratio))
    return (
        f"Median over the reads of priors that came over a line, as a ratio to the centralised "
        f"network of the same run. Lines of {found['mbit']:g} Mbit/s and {found['ms']:g} ms. "
        f"Machine: {found['machine']}; its load was {found['load']:.1f}.\n\n"
        + table(("hospitals", "style", "reads", "time to first image, ratio"), rows)
    )


def _mb(count: int) -> str:
    return f"{count / 1e6:.2f}"


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 1.0


def _of(part: int, whole: int) -> str:
    return f"{part} of {whole} ({_share(part, whole):.0%})"


_HEAD = """
# Centralised or federated: the experiment

Written by `{command}`. Each network is built of real nodes (archives, DICOM
doors, DICOMweb, lines that count bytes) in one process, and gets the same steps in the same order.
Counts are the same in every run; bytes to a percent or so. How: `labkit/exchange/experiment/`. The
lesson: [notebook 13](../notebooks/advanced/13_centralised_or_federated.ipynb).

Styles: **centralised** sends each study to one archive; **hybrid** leaves images where they are
made and sends a manifest (KOS, XDS-I.b) to one index; **federated** leaves images and asks
everybody. The first two have a line from each hospital to the centre, the third a line between any
two. **federated, star** is the third over the lines of the first two: so a difference that the
lines make is not taken for one that the style makes. Each hospital keeps copies of two studies in
each style, its newest own ones among them where the originals are central.

Connections are made anew for each read, as after some idle time.

What this does not measure: patients with several numbers (each has one here), consent and user
assertions at the doors, several things at once, images of real size.
"""
_SURVIVES = """\
Each site loses its power and each line is cut, one at a time; then each hospital that lives looks
for the same priors, and opens some of its own studies. "Not said": the search left something out
and claimed to be complete.

"""
_LEAKS = """\
One site after the other is taken for hostile; means over the sites of a kind, of patients who were
never examined there ("strangers"). "Searched for": others asked this site for the patient, so it
knows that the patient is somebody's. "By asking": the site asks at all doors, as a member with good
certificates whom nobody asks why. "Doors": at how many it had to, each with a log of its own.

"""
