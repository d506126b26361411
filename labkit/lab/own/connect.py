"""A section of ``labkit.toml`` made into what the clients of labkit take."""

from __future__ import annotations

import ssl

import httpx

from labkit.dimse.configured import DicomPart
from labkit.lab.nodes import Node
from labkit.lab.own.config import OwnConfig, WebPart
from labkit.lab.own.guard import GuardedTransport, ReadOnly

TIMEOUT = 30.0
"""Seconds that a server may be silent."""


def node_of(part: DicomPart, config: OwnConfig, *, role: str, site: str = "yours") -> Node:
    """Make the node, with its TLS, our title, the user's identity and the guard."""
    ours = frozenset({config.receive.ae_title} if config.receive else ())
    return Node(
        part.ae_title,
        part.host,
        part.port,
        role=role,
        site=site,
        tls=part.context(),
        calling=part.our_ae_title,
        identity=part.identity(),
        policy=ReadOnly(ours) if config.limits.read_only else None,
        most=config.limits.max_studies,
    )


def verify_of(part: WebPart) -> ssl.SSLContext:
    """Make the context for HTTPS; with a `ca`, that one alone is trusted."""
    if part.ca is not None:
        return ssl.create_default_context(cafile=part.ca)
    context = httpx.create_ssl_context()  # the list that comes with httpx
    context.load_default_certs()  # and what this machine trusts, the hospital's own too
    return context


def transport_of(part: WebPart, *, read_only: bool) -> httpx.BaseTransport:
    """Make the way to a web server; no proxy of the environment is used."""
    wire = httpx.HTTPTransport(verify=verify_of(part))
    return GuardedTransport(wire, part.url, read_only=read_only)


def headers_of(part: WebPart) -> dict[str, str]:
    """Make the header that logs in, if any."""
    if part.token:
        return {"Authorization": f"Bearer {part.token}"}
    if part.user:
        request = next(
            httpx.BasicAuth(part.user, part.password).auth_flow(httpx.Request("GET", part.url))
        )
        return {"Authorization": request.headers["Authorization"]}
    return {}


def web_client(part: WebPart, *, read_only: bool, timeout: float = TIMEOUT) -> httpx.Client:
    """Make a client for paths below ``part.url``; it follows no redirect."""
    return httpx.Client(
        base_url=part.url + "/",
        headers=headers_of(part),
        transport=transport_of(part, read_only=read_only),
        timeout=timeout,
    )
