"""What a user's own servers show does not get into a saved notebook.

A notebook is *private* once it has to do with own servers, or with data that somebody marked so.
When it is saved, the hook (`keep_out`, registered by `labkit.lab.own.extension`) takes out every
output, and marks it. It is known by any of these, so that none has to be relied upon alone:

- the Jupyter server runs with ``LABKIT_BACKEND=own``;
- its metadata, as sent or as on the disk, have the mark;
- an output has it (what ``open_lab(backend="own")`` and the lab itself show);
- its kernel wrote it into the server's ledger (`join`) when it joined own servers, or when it was
  asked to by `labkit.lab.own.keep_private`;
- a code cell says ``backend="own"``.

In doubt it is private. And a kernel whose server has no such hook is refused by `join`.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from labkit.common.errors import LabError
from labkit.lab.workspace import Workspace

MARK = "application/vnd.labkit.own+json"
"""A MIME type of an output: whoever shows this has shown what is private."""
NOTE = "This notebook is private: what it shows is not saved in it."
LEDGER = "LABKIT_SAVE_GUARD"
"""Set by the hook's server for its kernels: its pid, and the file in which they enter themselves.

Finding it is how a kernel knows that the hook is there.
"""
_SESSION = "JPY_SESSION_NAME"  # jupyter_server: path of the notebook, in its kernel's environment
_PARENT = "JPY_PARENT_PID"  # jupyter_client: who started the kernel; on Windows a handle
_SAYS = re.compile(r"backend\s*=\s*['\"]own\b|LABKIT_BACKEND\W+own\b|labkit\.lab\.own\b")


def join(workspace: Workspace) -> None:
    """Note that this notebook is private; there is nothing to do outside of one.

    Raises
    ------
    LabError
        It is the kernel of a notebook that would be saved with all that it shows.
    """
    ignore_in_git(workspace)
    shell = _kernel_shell()
    if shell is None:
        return
    ledger, notebook = _ledger_of(os.environ), os.environ.get(_SESSION)
    if ledger is None or not notebook or not _started_by_server():
        raise LabError(
            "This notebook would be saved with all that it shows, patients' names too.",
            remedy="Open it with `python3 lab.py`: there a private notebook has no outputs saved.",
        )
    try:
        with ledger.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(notebook) + "\n")
    except OSError as error:
        raise LabError(
            "It could not be noted that this notebook is private.",
            remedy="Close the workbook and open it again with `python3 lab.py`.",
        ) from error
    shell.display_pub.publish(data={"text/plain": NOTE, MARK: {"own": True}})


def keep_out(model: dict[str, Any], path: str, contents_manager: Any, **_: Any) -> None:
    """Take the outputs out of a private notebook before it is saved; a Jupyter pre-save hook."""
    if model.get("type") != "notebook":
        return
    content = model.get("content")
    try:
        private = is_private(content, Path(contents_manager._get_os_path(path)), os.environ)
    except Exception:  # whatever is wrong: Jupyter would save it as it is
        private = True
    if private:
        try:
            clean(content)
        except Exception as error:
            from tornado.web import HTTPError

            raise HTTPError(400, "not saved: it may hold patients' data, and is broken") from error


def is_private(content: Any, path: Path, environment: Mapping[str, str]) -> bool:
    """Say whether a notebook has to do with own servers.

    Parameters
    ----------
    content
        The notebook as it is about to be saved.
    path
        Where.
    environment
        Of the Jupyter server.
    """
    if environment.get("LABKIT_BACKEND", "").strip().lower() == "own" or is_marked(content):
        return True
    if _in_ledger(path, _ledger_of(environment)):
        return True
    try:
        return is_marked(json.loads(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        return False


def is_marked(content: Any) -> bool:
    """Say whether a notebook says of itself that it is private."""
    if content["metadata"].get("labkit", {}).get("own"):
        return True
    for cell in content["cells"]:
        if cell["cell_type"] != "code":
            continue
        source = cell["source"]
        if _SAYS.search(source if isinstance(source, str) else "".join(source)):
            return True
        if any(MARK in output.get("data", {}) for output in cell.get("outputs", ())):
            return True
    return False


def clean(content: Any, *, private: bool | None = True) -> None:
    """Take every output out of a notebook, in place.

    Parameters
    ----------
    private
        Mark it, so that what it shows later is not saved either; ``False`` takes the mark away,
        ``None`` leaves it as it is.
    """
    for cell in content["cells"]:
        if cell["cell_type"] == "code":
            cell["outputs"], cell["execution_count"] = [], None
    metadata = content["metadata"]
    metadata.pop("widgets", None)  # the state of widgets is what they show
    if private:
        metadata["labkit"] = {"own": True}
    elif private is False:
        metadata.pop("labkit", None)


def ignore_in_git(workspace: Workspace) -> None:
    """Have git leave the workspace alone, wherever it is."""
    workspace.prepare()
    ignore = workspace.root / ".gitignore"
    if not ignore.exists():
        ignore.write_text("*\n", encoding="utf-8")


def _kernel_shell() -> Any:
    """Return IPython's shell if this is the kernel of a notebook, else ``None``."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell if getattr(shell, "kernel", None) is not None else None


def _started_by_server() -> bool:
    """Say whether the server with the hook started this kernel.

    A program that one of its kernels or terminals runs has its environment as well, and may run
    notebooks that it saves itself; the kernels of those have another parent.
    """
    pid = os.environ.get(LEDGER, "").partition(":")[0]
    return sys.platform == "win32" or os.environ.get(_PARENT, pid) == pid


def _ledger_of(environment: Mapping[str, str]) -> Path | None:
    """Return the ledger of the server whose environment this is; ``None`` without the hook."""
    file = environment.get(LEDGER, "").partition(":")[2]
    return Path(file) if file else None


def _in_ledger(path: Path, ledger: Path | None) -> bool:
    if ledger is None or not ledger.exists():
        return False
    wanted = os.path.normcase(path.resolve())
    names = ledger.read_text(encoding="utf-8").splitlines()
    return wanted in {os.path.normcase(Path(json.loads(name)).resolve()) for name in names}
