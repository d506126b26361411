"""The command line of lab.py."""

from __future__ import annotations

import argparse
import io
import subprocess
import sys

from tooling import checks, locks
from tooling.console import Trouble, say, trouble_of
from tooling.environment import ROOT, set_up
from tooling.workbook import open_workbook

INTERRUPTED = 130  # what shells expect after Ctrl-C


def run(arguments: list[str], text: str) -> int:
    """Do what the command line asks; trouble becomes two lines on standard error.

    Returns
    -------
    int
        The exit code.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # an odd letter in a path must not end it all
            stream.reconfigure(errors="replace")
    options = _parser(text).parse_args(arguments)
    try:
        if options.command == "test":
            return checks.run(
                options.what,
                share=options.share,
                seed=options.seed,
                with_engine=options.with_engine,
                but_browser=options.but_browser,
            )
        if options.command == "lock":
            return locks.renew(upgrade=options.upgrade)
        if options.command == "site":
            return _site()
        python = set_up()
        if options.command == "setup":
            say("Everything is set up. Open the workbook: python3 lab.py")
            return 0
        return open_workbook(python, browser=options.browser, port=options.port)
    except (Trouble, OSError) as error:
        trouble = trouble_of(error, str(ROOT)) if isinstance(error, OSError) else error
        print(trouble, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nStopped. The same command goes on from here.", file=sys.stderr)
        return INTERRUPTED


def _site() -> int:
    """Build the site with the interpreter of .venv, which has mkdocs."""
    python = set_up("test")
    return subprocess.run([str(python), "-m", "tooling.site"], cwd=ROOT, check=False).returncode


def _parser(text: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="lab.py", description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--no-browser", dest="browser", action="store_false", help="do not open a browser"
    )
    parser.add_argument(
        "--port", type=int, default=0, metavar="N", help="port of JupyterLab (a free one)"
    )
    commands = parser.add_subparsers(dest="command", title="commands", metavar="")
    commands.add_parser("setup", help="set up alone")
    test = commands.add_parser(
        "test", help="check everything, or a part", description=checks.__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    test.add_argument(
        "what", nargs="?", default="all",
        help="beginner, a notebook's name or path, browser, containers, long; else everything",
    )  # fmt: skip
    test.add_argument(
        "--share", type=float, default=1.0, metavar="X", help="of the long run, 0 to 1"
    )
    test.add_argument(
        "--seed", type=int, default=checks.SEED, metavar="N", help="of the long run's dice"
    )
    test.add_argument(
        "--with-engine",
        action="store_true",
        help="of containers: start a Docker engine if none runs",
    )
    test.add_argument(
        "--but-browser", action="store_true", help="of everything: no journeys in a browser"
    )
    commands.add_parser("site", help="build the static site into artifacts/site")
    lock = commands.add_parser("lock", help="bring requirements/*.lock up to pyproject.toml")
    lock.add_argument("--upgrade", action="store_true", help="take the newest of everything")
    return parser
