"""A study of 2,000 objects streams through the façade, whose memory does not grow with it."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import httpx
import pytest

from tests.contract.pacs.cases import small, uid
from tests.dicomweb.proxy.conftest import WHOLE, StartStub

COUNT, SIDE = 2000, 256  # 0.13 MB each
MOST = 150 << 20
SERVER = """
import sys
from pathlib import Path
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount
from labkit.common import ALLOW_ALL
from labkit.dicomweb import dicomweb_app
from labkit.dicomweb.proxy import ProxySettings, ProxySource, Upstream, traced
from labkit.dimse import Peer

upstream = Upstream(Peer("STUB", "127.0.0.1", int(sys.argv[1])), retrieve="c-get")
with ProxySource(ProxySettings([upstream], cache=Path(sys.argv[2]))) as source:
    config = uvicorn.Config(Starlette(), port=0, log_config=None, lifespan="off")
    listener = config.bind_socket()
    listener.listen()  # nobody is refused before the server has started
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    config.app = Starlette(
        routes=[Mount("/", traced(dicomweb_app(source, ALLOW_ALL, base_url=url)))]
    )
    print(url, flush=True)
    uvicorn.Server(config).run(sockets=[listener])
"""


def resident(pid: int) -> int:
    """Bytes of a process that are in memory."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="measured on Linux")
def test_two_thousand_objects_stream_through(stub: StartStub, tmp_path: Path) -> None:
    behind = stub()
    pixels = bytes(SIDE * SIDE * 2)
    shape = {"Rows": SIDE, "Columns": SIDE, "BitsAllocated": 16, "BitsStored": 16, "HighBit": 15}
    behind.objects = [
        small(1, 1, number, PixelData=pixels, **shape) for number in range(1, COUNT + 1)
    ]
    behind.objects.append(small(2, PixelData=pixels, **shape))
    command = [sys.executable, "-c", SERVER, str(behind.port), str(tmp_path / "cache")]
    child = subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    seen: list[int] = []
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            seen.append(resident(child.pid))

    watcher = threading.Thread(target=watch)
    try:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        with httpx.Client(base_url=url, trust_env=False, timeout=120) as client:
            assert client.get(f"/studies/{uid(2)}", headers=WHOLE).status_code == 200
            before = resident(child.pid)
            watcher.start()
            for _ in ("cold", "warm"):
                size = 0
                with client.stream("GET", f"/studies/{uid(1)}", headers=WHOLE) as answer:
                    for piece in answer.iter_raw():
                        size += len(piece)
                assert size > COUNT * len(pixels)
    finally:
        done.set()
        if watcher.ident is not None:
            watcher.join()
        child.terminate()
        child.wait(20)
        assert child.stdout is not None
        child.stdout.close()
    assert seen and max(seen) - before < MOST, f"{(max(seen) - before) >> 20} MB"
    print(f"grew by {(max(seen) - before) >> 20} MB")
