"""The model's part of ``docs/experiment.md``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from labkit.exchange.experiment.tables import table


def model_report(data: Mapping[str, Any]) -> str:
    """Return the sections on the model."""
    region = data["region"]
    return "\n\n".join((
        _MODEL.strip(),
        fit_table(data),
        _FAR.strip().format(
            seeds=len(data["seeds"]), seconds=data["seconds"], **region,
            million=region["studies_per_year"] / 1e6,
        ),
        band_table(data),
        _MONEY.strip(),
        year_table(data),
        _UNKNOWN.strip(),
    ))  # fmt: skip


def fit_table(data: Mapping[str, Any]) -> str:
    """Return what the model says of the runs, beside what was counted."""
    rows = []
    for hospitals, styles in data["checked"].items():
        for style, one in styles.items():
            rows.append((
                f"{hospitals} ({'fitted' if hospitals == '3' else 'held out'})", style,
                *(str(count) for count in one["messages"]),
                *(f"{count / 1e6:.3f}" for count in one["wan_bytes"]), f"{one['error']:+.2%}",
            ))  # fmt: skip
    return table(
        ("hospitals", "style", "messages", "of the model", "MB on lines", "of the model", "error"),
        rows,
    )


def band_table(data: Mapping[str, Any]) -> str:
    """Return the figures of the busiest hour, with their bands."""
    rows = [
        (style, *(_band(found[name], form) for name, form in _SHOWN))
        for style, found in data["bands"].items()
    ]
    return table(
        ("style", "messages a second", "Gbit/s over all lines", "first image, median, s",
         "95th percentile, s", "searches with a silent door"),
        rows,
    )  # fmt: skip


_SHOWN = (
    ("messages", ".0f"), ("gbit", ".2f"), ("median", ".3f"), ("p95", ".2f"), ("incomplete", ".1%"),
)  # fmt: skip


def year_table(data: Mapping[str, Any]) -> str:
    """Return storage and cost of some years."""
    rows = []
    for style, found in data["years"].items():
        for one in (found[0], found[4], found[-1]):
            rows.append((
                style, str(one["year"]), f"{one['tbyte'] / 1000:.1f}", f"{one['cost'] / 1e6:.1f}"
            ))  # fmt: skip
    return table(("style", "year", "PB on disks", "cost in the year, millions"), rows)


def _band(values: Sequence[float], form: str) -> str:
    middle, low, high = (format(max(0.0, value), form) for value in values)
    return middle if low == high else f"{middle} ({low} to {high})"


_MODEL = """
## The model, and how far it can be trusted

A discrete-event model (simpy) of the same designs: lines with rate, delay and queue, archives that
do so many things at once, connections that are kept. Its sizes of messages are fitted to the reads
and stores of the three-hospital runs (least squares, none negative). The runs of ten hospitals were
not shown to it: they are the test. Service times are assumed (20 ms for a search, 2 ms for an
object, 5 ms for a megabyte, lognormal), not fitted: the machine was too busy to measure them.
"""
_FAR = """
### {hospitals} hospitals, {million:g} million studies a year

{seconds:g} seconds of the busiest hour (after 20 seconds in which queues fill), {seeds} seeds. In
brackets the 95 % confidence interval of the mean over seeds, by Student's t, cut at 0: what other
draws would give. It says nothing of wrong assumptions, which weigh more. A percentile that jumps
(all doors answer, or one waits for the timeout) has a band that means little: read the last column.

Assumed: {mbyte:g} MB a study in the mean (lognormal), {priors:g} reads of priors from elsewhere for
each new study, {misses:g} reads of own studies that have left the hospital where originals are
central, {mbit:g} Mbit/s and {ms:g} ms for each hospital. A door answers {available:.2%} of the
time, and nobody waits longer than {timeout:g} s for it. Connections between all sites are open
already; closed ones cost each search a handshake with each site. Federated is the one on the star.
"""
_MONEY = """
### Storage and cost over years

5 % more studies each year, originals kept for 10 years and held twice, and 90 days of copies at the
hospitals where the originals are central. **All prices are made up**, of no vendor and in no
currency (`labkit.exchange.experiment.model.Prices`); give your own before you compare.
"""
_UNKNOWN = """
### What the model does not know

- People: who waits, gives up, phones, sends a disc.
- Patients with several numbers, and the cross-reference that must be asked before each search.
- Consent, user assertions, audit: their messages are not in it.
- Failures that come together (one power line, one vendor's update) and repairs that take days.
- Service times of real archives: they are assumed; with more than some ten thousand studies they
  grow, and not in proportion.
- The centre's own line: each hospital's line ends there, and what comes together there is the
  column Gbit/s. TCP over long lines, lost packets.
- Images of real size were not sent through real nodes: sizes of messages are measured, the time of
  80 MB is arithmetic.
- 200 hospitals are 20 times what it was checked with. It can say which quantity grows with what; a
  figure in its tables is no promise.
"""
