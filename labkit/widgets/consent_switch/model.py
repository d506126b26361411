"""ConsentSwitch, the Python side: choices become a Consent, and a callable asks the doors."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from traitlets import Dict, List

from labkit.access.consent.writing import consent, provision
from labkit.common.errors import UsageError
from labkit.widgets.base import LabWidget
from labkit.widgets.base.fallback import table

PURPOSES = ("", "TREAT", "ETREAT", "HRESCH", "BTG")
CLASSES = ("", "ImagingStudy", "DiagnosticReport", "ServiceRequest", "Patient")
MEANINGS = ("related", "dependents", "instance")
_DATE = re.compile(r"(\d{4}(-\d\d(-\d\d)?)?)?")
Row = Mapping[str, Any]
Ask = Callable[[dict[str, Any]], Sequence[Row]]


class ConsentSwitch(LabWidget):
    """Edit a Consent, and see each door open and shut with the reason.

    Parameters
    ----------
    ask
        Takes a Consent, puts it in force, tries the doors, and returns one row a door:
        ``{"door": "WADO-RS", "open": True, "reason": "…"}``. Objects with ``to_dict()`` will do.
    patient
        Id of the Patient.
    actors, studies
        What can be chosen: references such as ``Practitioner/eve``, ids of ImagingStudies.
    **chosen
        What is chosen at first: `base` (OPTIN, OPTOUT), `decision` (deny, permit), `actor`,
        `kind`, `study`, `meaning`, `purpose`, `start`, `end`.

    Raises
    ------
    UsageError
        A choice that is none.

    Examples
    --------
    >>> switch = ConsentSwitch(hospital.ask, patient="quillfeather",
    ...                        actors=["Practitioner/eve"], studies=["ct-head"])
    >>> switch.choose(decision="deny", actor="Practitioner/eve", meaning="instance")
    >>> switch.opened         # names of the doors that are open
    """

    folder: ClassVar[Path] = Path(__file__).parent

    choices = Dict(help="what is chosen: name to value").tag(sync=True)
    _offered = Dict(help="name to what can be chosen").tag(sync=True)
    _rows = List(Dict(), help="door, open, reason").tag(sync=True)
    _consent = Dict(help="the FHIR Consent that is in force").tag(sync=True)
    _problem = Dict(help="text of what went wrong, if anything").tag(sync=True)

    def __init__(
        self,
        ask: Ask,
        *,
        patient: str,
        actors: Iterable[str],
        studies: Iterable[str] = (),
        **chosen: str,
    ) -> None:
        self._ask, self._patient = ask, patient
        offered = {
            "base": ["OPTIN", "OPTOUT"],
            "decision": ["deny", "permit"],
            "actor": ["", *actors],
            "kind": list(CLASSES),
            "study": ["", *studies],
            "meaning": list(MEANINGS),
            "purpose": list(PURPOSES),
        }
        first = {name: values[0] for name, values in offered.items()} | {"start": "", "end": ""}
        _check(offered, chosen)
        super().__init__(choices={**first, **chosen}, _offered=offered)
        self._try()
        self.observe(lambda change: self._try(), "choices")

    # -- for code --

    def choose(self, **chosen: str) -> list[dict[str, Any]]:
        """Change choices, and return the rows that come of it."""
        _check(self._offered, chosen)
        self.choices = {**self.choices, **chosen}
        return self.rows

    @property
    def consent(self) -> dict[str, Any]:
        """The FHIR R4 Consent of what is chosen."""
        made = self.choices
        data = [(made["meaning"], f"ImagingStudy/{made['study']}")] if made["study"] else []
        rule = provision(
            made["decision"],
            actor=[made["actor"]] if made["actor"] else [],
            kind=[made["kind"]] if made["kind"] else [],
            purpose=[made["purpose"]] if made["purpose"] else [],
            data=data,
            start=made["start"],
            end=made["end"],
        )
        outer = "permit" if made["base"] == "OPTIN" else "deny"
        return consent(self._patient, made["base"], provision(outer, rule))

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Each door, whether it is open, and why."""
        return [dict(row) for row in self._rows]

    @property
    def opened(self) -> list[str]:
        """Names of the doors that are open."""
        return [row["door"] for row in self._rows if row["open"]]

    @property
    def digest(self) -> str:
        """SHA-256 of the Consent and of what came of it."""
        text = json.dumps([self._consent, self._rows], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def summary(self) -> str:
        """Say how many doors are open."""
        return f"{len(self.opened)} of {len(self._rows)} doors open"

    def fallback(self) -> dict[str, object]:
        """Return the doors as a table, and the Consent as JSON."""
        rows = [["open" if r["open"] else "shut", r["door"], r["reason"]] for r in self._rows]
        note = json.dumps(self._consent.get("provision", {}))
        columns = ["", "door", "why"]
        return {"text/html": table(columns, rows, f"Consent: {self.summary()}", note)}

    # -- inside --

    def _try(self) -> None:
        try:
            _check(self._offered, self.choices)
            made = self.consent
            rows = [_row(row) for row in self._ask(made)]
        except Exception as error:
            self._rows = []
            self._problem = {"text": f"The doors could not be tried: {error}"}
            return
        self._consent, self._rows, self._problem = made, rows, {}


def _row(row: Any) -> dict[str, Any]:
    told = row.to_dict() if hasattr(row, "to_dict") else row
    return {"door": str(told["door"]), "open": bool(told["open"]), "reason": str(told["reason"])}


def _check(offered: Mapping[str, Sequence[str]], chosen: Mapping[str, str]) -> None:
    for name, value in chosen.items():
        if name in ("start", "end"):
            fits = isinstance(value, str) and _DATE.fullmatch(value) is not None
        else:
            fits = value in offered.get(name, ())
        if not fits:
            can = ", ".join(each or "''" for each in offered.get(name, ("a date: 2026-12-31",)))
            raise UsageError(
                f"{name} cannot be {value!r}.",
                remedy=f"Choose one of {can}." if name in offered or name in ("start", "end")
                else f"There are {', '.join([*offered, 'start', 'end'])}.",
            )  # fmt: skip
