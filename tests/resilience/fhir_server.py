"""The FHIR server alone, for a test to kill: ``python -m tests.resilience.fhir_server FILE``.

Prints its base URL, then serves until it is ended.
"""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import uvicorn

from labkit.common import ALLOW_ALL
from labkit.fhir import FhirStore, fhir_app


def main(file: str) -> None:
    """Serve the store in `file` on a free port of this machine."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.bind(("127.0.0.1", 0))
    listener.listen()  # who reads the URL can connect at once
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    app = fhir_app(FhirStore(Path(file)), ALLOW_ALL, base_url=url)
    print(url, flush=True)
    config = uvicorn.Config(app, log_level="error", lifespan="off")
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main(sys.argv[1])
