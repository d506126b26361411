"""``lab.use`` and ``lab.study``: which study a lesson is about."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from labkit.common.errors import LabError, UsageError
from labkit.lab.own.privacy import join

if TYPE_CHECKING:
    from labkit.lab.nodes import Nodes
    from labkit.lab.owndata.index import OwnEntry
    from labkit.lab.owndata.study import Study
    from labkit.lab.workspace import Workspace

VARIABLE = "LABKIT_STUDY"


class OwnDataVerbs:
    """The verbs of a lab that put a user's study in the place of a lesson's sample."""

    secure: bool
    _workspace: Workspace
    _used: Study | None = None
    _asked = False

    if TYPE_CHECKING:

        @property
        def nodes(self) -> Nodes:
            """Every DICOM node by name."""
            ...

    def use(self, name: str | None) -> Study | None:
        """Have lessons work on a study that ``labkit import`` brought in; ``None``: the samples.

        What the archive lacks of it, after a reset, is sent again from the workspace's folder.
        This holds for this `lab`; the variable ``LABKIT_STUDY`` names one for every notebook.

        Raises
        ------
        UsageError
            There is no study of this name, or only a part of one.
        LabError
            Its identity was kept, and this notebook would be saved with all that it shows.
        """
        self._asked, self._used = True, None
        if name is not None:
            self._used = self._put_back(name)
        return self._used

    @property
    def in_use(self) -> str:
        """Name of the study of the user's that is in use; empty for the samples."""
        return self._used.name if self._used else ""

    def study(self, slug: str) -> Study:
        """Return the study that a lesson is about: the sample `slug`, or the one in `use`."""
        from labkit.dicom.samples import sample
        from labkit.lab.owndata.study import of_sample

        if not self._asked:
            self.use(os.environ.get(VARIABLE) or None)
        return self._used or of_sample(sample(slug))

    def _put_back(self, name: str) -> Study:
        from labkit.lab.owndata.delivery import by_dimse, deliver, rows
        from labkit.lab.owndata.index import Index
        from labkit.lab.owndata.study import of_entry

        index = Index(self._workspace)
        entry = index.named(name)
        if not entry.complete:
            raise UsageError(
                f"{name} was not brought in to the end.",
                remedy="Run the same `labkit import` again: it goes on where it stopped.",
            )
        self._keep_out(entry)
        found = rows(index.files(name))
        if len(found) != entry.instances:
            raise UsageError(
                f"Of {entry.instances} files of {name}, {len(found)} are in the workspace.",
                remedy="Import it again: what is missing is brought in.",
            )
        peer = self.nodes[entry.node]
        deliver(peer, found, by_dimse(peer))
        return of_entry(entry, index, found)

    def _keep_out(self, entry: OwnEntry) -> None:
        """Have this notebook saved without outputs; kept identities are not shown in another."""
        from labkit.lab.owndata.index import KEPT

        try:
            join(self._workspace)
        except LabError:
            if entry.identity == KEPT:
                raise
