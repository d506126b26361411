"""A second port with TLS for a node of the lab, and the certificates for it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from labkit.dimse import Authority, server_context

if TYPE_CHECKING:
    import threading

    from labkit.lab.cast import Cast
    from labkit.lab.secure.guarding import Guarding
    from labkit.lab.workspace import Workspace


class SecondPort:
    """The part of an enterprise that is about TLS beside a node's own port."""

    workspace: Workspace
    cast: Cast
    guarding: Guarding
    changing: threading.RLock

    def _known(self, name: str, names: Any) -> str:
        raise NotImplementedError

    def listen_tls(self, name: str, *, mutual: bool) -> dict[str, int]:
        """Have a node listen on a second port, with TLS (PS3.15 B.12); a reset takes it away."""
        self.guarding.refuse("A second port")
        with self.changing:
            clients = self._authority.certificate if mutual else None
            shown = self._authority.credential(self._known(name, self.cast))
            context = server_context(shown, clients=clients)
            return {"port": self.cast.listen_tls(name, context)}

    def certificates(self) -> dict[str, str]:
        """Return where the learner's certificate, its key and the authority's certificate are."""
        with self.changing:
            own = self._authority.credential("LEARNER")
            files = {
                "authority": self._authority.certificate,
                "certificate": own.certificate,
                "key": own.key,
            }
        root = self.workspace.root
        return {kind: path.relative_to(root).as_posix() for kind, path in files.items()}

    @cached_property
    def _authority(self) -> Authority:
        return Authority(self.workspace.certificates)
