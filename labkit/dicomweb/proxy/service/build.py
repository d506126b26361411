"""What the file says, made into the parts of a façade."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, cast

from pydicom.dataset import Dataset

from labkit.common.errors import UsageError
from labkit.dicomweb.proxy.settings import CacheLimits, Names, ProxySettings, Retrieve, Upstream
from labkit.dimse.peer import Peer
from labkit.dimse.tls import Credential, server_context

if TYPE_CHECKING:
    import ssl

    from labkit.dicomweb.proxy.service.config import ServiceConfig
    from labkit.dicomweb.proxy.service.parts import PacsPart

Hook = Callable[[Dataset], Dataset]


def settings_of(config: ServiceConfig) -> ProxySettings:
    """Make the settings of the source.

    Raises
    ------
    UsageError
        A certificate cannot be used.
    """
    proxy, receive, cache = config.proxy, config.receive, config.cache
    return ProxySettings(
        [_upstream(pacs, receive is not None) for pacs in config.pacs],
        cache=config.cache_folder,
        limits=CacheLimits(int(cache.gigabytes * 1e9), cache.hours * 3600),
        ae_title=proxy.ae_title,
        receive=(receive.bind, receive.port) if receive is not None else ("127.0.0.1", 0),
        senders=config.senders,
        address=receive.address if receive is not None else "",
        receive_tls=_receive_tls(config),
        slow_after=proxy.slow_after,
        trust=proxy.trust,
        store_to=proxy.store_to,
    )


def _upstream(pacs: PacsPart, receives: bool) -> Upstream:
    # Without a port that the PACS could be told, C-GET is the one way.
    retrieve = pacs.retrieve if receives else "c-get"
    return Upstream(
        peer_of(pacs),
        retrieve=cast(Retrieve, retrieve),
        associations=pacs.associations,
        timeout=pacs.timeout,
        name=pacs.name,
        names=cast(Names, pacs.names),
    )


def peer_of(pacs: PacsPart) -> Peer:
    """Make the peer, with its TLS and the user's identity.

    Raises
    ------
    UsageError
        A certificate cannot be used.
    """
    return Peer(
        pacs.ae_title,
        pacs.host,
        pacs.port,
        tls=pacs.context(),
        calling=pacs.our_ae_title,
        identity=pacs.identity(),
    )


def _receive_tls(config: ServiceConfig) -> ssl.SSLContext | None:
    receive = config.receive
    if receive is None or receive.certificate is None or receive.key is None:
        return None
    return server_context(Credential(receive.certificate, receive.key), clients=receive.ca)


def hooks_of(config: ServiceConfig) -> tuple[Hook, ...]:
    """Find the functions that `hooks` names.

    Raises
    ------
    UsageError
        There is no such module or function, or its module cannot be imported.
    """
    return tuple(_hook(config.path.name, name) for name in config.proxy.hooks)


def _hook(file: str, dotted: str) -> Hook:
    module, _, name = dotted.partition(":")
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # whatever stands in that module is run here
        raise UsageError(
            f"{file}: [proxy] hooks: {dotted} cannot be had ({type(error).__name__}).",
            remedy=f"Install the package of {module}, or name its folder in PYTHONPATH.",
        ) from error
    if not callable(found):
        raise UsageError(
            f"{file}: [proxy] hooks: {dotted} is no function.",
            remedy="It takes a data set, and returns the data set that may leave.",
        )
    return cast(Hook, found)
