"""What passes between the marker and the process that runs a learner's cells, and what does not.

The marker reads pickles that a stranger wrote. `Reader` builds nothing but plain values, data sets
and records of labkit, calls no function, and changes no class. All else that a learner hands in
(a function, an object of a class of their own) stays where it is, and the marker gets a `Remote`.
"""

from __future__ import annotations

import builtins
import dataclasses
import enum
import importlib
import io
import pickle  # nosec B403: read by `Reader` alone, see its docstring
import types
from collections.abc import Callable
from typing import Any, ClassVar

from labkit.common.errors import DataError

#: Bytes of one message; a volume of pixels goes through, an endless answer does not.
LARGEST = 64 * 1024 * 1024

_PLAIN: dict[str, set[str]] = {
    "builtins": {"bool", "bytearray", "bytes", "complex", "dict", "float", "frozenset", "int",
                 "list", "object", "range", "set", "slice", "str", "tuple", "NoneType"},
    "collections": {"Counter", "OrderedDict", "defaultdict", "deque"},
    "datetime": {"date", "datetime", "time", "timedelta", "timezone"},
    "decimal": {"Decimal"},
    "fractions": {"Fraction"},
    "pathlib": {"Path", "PosixPath", "WindowsPath", "PurePath", "PurePosixPath", "PureWindowsPath"},
    "pathlib._local": {"Path", "PosixPath", "WindowsPath", "PurePosixPath", "PureWindowsPath"},
    "uuid": {"UUID", "SafeUUID"},
    "numpy": {"ndarray", "dtype"},
    "requests.models": {"Response", "PreparedRequest"},
    "requests.structures": {"CaseInsensitiveDict"},
    "requests.cookies": {"RequestsCookieJar"},
    "http.cookiejar": {"Cookie", "DefaultCookiePolicy"},
    "pydicom.dataset": {"Dataset", "FileDataset", "FileMetaDataset"},
    "pydicom.dataelem": {"DataElement", "RawDataElement"},
    "pydicom.sequence": {"Sequence"},
    "pydicom.multival": {"MultiValue", "ConstrainedList"},
    "pydicom.tag": {"BaseTag"},
    "pydicom.uid": {"UID"},
    "pynetdicom.presentation": {"PresentationContext"},
    "pynetdicom.pdu_primitives": {"SCP_SCU_RoleSelectionNegotiation"},
}  # fmt: skip
_WHOLE = ("pydicom.valuerep", "numpy.dtypes")
#: Functions that rebuild an array; they take numbers and bytes.
_BUILDERS = {
    (f"numpy.{core}.{module}", name)
    for core in ("core", "_core")
    for module, name in (("multiarray", "_reconstruct"), ("multiarray", "scalar"),
                         ("numeric", "_frombuffer"))
}  # fmt: skip
#: Where a record of labkit may not come from: what judges, and what acts when it is made.
_NEVER = ("labkit.exercises.", "labkit.workshop.")


class NotTaken(DataError):
    """An answer came in a form that the marker does not read."""


def known(kind: type) -> bool:
    """Whether values of this class travel; objects of any other stay where they are."""
    module, name = kind.__module__, kind.__qualname__
    if name in _PLAIN.get(module, ()):
        return True
    if any(module == whole for whole in _WHOLE) or (module == "numpy" and _numpy_scalar(kind)):
        return True
    if module.startswith("labkit.") and not module.startswith(_NEVER) and "<" not in name:
        record = dataclasses.is_dataclass(kind) or issubclass(
            kind, (enum.Enum, tuple, str, int, list, dict, BaseException)
        )
        return record and not hasattr(kind, "__reduce_ex_labkit__")
    return module == "builtins" and issubclass(kind, BaseException)


def _numpy_scalar(kind: type) -> bool:
    return any(base.__name__ == "generic" and base.__module__ == "numpy" for base in kind.__mro__)


#: The reader in Python, whose operations can be narrowed; that in C has none to narrow.
_Narrowed: Any = pickle._Unpickler  # type: ignore[attr-defined, unused-ignore]


class Reader(_Narrowed):  # type: ignore[misc]
    """Read what a stranger wrote.

    The pure-Python reader, since two of its operations are narrowed: what is called must be a
    class of the list or rebuild an array, and only a new object may be given a state. So there is
    no way to a function of this process, and none to change one of its classes.
    """

    dispatch: ClassVar[dict[int, Any]] = dict(_Narrowed.dispatch)

    def __init__(self, data: bytes, load: Callable[[Any], Any]) -> None:
        super().__init__(io.BytesIO(data))
        self._load = load
        self._builders: list[Any] = []

    def find_class(self, module: str, name: str) -> Any:
        """Return a class of the list."""
        if (module, name) == (__name__, remade.__name__):
            self._builders.append(remade)
            return remade
        if name == "open" and module in ("io", "_io"):
            return no_file
        if (module, name) in _BUILDERS:
            builder = getattr(importlib.import_module(module), name)
            self._builders.append(builder)
            return builder
        listed = name in _PLAIN.get(module, ()) or module in _WHOLE or module == "numpy"
        if not (listed or module.startswith(("labkit.", "builtins"))) or module.startswith(_NEVER):
            raise NotTaken(f"an answer of the type {module}.{name} is not taken")
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part, None)
        if not isinstance(found, type) or not known(found):
            raise NotTaken(f"an answer of the type {module}.{name} is not taken")
        return found

    def persistent_load(self, pid: Any) -> Any:
        """Return what stands for an object that did not travel."""
        return self._load(pid)

    def load_reduce(self) -> None:
        """Call what rebuilds a value, if it is one of the list."""
        target = self.stack[-2]
        if not isinstance(target, type) and not any(target is b for b in self._builders):
            name = getattr(target, "__name__", type(target).__name__)
            raise NotTaken(f"an answer that calls {name} when it is read is not taken")
        _bounded(target, self.stack[-1])
        super().load_reduce()

    def load_newobj(self) -> None:
        """Make an object of a class of the list."""
        _bounded(self.stack[-2], self.stack[-1])
        super().load_newobj()

    def load_newobj_ex(self) -> None:
        """Make an object of a class of the list, with arguments by name."""
        _bounded(self.stack[-3], (*self.stack[-2], *self.stack[-1].values()))
        super().load_newobj_ex()

    def load_build(self) -> None:
        """Give a new object its state; never a class."""
        kind = type(self.stack[-2])
        if not known(kind) or hasattr(kind, "health"):  # a class, a lab, what a check has lent
            raise NotTaken("an answer that changes what it did not make is not taken")
        super().load_build()

    def refuse(self) -> None:
        """Refuse old and rare ways to build an object."""
        raise NotTaken("an answer in an old form of pickle is not taken")

    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.BUILD[0]] = load_build
    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.NEWOBJ_EX[0]] = load_newobj_ex
    for _old in (pickle.INST, pickle.OBJ, pickle.EXT1, pickle.EXT2, pickle.EXT4):
        dispatch[_old[0]] = refuse


def _bounded(target: Any, arguments: Any) -> None:
    """Refuse a call that makes much of little: ``bytes(10**10)``, ``list(range(10**10))``.

    No value is written so: bytes and lists travel with what is in them, an array is made empty and
    given its bytes. A number with an exponent can take for ever to be made a fraction.
    """
    name = getattr(target, "__name__", "")
    grows = (
        (target in (bytes, bytearray) and any(type(one) is int for one in arguments))
        or any(isinstance(one, range) for one in arguments)
        or name == "ndarray"
        or (name == "_reconstruct" and arguments[1:2] != ((0,),))
        or (name in ("int", "Fraction") and any(_has_exponent(one) for one in arguments))
    )
    if grows:
        raise NotTaken(f"an answer that has {name} make much of little is not taken")


def _has_exponent(value: object) -> bool:
    return type(value).__name__ == "Decimal" or (isinstance(value, str) and "e" in value.lower())


class Writer(pickle.Pickler):
    """Write a value; `keep` says of an object that it stays here, and under which name."""

    def __init__(self, keep: Callable[[Any], Any]) -> None:
        self._buffer = io.BytesIO()
        super().__init__(self._buffer, protocol=4)
        self._keep = keep

    def reducer_override(self, obj: Any) -> Any:
        """Write an error by its class, arguments and attributes: many cannot be copied."""
        if isinstance(obj, BaseException):
            line = [(kind.__module__, kind.__qualname__) for kind in type(obj).__mro__]
            state = {name: value for name, value in vars(obj).items() if _plain(value)}
            args = tuple(arg if _plain(arg) else str(arg) for arg in obj.args)
            return remade, (line, args, state)
        return NotImplemented

    def persistent_id(self, obj: Any) -> Any:
        """Return the name of an object that stays, or ``None``."""
        # What rebuilds a value goes with it, by name.
        rebuilds = getattr(obj, "__module__", ""), getattr(obj, "__name__", "")
        if (
            obj is remade
            or obj is open
            or (isinstance(obj, types.BuiltinFunctionType) and rebuilds in _BUILDERS)
        ):
            return None
        return self._keep(obj)

    def written(self, value: Any) -> bytes:
        """Return the bytes of a value.

        Raises
        ------
        NotTaken
            It is larger than `LARGEST`.
        """
        self.dump(value)
        data = self._buffer.getvalue()
        if len(data) > LARGEST:
            raise NotTaken(f"{len(data) // 2**20} MB; {LARGEST // 2**20} MB is the most")
        return data


def no_file(*_: Any, **__: Any) -> Any:
    """Stand for ``open``, which a data set keeps for values that it has not read yet."""
    raise NotTaken("a value that is still in a file of the learner's is not read")


def _plain(value: Any) -> bool:
    return value is None or isinstance(value, (str, int, float, bytes, bool, enum.Enum))


def remade(line: Any, args: Any, state: Any) -> BaseException:
    """Make an error again, of the nearest class that is known here."""
    kind = error_class([(str(module), str(name)) for module, name in line])
    error = kind.__new__(kind, *args)
    error.args = tuple(args)
    error.__dict__.update(state)
    return error


def error_class(names: list[tuple[str, str]]) -> type[BaseException]:
    """Return the nearest class of an error that the marker knows, from its line of ancestors."""
    for module, name in names:
        if module == "builtins":
            found = getattr(builtins, name, None)
        elif module.startswith(("labkit.", "requests.", "pydicom.", "json.")) and (
            not module.startswith(_NEVER)
        ):
            found = getattr(importlib.import_module(module), name, None)
        else:
            continue
        if isinstance(found, type) and issubclass(found, Exception):
            return found
    return RuntimeError
