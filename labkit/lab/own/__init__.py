"""The `own` back end: a user's own PACS, DICOMweb and FHIR server, named in ``labkit.toml``.

Nothing there is ever reset, stopped or deleted; nothing is written unless the file says so; and
what the servers show stays out of saved notebooks (`labkit.lab.own.privacy`).
"""

from __future__ import annotations


def keep_private() -> None:
    """Have this notebook saved without outputs: for files of your own in the embedded lab.

    Raises
    ------
    LabError
        This Jupyter would save them all the same.
    """
    from labkit.lab.own.privacy import join
    from labkit.lab.workspace import Workspace

    join(Workspace.at())
