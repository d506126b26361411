"""The same act as a command line: DCMTK, dcm4che and pynetdicom spell it differently."""

from __future__ import annotations

from collections.abc import Iterator, MutableSequence, Sequence
from pathlib import Path

from pydicom.datadict import keyword_for_tag
from pydicom.dataset import Dataset
from pydicom.uid import (
    JPEG2000,
    DeflatedExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
    RLELossless,
)

from labkit.common.errors import UsageError
from labkit.dimse.outgoing import gather
from labkit.dimse.peer import Peer, check_ae_title

ACTS = ("echo", "store", "find", "move", "get")
TOOLS = ("DCMTK", "dcm4che", "pynetdicom")
_MODELS = {
    "study": ("-S", "StudyRoot"),
    "patient": ("-P", "PatientRoot"),
    "worklist": ("-W", "MWL"),
}
# DCMTK's storescu proposes uncompressed transfer syntaxes unless it is told of one more.
_PROPOSE = {
    JPEGBaseline8Bit: "-xy",
    JPEGExtended12Bit: "-xx",
    JPEGLosslessSV1: "-xs",
    JPEG2000Lossless: "-xv",
    JPEG2000: "-xw",
    JPEGLSLossless: "-xt",
    JPEGLSNearLossless: "-xu",
    RLELossless: "-xr",
    DeflatedExplicitVRLittleEndian: "-xd",
}


def command_lines(
    act: str,
    peer: Peer,
    *,
    ae_title: str = "LEARNER",
    identifier: Dataset | None = None,
    files: str | Path | Sequence[str | Path] = (),
    destination: str | None = None,
    model: str = "study",
    folder: str | Path = "received",
    show_address: bool = False,
) -> dict[str, str]:
    """Give the command lines of an act, one a tool.

    Parameters
    ----------
    act
        ``"echo"``, ``"store"``, ``"find"``, ``"move"`` or ``"get"``.
    peer, ae_title
        Called and calling.
    identifier
        For find, move and get: what to ask for.
    files
        For store: a file, a folder, or several of them.
    destination
        For move: the AE title to send to.
    model
        ``"study"``, ``"patient"``, or ``"worklist"`` for find.
    folder
        For get: where to write.
    show_address
        Write the peer's host and port in place of ``HOST PORT``.

    Returns
    -------
    dict of str
        ``{"DCMTK": …, "dcm4che": …, "pynetdicom": …}``.

    Raises
    ------
    UsageError
        There is no such act, or it lacks something.
    """
    files = [files] if isinstance(files, (str, Path)) else files
    host, port = (peer.host, str(peer.port)) if show_address else ("HOST", "PORT")
    return {
        tool: quoted(
            arguments(
                tool,
                act,
                peer.ae_title,
                host,
                port,
                ae_title=ae_title,
                identifier=identifier,
                files=files,
                destination=destination,
                model=model,
                folder=folder,
            )
        )
        for tool in TOOLS
    }


def arguments(
    tool: str,
    act: str,
    called: str,
    host: str,
    port: str,
    *,
    ae_title: str,
    identifier: Dataset | None,
    files: Sequence[str | Path],
    destination: str | None,
    model: str,
    folder: str | Path,
) -> list[str]:
    """Give the words of one command line, the program first."""
    _check(act, identifier, files, destination, model)
    calling = check_ae_title(ae_title)
    keys = list(_keys(identifier)) if identifier is not None else []
    names = [str(file) for file in files]
    if tool == "dcm4che":
        program = "storescu" if act == "echo" else f"{act}scu"  # without files it sends a C-ECHO
        out = [program, "-b", calling, "-c", f"{called}@{host}:{port}"]
        if identifier is not None:
            out += _dcm4che_query(act, keys, model)
        out += ["--dest", destination] if destination and act == "move" else []
        out += ["--directory", str(folder)] if act == "get" else []
        return out + (names if act == "store" else [])
    start = [f"{act}scu"] if tool == "DCMTK" else ["python", "-m", "pynetdicom", f"{act}scu"]
    out = ["-aet", calling, "-aec", called]
    if act == "move":
        out += ["-aem", str(destination)]
    if identifier is not None:
        out.append(_MODELS[model][0])
        for path, value in keys:
            out += [
                "-k",
                f"{_indexed(path)}={value}" if value else _indexed(path) + "=" * (tool != "DCMTK"),
            ]
    if act == "get":
        out += ["-od", str(folder)]
    if act == "store":
        out += (
            _dcmtk_store(names) if tool == "DCMTK" else ["-r"] * any(map(_is_dir, names)) + ["-cx"]
        )
    return [*start, *out, host, port, *(names if act == "store" else [])]


def quoted(words: Sequence[str]) -> str:
    """Join words as both a POSIX shell and cmd.exe take them: double quotes where needed."""
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./=@:,%"
    return " ".join(
        w if w and all(c in plain for c in w) else '"' + w.replace('"', '\\"') + '"' for w in words
    )


def _check(
    act: str,
    identifier: Dataset | None,
    files: Sequence[str | Path],
    destination: str | None,
    model: str,
) -> None:
    missing = ""
    if act not in ACTS:
        raise UsageError(f"there is no act {act!r}", remedy=f"Use one of {', '.join(ACTS)}.")
    if act in ("find", "move", "get") and not isinstance(identifier, Dataset):
        missing = 'identifier=identifier("STUDY", …)'
    if act == "store" and not files:
        missing = "files=[…]"
    if act == "move" and not destination:
        missing = 'destination="AE TITLE"'
    if missing:
        raise UsageError(f"{act} lacks something", remedy=f"Give {missing}.")
    if model not in _MODELS or (model == "worklist" and act != "find"):
        raise UsageError(
            f"{act} has no information model {model!r}", remedy='Use model="study" or "patient".'
        )


def _keys(ds: Dataset, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """Give path and value of each key; sequences by their first item."""
    for element in ds:
        keyword = (
            keyword_for_tag(element.tag) or f"{element.tag.group:04X},{element.tag.element:04X}"
        )
        if element.VR == "SQ":
            if element.value:
                yield from _keys(element.value[0], (*path, keyword))
            else:
                yield (*path, keyword), ""
            continue
        value = element.value
        many = isinstance(value, MutableSequence)
        yield (*path, keyword), "\\".join(map(str, value)) if many else str(value or "")


def _indexed(path: tuple[str, ...]) -> str:
    """Write a path as DCMTK and pynetdicom do: ``ScheduledProcedureStepSequence[0].Modality``."""
    return ".".join([f"{keyword}[0]" for keyword in path[:-1]] + [path[-1]])


def _dcm4che_query(act: str, keys: list[tuple[tuple[str, ...], str]], model: str) -> list[str]:
    out = ["-M", _MODELS[model][1]]
    for path, value in keys:
        if path == ("QueryRetrieveLevel",):
            out += ["-L", value]
        elif value:
            out += ["-m", f"{'/'.join(path)}={value}"]
        elif act == "find":
            out += ["-r", "/".join(path)]
    return out


def _dcmtk_store(names: list[str]) -> list[str]:
    out = ["+sd", "+r"] if any(map(_is_dir, names)) else []
    syntaxes = {
        item.transfer_syntax for name in names if Path(name).is_file() for item in gather(name)
    }
    options = {option for syntax, option in _PROPOSE.items() if syntax in syntaxes}
    return [*out, "-R", *sorted(options)[:1]]  # it takes one such option


def _is_dir(name: str) -> bool:
    return Path(name).is_dir()
