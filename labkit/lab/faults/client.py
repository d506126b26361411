"""``lab.faults``: what a notebook may ask of the faults of its lab."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.common.html_table import preformatted

if TYPE_CHECKING:
    from labkit.lab.faults.debrief import Debrief, Diagnosis

Call = Callable[..., Any]


@dataclass(frozen=True)
class Retry:
    """One piece of work, done again.

    Attributes
    ----------
    name
        Of the fault; of an unannounced one only its number.
    ok
        Whether the work came to what it should.
    said
        What was seen.
    """

    name: str
    ok: bool
    said: str


class Repaired(Sequence[Retry]):
    """What came of doing the work again; true if all of it went well."""

    def __init__(self, retries: Iterable[Retry]) -> None:
        self._retries = list(retries)

    def __bool__(self) -> bool:
        return all(retry.ok for retry in self._retries)

    def __len__(self) -> int:
        return len(self._retries)

    def __getitem__(self, index: Any) -> Any:
        return self._retries[index]

    def __repr__(self) -> str:
        if not self._retries:
            return "No fault is active."
        return "\n".join(
            f"{r.name}: {'repaired' if r.ok else 'NOT REPAIRED'}: {r.said}" for r in self._retries
        )


class FaultList(Sequence[dict[str, Any]]):
    """The catalogue: a list of dicts, shown as a table."""

    def __init__(self, faults: Iterable[dict[str, Any]]) -> None:
        self._faults = list(faults)

    def __len__(self) -> int:
        return len(self._faults)

    def __getitem__(self, index: Any) -> Any:
        return self._faults[index]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        return iter(self._faults)

    def __repr__(self) -> str:
        width = max((len(fault["name"]) for fault in self._faults), default=0)
        return "\n".join(
            f"{f['layer']:14}{f['level']}  {f['name'].ljust(width)}  {f['title']}"
            for f in self._faults
        )

    def _repr_html_(self) -> str:
        return preformatted(repr(self))


class Faults:
    """The faults of a lab.

    Parameters
    ----------
    call
        Asks the control interface: method, path, body.
    """

    def __init__(self, call: Call) -> None:
        self._call = call

    def list(self) -> FaultList:
        """Return every fault that there is, by layer."""
        return catalogue()

    def inject(self, name: str) -> None:
        """Break something. What there was is remembered; `clear` brings it back.

        Raises
        ------
        UsageError
            There is no such fault, or an unannounced case is open.
        """
        self._call("POST", "/faults/inject", {"name": str(name)})

    def clear(self) -> None:
        """Take all faults away, with what was done about them: all is as it was before."""
        self._call("POST", "/faults/clear")

    def active(self) -> tuple[str, ...]:
        """Return the names of the announced faults that are active."""
        return tuple(self._call("GET", "/faults")["active"])

    def acts(self, name: str) -> bool:
        """Whether the servers of this lab can have a fault; the embedded ones can have each."""
        return str(name) not in self._call("GET", "/faults")["beyond"]

    def steps(self) -> tuple[str, ...]:
        """Return what was changed since something broke, in order: ``"MR1: port"``."""
        return tuple(self._call("GET", "/faults/steps"))

    def repaired(self) -> Repaired:
        """Have the work of each active fault done again; true if it all comes out right."""
        return Repaired(Retry(**each) for each in self._call("POST", "/faults/repaired"))

    def surprise(self, seed: int, level: int = 1) -> str:
        """Break something and do not say what; return the complaint.

        Parameters
        ----------
        seed
            The same seed and level give the same case.
        level
            1: network or association. 2: configuration too. 3: data, and two at once.
        """
        if not all(isinstance(n, int) for n in (seed, level)):
            raise UsageError(
                "Seed and level are whole numbers.", remedy="surprise(seed=7, level=1)"
            )
        asked = {"seed": int(seed), "level": int(level)}
        return str(self._call("POST", "/faults/surprise", asked)["complaint"])

    def diagnose(self, name: str, evidence: Iterable[Any]) -> Diagnosis:
        """Say what it is, and show why.

        Parameters
        ----------
        name
            The fault of the catalogue that you take it for.
        evidence
            Log lines, `LogText`, traces, data sets, what `lab.examine` or `lab.open_study`
            returned. Each is checked: is it from this lab, does it show this?
        """
        from labkit.lab.faults.debrief import Diagnosis
        from labkit.lab.faults.evidence import packed

        body = {"name": str(name), "evidence": packed(evidence)}
        return Diagnosis(**self._call("POST", "/faults/diagnose", body))

    def debrief(self, give_up: bool = False) -> Debrief:
        """End an unannounced case: what it was, and what your work on it was worth.

        Parameters
        ----------
        give_up
            End it although it is not repaired.

        Raises
        ------
        UsageError
            No case is open, or it is not repaired yet.
        """
        from labkit.lab.faults.debrief import Debrief

        return Debrief.from_json(self._call("POST", "/faults/debrief", {"give_up": bool(give_up)}))

    def __repr__(self) -> str:
        found = self._call("GET", "/faults")
        if found["unannounced"]:
            return "<Faults: an unannounced case is open>"
        return f"<Faults: {', '.join(found['active']) or 'none'} active>"


def catalogue() -> FaultList:
    """Return every fault that there is, by layer; needs no lab."""
    from labkit.lab.faults.catalogue import FAULTS, backends

    return FaultList({**f.public(), "backends": backends(f)} for f in FAULTS.values())
