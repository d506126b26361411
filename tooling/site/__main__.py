"""`python -m tooling.site`, by the interpreter of .venv: builds the site into artifacts/site."""

from __future__ import annotations

import sys

from tooling.console import Trouble, say
from tooling.site.build import build
from tooling.site.staging import ROOT

if __name__ == "__main__":
    target = ROOT / "artifacts" / "site"
    try:
        build(target, ROOT / "artifacts" / "site-source")
    except Trouble as error:
        print(error, file=sys.stderr)
        sys.exit(1)
    say(f"Open {target / 'index.html'} in a browser; it needs no server and no network.")
