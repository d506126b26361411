"""What `labkit map` maps by: the options of its command line, or a frozen file in their place."""

from __future__ import annotations

from pathlib import Path

from labkit.common.errors import UsageError
from labkit.fhir.mapping.folder import load_site, load_table
from labkit.fhir.mapping.frozen import Frozen


def chosen(
    frozen: Path | None, table: Path | None, site: Path | None, fhir: str, endpoint: str
) -> Frozen:
    """Return the mapping that a command line asks for.

    Raises
    ------
    UsageError
        A frozen file, and something beside it that it already holds.
    """
    if frozen is None:
        return Frozen.of(load_table(table), load_site(site), fhir or "R4", endpoint or None)
    beside = {"--table": table, "--site": site, "--fhir": fhir, "--endpoint": endpoint}
    given = [name for name, value in beside.items() if value]
    if given:
        raise UsageError(
            f"a frozen mapping is not changed by {', '.join(given)}",
            remedy="Leave that out, or freeze another one: labkit map --freeze FILE.",
        )
    return Frozen.load(frozen)
