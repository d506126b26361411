"""Builds the site: stage, mkdocs, look at what came out."""

from __future__ import annotations

import logging
from pathlib import Path

from tooling.console import Trouble, say
from tooling.site.checking import Checked, checked
from tooling.site.nav import nav_of, notebook_titles
from tooling.site.staging import ROOT, stage

CONFIG = Path(__file__).parent / "mkdocs.yml"


def build(target: Path, source: Path, root: Path = ROOT) -> Checked:
    """Build the site into `target`, strictly; `source` is filled with what it is built from.

    Raises
    ------
    Trouble
        A page has a warning, a link within the site leads nowhere, or a page would load something
        from another host.
    """
    from mkdocs.commands.build import build as made
    from mkdocs.config import load_config
    from mkdocs.exceptions import MkDocsException

    pages = stage(source, root)
    handler = logging.StreamHandler()
    handler.setLevel(logging.WARNING)
    logger = logging.getLogger("mkdocs")
    logger.addHandler(handler)
    try:
        config = load_config(
            str(CONFIG), docs_dir=str(source), site_dir=str(target), strict=True,
            nav=nav_of(pages, notebook_titles(root / "notebooks")),
        )  # fmt: skip
        made(config)
    except MkDocsException as error:
        raise Trouble(f"The site cannot be built: {error}", "See the lines above.") from error
    finally:
        logger.removeHandler(handler)
    (target / "404.html").unlink()  # for a server at the root of a host; this is a folder of files
    found = checked(target)
    if found.problems:
        raise Trouble(
            "The site was built, and is not as it should be:\n  "
            + "\n  ".join(found.problems[:40]),
            "Mend that and build again.",
        )
    say(f"{found.pages} pages, {found.inner} links within, {len(found.outer)} links elsewhere.")
    return found
