"""What a learner is told below a ``NameError``: mostly the cells above were not run.

An IPython extension, loaded by the kernels of the workbook (``.venv/etc/ipython``, written by
``lab.py``). A kernel that was just restarted knows nothing, so it cannot be left to a first cell.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from types import TracebackType

    from IPython.core.interactiveshell import InteractiveShell


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Have what to do shown below the traceback of a ``NameError``."""
    shell.set_custom_exc((NameError,), _shown)


def _shown(
    shell: InteractiveShell,
    kind: type[BaseException],
    error: NameError,
    trace: TracebackType | None,
    tb_offset: int | None = None,
) -> None:
    shell.showtraceback((kind, error, trace), tb_offset=tb_offset)
    name: Any = getattr(error, "name", None)
    # A name that one of our functions misses is a bug of ours, and no cell above would help.
    if name and trace is not None and _in_a_cell(trace):
        from labkit.exercises.words import words  # only when it is needed: kernels start fast

        said = f"{words('why.no-name', called=name)}\n  -> {words('next.run-above')}."
        sys.stdout.write(said + "\n")


def _in_a_cell(trace: TracebackType) -> bool:
    """Whether it was raised by the notebook's own code."""
    while trace.tb_next is not None:
        trace = trace.tb_next
    return trace.tb_frame.f_globals.get("__name__") == "__main__"
