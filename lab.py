#!/usr/bin/env python3
"""Sets up and opens the workbook.

    python3 lab.py                  set up, start the lab, open JupyterLab
    python3 lab.py --no-browser     the same, without opening a browser
    python3 lab.py setup            set up alone
    python3 lab.py test             check everything (see `python3 lab.py test --help`)
    python3 lab.py site             the documents and notebooks as a static site in artifacts/site
    python3 lab.py lock             bring requirements/*.lock up to date; --upgrade: all anew

Needs Python 3.10 to 3.13 and nothing else: all the rest goes into .venv beside this file.
"""

# Any Python must be able to read this file, down to 2.7, so that the wrong one answers with a
# sentence and not with a SyntaxError. What it starts (tooling/) is written for the right one.
from __future__ import print_function

import os
import subprocess
import sys

OLDEST = (3, 10)
NEWEST = (3, 13)
WINDOWS = os.name == "nt"


def version_of(command):
    """The (major, minor) that `command` runs, or None if it is not a Python that works."""
    code = "import sys; print('%d %d' % sys.version_info[:2])"
    try:
        with open(os.devnull, "w") as silence:
            out = subprocess.check_output(command + ["-c", code], stderr=silence)
        return tuple(int(part) for part in out.split())
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None


def suitable_python():
    """A command on this machine that runs a Python we can use, newest first, or None."""
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        command = ["py", "-3.%d" % minor] if WINDOWS else ["python3.%d" % minor]
        if version_of(command) == (3, minor):
            return command
    return None


def wrong_python():
    """Why this Python will not do, and what to do about it; None if it will."""
    span = "%d.%d to %d.%d" % (OLDEST + NEWEST)
    if not OLDEST <= sys.version_info[:2] <= NEWEST:
        problem = "The workbook needs Python %s; this is %d.%d." % ((span,) + sys.version_info[:2])
    elif sys.implementation.name != "cpython":
        problem = "The workbook needs the usual Python (CPython); this is another kind."
    elif sys.maxsize < 2**32:
        problem = "The workbook needs a 64-bit Python; this one has 32 bits."
    else:
        return None
    other = suitable_python()
    if other:
        remedy = "Run: %s lab.py" % " ".join(other)
    else:
        remedy = "Install Python %d.%d and run lab.py with it." % NEWEST
    return problem + "\n  -> " + remedy


def main():
    """Check the Python, then hand over."""
    problem = wrong_python()
    if problem:
        print(problem, file=sys.stderr)
        return 1
    from tooling.commands import run

    return run(sys.argv[1:], __doc__)


if __name__ == "__main__":
    sys.exit(main())
