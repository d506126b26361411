"""What a notebook may do besides talking to nodes: work, configure, break and repair."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.common.errors import UsageError
from labkit.lab.nodes import Node, NodeName
from labkit.lab.performed import Performed
from labkit.lab.settings import MODALITIES
from labkit.lab.settings_view import SettingsView

if TYPE_CHECKING:
    from pydicom import Dataset

    from labkit.lab.faults import Faults


class FloorVerbs:
    """The verbs of a lab that go by the control interface alone."""

    def _call(self, method: str, path: str, body: object = None) -> Any:
        raise NotImplementedError

    @property
    def faults(self) -> Faults:
        """The faults that can be injected into this lab, and what is active."""
        from labkit.lab.faults import Faults

        return Faults(self._call)

    def settings(self, name: NodeName) -> SettingsView:
        """Return what a node or modality is set to; a dict, shown as a table with explanations."""
        return SettingsView(_title(name), self._call("GET", f"/settings/{_title(name)}"))

    def configure(self, name: NodeName, **values: Any) -> SettingsView:
        """Change settings of a node or modality, as its administrator does.

        A node is started again with them, at the same port: open associations are lost.

        Parameters
        ----------
        name
            A node, or one of the modalities MR1, US1 and US2.
        values
            ``accept_calling=["MR1", "CT1"]``; `settings` says what there is.

        Raises
        ------
        UsageError
            There is no such setting, or it cannot be this; then nothing is changed.
        """
        found = self._call("POST", f"/settings/{_title(name)}", _plain(values))
        return SettingsView(_title(name), found)

    def examine(self, modality: str, *, discontinued: str = "") -> Performed:
        """Have a modality do the examination that is scheduled for it, and send the images.

        It asks WORKLIST, makes images, sends them to ARCHIVE or ROUTER as its settings say. With
        the setting ``mpps`` it tells WORKLIST when it begins and how it ended; with ``commitment``
        it asks the archive for storage commitment.

        Parameters
        ----------
        modality
            ``"MR1"``, ``"US1"`` or ``"US2"``.
        discontinued
            Why it stops after the first image: ``"wrong worklist entry"``, ``"equipment failure"``,
            ``"patient condition"`` or ``"patient refused"``; ``""`` if it is completed.
        """
        name = str(modality).strip().upper()
        if name not in MODALITIES:
            raise UsageError(
                f"There is no modality {modality!r}.", remedy=f"There is {', '.join(MODALITIES)}."
            )
        body = {"discontinued": discontinued} if discontinued else None
        return Performed.from_json(self._call("POST", f"/modalities/{name}/examine", body))

    def open_study(self, **keys: str) -> Performed:
        """Open a study at the workstation: C-FIND at ARCHIVE by `keys`, then C-MOVE to WORKSTN.

        ``lab.open_study(AccessionNumber="NG2600106")``
        """
        if not keys:
            raise UsageError(
                "Which study?", remedy='Name it: lab.open_study(AccessionNumber="NG2600106").'
            )
        return Performed.from_json(self._call("POST", "/workstation/open", {"keys": _plain(keys)}))

    def withdraw(self, name: NodeName, what: str | Dataset | Iterable[Dataset]) -> int:
        """Delete objects of an archive, as a PACS administrator may; how many there were.

        Parameters
        ----------
        what
            A Study Instance UID, or data sets (of which the SOP Instance UID counts).
        """
        path = f"/nodes/{_title(name)}/withdraw"
        if isinstance(what, str):
            return len(self._call("POST", path, {"study": what}))
        each = [what] if hasattr(what, "SOPInstanceUID") else list(what)
        try:
            uids = [str(ds.SOPInstanceUID) for ds in each]
        except AttributeError:
            raise UsageError(
                "`what` is a Study Instance UID or data sets.",
                remedy='lab.withdraw("ARCHIVE", study.StudyInstanceUID)',
            ) from None
        return int(self._call("POST", path, {"objects": uids}))


def _title(name: NodeName) -> str:
    return name.ae_title if isinstance(name, Node) else str(name).strip().upper()


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Turn what Python has and JSON has not into what JSON has."""
    plain = {key: _plain_value(value) for key, value in values.items()}
    try:
        json.dumps(plain)
    except (TypeError, ValueError):
        raise UsageError(
            "A value here is no number, text, list or dict.", remedy="Give one of these."
        ) from None
    return plain


def _plain_value(value: Any) -> Any:
    if isinstance(value, (set, frozenset)):
        return sorted(map(str, value))
    if isinstance(value, tuple):
        return list(value)
    return str(value) if isinstance(value, str) else value
