"""Where the products of a lab on containers are: ``products.json`` of its workspace."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from labkit.common.errors import LabError
from labkit.pacs.durable import replace_synced

FORMAT = "labkit-products/1"


@dataclass(frozen=True)
class Placed:
    """One product.

    Attributes
    ----------
    kind
        ``"orthanc"``, ``"dcmqrscp"``, ``"wlmscpfs"`` or ``"hapi"``.
    host, port
        Where the lab reaches it: DIMSE, or HTTP of a FHIR server.
    admin
        Base URL of its administration: Orthanc's REST API, or the keeper of DCMTK's programs.
    inside
        Host and port by which the other containers reach it.
    """

    kind: str
    host: str
    port: int
    admin: str = ""
    inside: tuple[str, int] = ("", 0)


@dataclass(frozen=True)
class Products:
    """Every product by the name of its node, and how they can call the lab back.

    Attributes
    ----------
    callback
        The host by which the containers reach the lab's process; empty where they cannot: the lab
        runs outside their network.
    """

    placed: Mapping[str, Placed] = field(default_factory=dict)
    callback: str = ""

    def write(self, path: Path) -> None:
        """Keep it in a file."""
        rows = {name: asdict(product) for name, product in self.placed.items()}
        text = json.dumps({"format": FORMAT, "callback": self.callback, "placed": rows}, indent=1)
        replace_synced(path, text.encode())


def read(path: Path) -> Products | None:
    """Read the file; ``None`` where there is none: the lab has no products.

    Raises
    ------
    LabError
        It is damaged.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if data["format"] != FORMAT:
            raise ValueError(f"its format is {data['format']}")
        placed = {
            name: Placed(**{**row, "inside": tuple(row["inside"])})
            for name, row in data["placed"].items()
        }
        return Products(placed, data["callback"])
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise LabError(
            f"{path.name} cannot be used: {error}",
            remedy="Delete that file, and run `labkit up --backend containers` again.",
        ) from error
