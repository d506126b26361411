"""The learner's side of marking: runs inside the kernel that runs their cells.

It hands over answers, and calls the functions among them. Nothing here is trusted: whatever a
learner's code does to this module, all that leaves the process is an answer, which the marker
judges elsewhere.
"""

from __future__ import annotations

import pickle  # nosec B403: what is read comes from the marker
from collections.abc import Callable
from io import BytesIO
from multiprocessing.connection import Client, Connection
from threading import RLock
from typing import Any

from labkit.workshop.marks.talk import is_lab, lab_name
from labkit.workshop.marks.wire import Writer, known


class Lent:
    """An object of the marker's that a check handed to the learner's function."""

    def __init__(self, seat: Seat, number: int) -> None:
        self._seat, self._number = seat, number

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it, over there."""
        return self._seat.use(self._number, "", arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._seat.use(self._number, name, None, {})

    def __iter__(self) -> Any:
        return iter(self._seat.use(self._number, "", None, {}))


class _Reader(pickle.Unpickler):
    def __init__(self, data: bytes, load: Callable[[Any], Any]) -> None:
        super().__init__(BytesIO(data))
        self._load = load

    def persistent_load(self, pid: Any) -> Any:
        return self._load(pid)


class Seat:
    """One learner's end of the talk."""

    def __init__(self, connection: Connection, names: dict[str, Any]) -> None:
        self._connection, self._names = connection, names
        self._mine: list[Any] = []
        self._turn = RLock()
        self.handed: dict[str, Any] = {}

    def serve(self) -> None:
        """Answer the marker's questions until it has no more."""
        while True:
            try:
                data = self._connection.recv_bytes()
            except (EOFError, OSError):
                return  # the marker has gone
            try:
                what, *of = _Reader(data, self._load).load()
                if what == "done":
                    return
                answer = ("answer", getattr(self, f"_{what}")(*of))
                data = Writer(self._keep).written(answer)
            except Exception as error:  # whatever a learner's code may raise
                data = Writer(self._keep).written(("error", error))
            except BaseException as error:  # SystemExit and its like end a function, not the seat
                ended = RuntimeError(f"{type(error).__name__}: {error}")
                data = Writer(self._keep).written(("error", ended))
            self._connection.send_bytes(data)

    def use(self, number: int, name: str, arguments: Any, keywords: Any) -> Any:
        """Use an object that the marker lent."""
        with self._turn:
            question = ("use", number, name, arguments, keywords)
            self._connection.send_bytes(Writer(self._keep).written(question))
            kind, *said = self._heard()
            if kind == "error":
                raise said[0]
            return said[0]

    def _heard(self) -> Any:
        return _Reader(self._connection.recv_bytes(), self._load).load()

    def _slugs(self) -> list[str]:
        return [slug for slug in self.handed if isinstance(slug, str)]

    def _forget(self) -> None:
        self.handed.clear()

    def _take(self, slug: str) -> Any:
        from labkit.exercises.engine import MISSING

        if self.handed.get(slug, MISSING) is MISSING:
            raise KeyError(slug)
        return self.handed[slug]

    def _evaluate(self, expression: str) -> Any:
        return eval(expression, self._names)  # nosec B307: the exercise's own answer expression

    def _name(self, name: str) -> tuple[bool, Any]:
        return (True, self._names[name]) if name in self._names else (False, None)

    def _call(self, number: int, arguments: Any, keywords: Any) -> Any:
        return self._mine[number](*arguments, **keywords), arguments, keywords

    def _attribute(self, number: int, name: str) -> Any:
        return getattr(self._mine[number], name)

    def _special(self, number: int, name: str, arguments: Any) -> Any:
        return getattr(self._mine[number], name)(*arguments)

    def _beside(self, slug: str) -> Any:
        """Judge here: for the few answers that cannot leave the process (docs/security)."""
        from labkit.exercises.engine import MISSING, judge
        from labkit.exercises.find import find

        return judged(judge(find(slug).load(), self.handed.get(slug, MISSING), self._names))

    def _keep(self, value: Any) -> Any:
        if value is ...:
            return ("dots",)
        if isinstance(value, Lent):
            return ("mine", value._number)
        if is_lab(value):
            return ("lab", lab_name(value))
        if known(value if isinstance(value, type) else type(value)):
            return None
        self._mine.append(value)
        name = getattr(value, "__name__", None) or type(value).__name__
        return ("yours", len(self._mine) - 1, str(name))

    def _load(self, pid: Any) -> Any:
        if pid[0] == "dots":
            return ...
        if pid[0] == "yours":
            return self._mine[pid[1]]
        if pid[0] == "lab":
            mine = [x for x in self._names.values() if is_lab(x) and lab_name(x) == pid[1]]
            if mine:
                return mine[0]
            from labkit.lab import open_lab

            return open_lab(secure=pid[1] == "secure")
        return Lent(self, pid[1])


def judged(verdict: Any) -> dict[str, Any]:
    """Return a verdict as plain data."""
    plain = {name: str(getattr(verdict, name)) for name in
             ("outcome", "expected", "got", "mistake", "why", "says", "then")}  # fmt: skip
    rules = [(str(rule), str(getattr(rule, "url", "") or "")) for rule in verdict.rules]
    return {**plain, "rules": rules}


_SEATS: list[Seat] = []


def sit(address: Any, key: bytes, names: dict[str, Any]) -> None:
    """Take the seat: join the marker, and put the four words of a learner out of action."""
    import labkit.exercises
    from labkit.exercises import engine
    from labkit.exercises.panel import Panel

    seat = Seat(Client(address, authkey=key), names)
    _SEATS.append(seat)
    quiet = Panel("Being marked", "the marker looks at this cell itself")

    def check(slug: str, answer: Any = engine.MISSING) -> Panel:
        seat.handed[slug] = answer
        return quiet

    def word(*_: Any) -> Panel:
        return quiet

    for module in (labkit.exercises, engine):
        for name, instead in (("check", check), ("hint", word), ("solution", word),
                              ("progress", word)):  # fmt: skip
            setattr(module, name, instead)


def turn() -> None:
    """Answer the marker; called after each cell."""
    _SEATS[0].serve()
