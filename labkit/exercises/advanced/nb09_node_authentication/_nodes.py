"""What the notebook's first cells leave behind, and callers for the checks."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from labkit.dimse import Authority, client_context
from labkit.dimse.tls import Tls

IMPORTS = """
    import ssl
    import tempfile
    from pathlib import Path
    from labkit.access.nodes import AllowList, NodeEntry, NodePolicy, NodeUser, hash_passcode
    from labkit.access.nodes.practice import Practice
    from labkit.access.nodes.trial import run_trials
    from labkit.access.nodes.wire import WireTap
    from labkit.common.errors import AssociationError, AssociationRejected, LabkitError
    from labkit.dimse import Authority, Credential, Peer, client_context, echo, server_context
    from labkit.dimse.certificate import describe
    from labkit.dimse.identity import UserIdentity

    folder = Path(tempfile.mkdtemp())
    ca = Authority(folder / "authority")
    ANYWHERE = ("0.0.0.0/0", "::/0")
"""


@contextmanager
def authorities() -> Iterator[tuple[Authority, Authority]]:
    """Make an authority, and one that nobody trusts; both are gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        yield Authority(Path(folder) / "ours"), Authority(Path(folder) / "theirs")


def showing(ca: Authority, name: str, *, trusting: Authority | None = None) -> Tls:
    """A caller's context with the certificate of `name`."""
    return client_context((trusting or ca).certificate, ca.credential(name))
