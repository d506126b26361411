"""Where a lab keeps everything, and which lab is meant when nobody says."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from pathlib import Path

from labkit.common.errors import LabError
from labkit.lab.problems import explained

VARIABLE = "LABKIT_WORKSPACE"
PRODUCTS = "LABKIT_PRODUCTS"


@dataclass(frozen=True)
class Workspace:
    """The folder of one lab; the members are the places in it (docs/architecture.md)."""

    root: Path

    @classmethod
    def at(
        cls, folder: str | Path | None = None, backend: str | None = None, *, secure: bool = False
    ) -> Workspace:
        """Choose: `folder`, else ``LABKIT_WORKSPACE``, else the repository's ``.lab``.

        The last is ``.lab-containers`` where the back end, given or by ``LABKIT_BACKEND``, is that.
        A secure lab is beside the open one: where no `folder` is given, ``-secure`` is added.
        """
        kind = (backend or os.environ.get("LABKIT_BACKEND") or "embedded").strip().lower()
        name = ".lab" if kind == "embedded" else f".lab-{kind}"
        chosen = Path(folder or os.environ.get(VARIABLE) or _default(name))
        found = cls(chosen.expanduser().resolve())
        return found.beside if secure and not folder else found

    @property
    def beside(self) -> Workspace:
        """The workspace of the secure lab that is opened where this one is the default."""
        return Workspace(self.root.with_name(f"{self.root.name}-secure"))

    @property
    def description(self) -> Path:
        """Who serves this workspace, and where; holds the control key, so its owner's alone."""
        return self.root / "lab.json"

    @property
    def lock(self) -> Path:
        """Held by the lab's process for as long as it lives."""
        return self.root / "lab.lock"

    @property
    def seed(self) -> Path:
        """The state that `reset` goes back to."""
        return self.root / "seed"

    @property
    def destinations(self) -> Path:
        """The C-MOVE destinations that were added."""
        return self.root / "destinations.json"

    @property
    def products(self) -> Path:
        """Where the products are, on containers: its own file, else what ``LABKIT_PRODUCTS`` names.

        There is no such file on the embedded back end.
        """
        own, named = self.root / "products.json", os.environ.get(PRODUCTS)
        return Path(named) if named and not own.exists() else own

    @property
    def settings(self) -> Path:
        """What nodes and modalities are set to, where it differs from a new lab."""
        return self.root / "settings.json"

    @property
    def state(self) -> Path:
        """What the lab itself has to remember over a restart."""
        return self.root / "state"

    @property
    def aside(self) -> Path:
        """Images of earlier examinations, while a fault is active."""
        return self.root / "aside"

    @property
    def certificates(self) -> Path:
        """The lab's own certificate authority, made when first needed."""
        return self.root / "tls"

    @property
    def guarded(self) -> Path:
        """Keys, clients and audit of a secure lab; an open one has no such folder."""
        return self.root / "secure"

    @property
    def product_secrets(self) -> Path:
        """What the products of a secure lab on containers share with it; its owner's alone."""
        return self.guarded / "keys" / "products.json"

    @property
    def traces(self) -> Path:
        """PDU traces, newest kept."""
        return self.root / "traces"

    @property
    def progress(self) -> Path:
        """What the learner has solved; the lab never writes here."""
        return self.root / "progress.jsonl"

    @property
    def output(self) -> Path:
        """What the lab's own process had to say; read it when a start fails."""
        return self.root / "logs" / "lab.log"

    @property
    def fhir(self) -> Path:
        """The FHIR server's folder."""
        return self.root / "fhir"

    def node(self, name: str) -> Path:
        """Return the folder of a node."""
        return self.root / "nodes" / name

    def log(self, name: str) -> Path:
        """Return the event log of a node."""
        return self.root / "logs" / f"{name}.log"

    def prepare(self) -> None:
        """Make the folders, and find out now whether we may write here.

        Raises
        ------
        LabError
            The workspace cannot be written.
        """
        if self.root.exists() and not self.root.is_dir():
            raise LabError(
                f"The workspace {self.root} is a file, not a folder.",
                remedy="Name a folder with --workspace DIR or the variable LABKIT_WORKSPACE.",
            )
        try:
            self.output.parent.mkdir(parents=True, exist_ok=True)
            # Two threads of one program may prepare at the same moment.
            probe = self.root / f".probe-{os.getpid()}-{threading.get_ident()}"
            try:
                probe.write_bytes(b"labkit")
            finally:
                probe.unlink(missing_ok=True)
        except OSError as error:
            raise explained(error, self.root) from error


def _default(name: str) -> Path:
    """`name` beside ``notebooks/``, looked for upwards from here, then around the package."""
    here = Path.cwd()
    around = Path(__file__).resolve().parents[2]
    for folder in (here, *here.parents, around):
        if (folder / "notebooks").is_dir() and (folder / "sample_data").is_dir():
            return folder / name
    return here / name
