"""A guard before a product that cannot enforce a policy itself: DIMSE and DICOMweb, both of ours.

Orthanc knows neither tokens nor consent. So nobody reaches it but the lab's process, which holds
its password, and in front stand services that ask an `AccessPolicy` for each act: a `PacsNode` and
the DICOMweb application, over the `Mirror` of what the product holds. What is stored goes on to the
product before it is answered. The product keeps; the guard decides.
"""

from __future__ import annotations

import errno
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.common.access import DENY_ALL, AccessPolicy
from labkit.common.errors import DataError, LabError
from labkit.dicomweb import ArchiveSource, dicomweb_app
from labkit.pacs import (
    Destinations,
    DuplicateSopInstance,
    EventLog,
    NodeConfig,
    PacsNode,
    StoredObject,
)
from labkit.pacs.header import Header, read_header
from labkit.pacs.part10 import file_meta

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from labkit.dimse import AssociationTrace
    from labkit.lab.containers.mirror import Mirror


class PassedOn:
    """Where a guard stores objects: in the product, then in its mirror.

    Parameters
    ----------
    mirror
        Of the product.
    """

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._storing = threading.Lock()

    def add(
        self,
        data: bytes | memoryview,
        *,
        transfer_syntax: str,
        source: str = "",
        header: Header | None = None,
    ) -> StoredObject:
        """Have the product keep an object; on return it does.

        Raises
        ------
        DuplicateSopInstance
            Another object of this UID is held. Orthanc would answer success and drop it.
        OSError
            The product does not take it, or does not answer.
        """
        header = header or read_header(data, transfer_syntax)
        uid = header["SOPInstanceUID"]
        with self._storing:
            try:
                held = self._mirror.held(uid, data, transfer_syntax)
                if held is not None:
                    return held
                meta = file_meta(header["SOPClassUID"], uid, transfer_syntax, source)
                return self._mirror.give(uid, meta, data)
            except DuplicateSopInstance:
                raise
            except (LabError, DataError) as error:
                raise OSError(errno.EIO, f"the product did not take it: {error.message}") from error


class Guard:
    """The doors of one guarded product.

    Parameters
    ----------
    name
        AE title of the product, by which the guard is called.
    mirror
        What it holds. Nobody else stores into the product, so that the mirror is never behind.
    policy
        Asked for each act. Without one, everything is refused.
    destinations
        Where C-MOVE may send to: the guard sends, not the product.
    log, traces
        As `PacsNode` takes them.
    admission
        More arguments for `PacsNode`, such as whom it lets associate.
    """

    def __init__(
        self,
        name: str,
        mirror: Mirror,
        policy: AccessPolicy = DENY_ALL,
        *,
        destinations: Destinations | None = None,
        log: EventLog | None = None,
        traces: Callable[[AssociationTrace], None] | None = None,
        **admission: Any,
    ) -> None:
        self._mirror, self._policy = mirror, policy
        self._sink = PassedOn(mirror)
        self.node = PacsNode(
            NodeConfig(name),
            mirror,
            policy=policy,
            destinations=destinations,
            log=log,
            traces=traces,
            sink=self._sink,
            **admission,
        )

    def start(self, port: int = 0) -> int:
        """Have what the product holds, and listen for DIMSE; return the port.

        Raises
        ------
        LabError
            The product does not answer: then there is nothing to guard, and nothing listens.
        """
        self._mirror.pull()
        return self.node.start(port)

    def stop(self) -> None:
        """Stop listening, and end the associations that are open."""
        self.node.stop()

    def web(self, base_url: str) -> ASGIApp:
        """Return DICOMweb of the product, at `base_url`; what proves who asks goes before it."""
        source = ArchiveSource(self._mirror, self._sink)
        return dicomweb_app(source, self._policy, base_url=base_url)
