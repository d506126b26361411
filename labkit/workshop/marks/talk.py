"""Both ends of the talk between the marker and the process that runs a learner's cells.

Each end keeps a table of its own objects that the other one may use. The marker asks; while the
other end works on that, it may in turn call a function that the marker gave to it. Nothing else
of the marker can be reached.
"""

from __future__ import annotations

import enum
import pickle  # nosec B403: the marker reads by `wire.Reader`
import types
from collections.abc import Callable, Mapping
from multiprocessing.connection import Connection
from threading import RLock
from typing import Any

from labkit.common.errors import LabkitError
from labkit.workshop.marks.back import put_back
from labkit.workshop.marks.wire import LARGEST, NotTaken, Reader, Writer, known


class Silent(LabkitError):
    """The process that runs the learner's cells has not answered in time, or has gone."""


class Remote:
    """An object of the learner's process, seen from the marker's: it can be called and read.

    It is equal to itself alone, whatever its own class says of that.
    """

    def __init__(self, asker: Asker, number: int, name: str) -> None:
        self.__dict__["_labkit"] = (asker, number, name)

    def __call__(self, *arguments: Any, **keywords: Any) -> Any:
        """Call it, over there."""
        asker, number, _ = self.__dict__["_labkit"]
        return asker.call(number, arguments, keywords)

    def __getattr__(self, name: str) -> Any:
        asker, number, shown = self.__dict__["_labkit"]
        if name == "__name__":
            return shown
        if name.startswith("__"):
            raise AttributeError(name)
        return asker.ask("attribute", number, name)

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise NotTaken("a function of the learner's cannot be copied")

    def _do(self, name: str, *arguments: Any) -> Any:
        asker, number, _ = self.__dict__["_labkit"]
        return asker.ask("special", number, name, arguments)

    def __iter__(self) -> Any:
        return self._do("__iter__")

    def __next__(self) -> Any:
        return self._do("__next__")

    def __len__(self) -> int:
        try:
            return int(self._do("__len__"))
        except AttributeError as error:  # as `len` says it, which `list` expects
            raise TypeError(str(error)) from error

    def __getitem__(self, key: Any) -> Any:
        return self._do("__getitem__", key)

    def __contains__(self, key: Any) -> bool:
        return bool(self._do("__contains__", key))

    def __enter__(self) -> Any:
        return self._do("__enter__")

    def __exit__(self, *error: Any) -> None:
        self._do("__exit__", None, None, None)

    def __bool__(self) -> bool:
        return True

    def __repr__(self) -> str:
        return f"<{self.__dict__['_labkit'][2]}>"


class Asker:
    """The marker's end.

    Parameters
    ----------
    connection
        To the learner's process.
    labs
        Gives the marker's own lab for a workspace's name, ``"open"`` or ``"secure"``.
    limit
        Seconds that one question may take.
    """

    def __init__(
        self, connection: Connection, labs: Callable[[str], Any], limit: float = 60.0
    ) -> None:
        self._connection, self._labs, self._limit = connection, labs, limit
        self._mine: list[Any] = []
        self._turn = RLock()
        self.silent = ""
        """Why nothing more is asked: a late answer would be taken for that of the next question."""

    def ask(self, what: str, *of: Any) -> Any:
        """Ask the learner's process, serve what it calls meanwhile, and return its answer.

        Raises
        ------
        Silent
            No answer in time.
        NotTaken
            The answer is of a kind that is not read.
        Exception
            What the learner's code raised, as the nearest class that the marker knows.
        """
        with self._turn:
            self._send((what, *of))
            while True:
                kind, *said = self._heard()
                if kind == "answer":
                    return said[0]
                if kind == "error":
                    raise said[0] if isinstance(said[0], Exception) else RuntimeError("ended")
                self._serve(kind, said)

    def finish(self) -> None:
        """Say that there are no more questions for now."""
        with self._turn:
            self._send(("done",))

    def call(self, number: int, arguments: tuple[Any, ...], keywords: Mapping[str, Any]) -> Any:
        """Call a function of the learner's; what it did to its arguments is done to ours."""
        result, after, named = self.ask("call", number, arguments, dict(keywords))
        pairs = list(zip(arguments, after, strict=False))
        pairs += [(keywords[name], value) for name, value in named.items() if name in keywords]
        for ours, theirs in pairs:
            put_back(ours, theirs)
        return next((ours for ours, theirs in pairs if theirs is result), result)

    def _send(self, value: Any) -> None:
        if self.silent:
            raise Silent(self.silent)
        try:
            self._connection.send_bytes(Writer(self._keep).written(value))
        except OSError as error:
            raise self._gone() from error

    def _heard(self) -> Any:
        try:
            if not self._connection.poll(self._limit):
                self.silent = f"It took more than {self._limit:.0f} s."
                raise Silent(self.silent)
            data = self._connection.recv_bytes(LARGEST)
        except (OSError, EOFError) as error:
            raise self._gone() from error
        try:
            said = Reader(data, self._load).load()
        except LabkitError:
            raise
        except Exception as error:  # whatever a stranger's bytes make a reader do
            raise NotTaken(f"the answer could not be read: {type(error).__name__}") from error
        if not isinstance(said, tuple) or not said or not isinstance(said[0], str):
            raise NotTaken("the answer could not be read")
        return said

    def _gone(self) -> Silent:
        self.silent = "The process that runs the cells has ended."
        return Silent(self.silent)

    def _serve(self, kind: str, said: list[Any]) -> None:
        """Let the learner's code use an object that a check handed to it: call it, or read it."""
        try:
            number, name, arguments, keywords = said
            mine = self._mine[number]
            if kind != "use" or name.startswith("_"):
                raise NotTaken("that cannot be asked of the marker")
            if name:
                mine = getattr(mine, name)
                if isinstance(mine, (type, types.ModuleType)):
                    raise NotTaken("that cannot be asked of the marker")
            value = mine(*arguments, **keywords) if arguments is not None else mine
            self._send(("answer", value))
        except Silent:
            raise
        except Exception as error:  # goes to the caller, as if it had been called there
            self._send(("error", error))

    def _keep(self, value: Any) -> Any:
        if value is ...:
            return ("dots",)
        if isinstance(value, Remote):
            return ("yours", value.__dict__["_labkit"][1])
        if is_lab(value):
            return ("lab", lab_name(value))
        if not travels(value):
            self._mine.append(value)
            return ("mine", len(self._mine) - 1, callable(value))
        return None

    def _load(self, pid: Any) -> Any:
        if pid == ("dots",):
            return ...
        if isinstance(pid, tuple) and len(pid) == 3 and pid[0] == "yours":
            return Remote(self, int(pid[1]), str(pid[2]))
        if isinstance(pid, tuple) and len(pid) == 2 and pid[0] == "lab":
            return self._labs("secure" if pid[1] == "secure" else "open")
        if isinstance(pid, tuple) and len(pid) == 2 and pid[0] == "mine":
            return self._mine[pid[1]]
        raise NotTaken("the answer could not be read")


def is_lab(value: Any) -> bool:
    """Whether it is a lab; by its type, since a lab that is down raises when it is asked."""
    return hasattr(type(value), "health") and hasattr(type(value), "workspace")


def lab_name(lab: Any) -> str:
    """Return which of the two labs of a workspace it is."""
    return "secure" if str(lab.workspace).endswith("-secure") else "open"


def travels(value: Any) -> bool:
    """Whether the marker can send `value` by its content: the reader there knows where to find it.

    Functions and classes made inside a check, and what holds a connection or a lock, stay.
    """
    kind = type(value)
    if isinstance(value, (types.FunctionType, type)):
        return "<" not in value.__qualname__
    if isinstance(value, (types.MethodType, types.GeneratorType)):
        return False
    if known(kind):
        return True
    if "<" in kind.__qualname__:
        return False
    if kind.__module__.startswith("labkit.exercises."):
        # What a check made counts what is done to it, unless it cannot change.
        frozen = getattr(kind, "__dataclass_params__", None)
        if not isinstance(value, (tuple, enum.Enum)) and not (frozen and frozen.frozen):
            return False
    try:
        value.__reduce_ex__(4)
        pickle.dumps(value)
    except Exception:  # a lock or a socket inside; each class has its own way to say so
        return False
    return True
