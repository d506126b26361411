"""A site's list of nodes: in Python, or as the TOML file that an administrator keeps."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from labkit.access.nodes.entries import NodeEntry, NodeUser
from labkit.common.errors import UsageError
from labkit.common.toml_file import TomlFile
from labkit.dimse.admission import Applicant


@dataclass(frozen=True)
class Match:
    """What a list says of an applicant.

    Attributes
    ----------
    entries
        Those whose every condition it meets; any of them may be it.
    reason
        Why there are none; for the log.
    """

    entries: tuple[NodeEntry, ...]
    reason: str = ""


class AllowList:
    """Nodes that are known, and their users. Whoever is not on it is refused.

    A title may have several entries: one for each user or place, say. They are tried in order.

    Parameters
    ----------
    nodes
        The entries. Without any, nobody is known.
    users
        Those that entries name.

    Raises
    ------
    UsageError
        An entry names a user that there is not, or one without a passcode where it wants one.
    """

    def __init__(self, nodes: Iterable[NodeEntry], users: Iterable[NodeUser] = ()) -> None:
        self.nodes = tuple(nodes)
        self._users: dict[str, NodeUser] = {}
        for user in users:
            if user.name in self._users:
                raise UsageError(f"user {user.name} is there twice", remedy="Leave one out.")
            self._users[user.name] = user
        for node in self.nodes:
            for name in node.users:
                known = self._users.get(name)
                if known is None:
                    raise UsageError(
                        f"node {node.ae_title} names user {name}, whom there is not",
                        remedy="Add a [[user]] with this name.",
                    )
                if node.identity == "passcode" and not known.passcode:
                    raise UsageError(
                        f"node {node.ae_title} wants the passcode of {name}, who has none",
                        remedy="Give one: labkit.access.nodes.hash_passcode.",
                    )

    @classmethod
    def from_toml(cls, path: str | Path) -> AllowList:
        """Read a list: ``[[node]]`` and ``[[user]]``, with the parameters of the two classes.

        Raises
        ------
        UsageError
            The file or what it says cannot be; names line and key, and shows no value.
        """
        file = TomlFile.read(Path(path), missing="Write one: [[node]] for each node that is known.")
        file.sections(("node", "user"), lists=("node", "user"))
        made = {
            name: [
                file.section(kind, name, table, number)
                for number, table in enumerate(file.data.get(name, ()))
            ]
            for name, kind in (("node", NodeEntry), ("user", NodeUser))
        }
        try:
            return cls(made["node"], made["user"])
        except UsageError as error:
            raise UsageError(f"{file.path.name}: {error.message}", remedy=error.remedy) from error

    def user(self, name: str) -> NodeUser | None:
        """Give a user; ``None`` if there is none of this name."""
        return self._users.get(name)

    def match(self, applicant: Applicant) -> Match:
        """Find the entries that an applicant meets, leaving the user identity aside."""
        of_title = [node for node in self.nodes if node.ae_title == applicant.calling]
        if not of_title:
            return Match((), f"calling AE title {applicant.calling} is not on the list")
        lacks = {node: node.wants(applicant) for node in of_title}
        met = tuple(node for node, lack in lacks.items() if not lack)
        if met:
            return Match(met)
        wanted = " or ".join(dict.fromkeys(lacks.values()))
        return Match((), f"{applicant.calling} is on the list, but with {wanted}")
