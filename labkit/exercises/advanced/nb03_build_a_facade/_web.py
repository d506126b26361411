"""Ask a web application without a network, so that what it raises is heard."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx


class Web:
    """A client straight into an ASGI application.

    Parameters
    ----------
    app
        What it raises comes out of `get`.
    """

    def __init__(self, app: Any) -> None:
        self._app = app

    def get(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """Send a GET; works in a notebook too, whose thread has an event loop of its own."""

        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._app)
            async with httpx.AsyncClient(transport=transport, base_url="http://facade") as client:
                return await client.get(path, headers=headers)

        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, ask()).result()
