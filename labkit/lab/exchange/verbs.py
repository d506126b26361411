"""The part of a lab that is about exchanging with others."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from labkit.common.access import AccessPolicy
    from labkit.lab.dicomweb import EmbeddedDicomweb
    from labkit.lab.exchange.communities import Communities
    from labkit.lab.proxy.verbs import EmbeddedProxy


class ExchangeVerbs:
    """What a lab's two sites do as communities."""

    _exchange: Communities | None = None

    if TYPE_CHECKING:
        secure: bool

        @property
        def workspace(self) -> Path: ...  # noqa: D102
        @property
        def dicomweb(self) -> EmbeddedDicomweb: ...  # noqa: D102
        @property
        def proxy(self) -> EmbeddedProxy: ...  # noqa: D102

    def communities(
        self, *, policy: AccessPolicy | None = None, studies: Iterable[str] | None = None
    ) -> Communities:
        """Start North General and Lakeside Clinic as two communities that know each other.

        Their services run in this process, on ports of their own, until `Communities.close`, or
        until this is called again: then all begins anew, with empty registries.

        Parameters
        ----------
        policy
            Who may have what. By default an open lab lets everybody have everything, and a secure
            one refuses.
        studies
            Study Instance UIDs that are published; all by default.

        Returns
        -------
        Communities
            ``north, lakeside = lab.communities()``; both are published: their registries have a
            manifest of each study.
        """
        from labkit.common.access import ALLOW_ALL, DENY_ALL
        from labkit.lab.exchange.communities import Communities

        if self._exchange is not None:
            self._exchange.close()
            self._exchange = None
        made = Communities(
            self.workspace / "exchange",
            self.dicomweb.client,
            self.proxy.client,
            policy or (DENY_ALL if self.secure else ALLOW_ALL),
        )
        try:
            made.start(studies)
        except BaseException:
            made.close()
            raise
        self._exchange = made
        return made
