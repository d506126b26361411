"""OHIF as its makers publish it: found or fetched, and served as ``containers/viewer`` does."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tarfile
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page
from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import FileResponse, Response, StreamingResponse
from starlette.routing import Route

from labkit.common.serving import HOST, HttpService

VIEWER = Path(__file__).resolve().parents[2] / "containers" / "viewer"
FOLDER, FETCH = "LABKIT_OHIF", "LABKIT_OHIF_FETCH"
"""Variables: the folder of OHIF's built site; whether it may be fetched with npm."""
_ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "X-Content-Type-Options": "nosniff",
}
_ASKED = ("accept", "accept-encoding", "host", "if-none-match", "range")
_SAID = ("accept-ranges", "content-encoding", "content-length", "content-range", "content-type",
         "etag", "last-modified", "retry-after", "warning")  # fmt: skip
_DRAWN = """(least) =>
  [...document.querySelectorAll("canvas.cornerstone-canvas")].some((canvas) => {
    if (!canvas.width || !canvas.height) return false;
    const context = canvas.getContext("2d", { willReadFrequently: true });
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
    const seen = new Set();
    for (let i = 0; i < data.length; i += 4 * 31)
      seen.add((data[i] << 16) | (data[i + 1] << 8) | data[i + 2]);
    return seen.size >= least;
  })"""
_NO_TOUR = """localStorage?.setItem("shownTours", '["basicViewerTour"]')"""
_Endpoint = Callable[[Request], Awaitable[Response]]


def site() -> Path:
    """Find the folder of the site; the test is skipped where there is none and none is fetched."""
    named = os.environ.get(FOLDER)
    if named:
        folder = Path(named)
    else:
        digest, package = (VIEWER / "ohif.sha512").read_text("ascii").split()
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(home) / "labkit" / package.removesuffix(".tgz")
        if not folder.is_dir():
            if not (os.environ.get("CI") or os.environ.get(FETCH)):
                pytest.skip(f"no OHIF: name its folder in {FOLDER}, or set {FETCH}=1")
            _fetch(package, digest, folder)
    assert (folder / "index.html").is_file(), f"{folder} is not OHIF's built site"
    return folder


def _fetch(package: str, digest: str, folder: Path) -> None:
    """Fetch the package with npm, compare it with what was tested, and unpack its site."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("OHIF is fetched with npm, which is not here")
    work = folder.with_name(f"{folder.name}.{os.getpid()}")
    work.mkdir(parents=True)
    try:
        version = package.removeprefix("ohif-app-").removesuffix(".tgz")
        done = subprocess.run(
            [npm, "pack", "--silent", f"@ohif/app@{version}"], cwd=work, capture_output=True,
            text=True, timeout=600, check=False, stdin=subprocess.DEVNULL,
        )  # fmt: skip
        if done.returncode:
            pytest.skip(f"npm could not fetch OHIF: {done.stderr.strip()[-200:]}")
        found = hashlib.sha512((work / package).read_bytes()).hexdigest()
        assert found == digest, f"npm gave another {package} than was tested"
        with tarfile.open(work / package) as archive:
            archive.extractall(work, [m for m in archive if not m.name.endswith(".map")],
                               filter="data")  # fmt: skip
        try:
            (work / "package" / "dist").rename(folder)
        except OSError:
            if not folder.is_dir():  # else another run of the tests was faster
                raise
    finally:
        shutil.rmtree(work)


@dataclass
class Viewer:
    """A running OHIF.

    Attributes
    ----------
    url
        Its address, with a slash at its end.
    asked
        What the page asked of archives: path with query, its root first; the status of the answer.
    """

    url: str
    asked: list[tuple[str, int]] = field(default_factory=list)

    @contextmanager
    def opened(self, browser: Browser, path: str = "") -> Iterator[Page]:
        """Show a page of it; a complaint of OHIF, or an answer that is an error, fails the test."""
        context = browser.new_context(viewport={"width": 1280, "height": 800})
        context.add_init_script(_NO_TOUR)
        page = context.new_page()
        problems: list[str] = []
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda m: problems.append(m.text) if m.type == "error" else None)
        try:
            page.goto(self.url + path)
            yield page
            assert problems == []
            assert [each for each in self.asked if each[1] >= 400] == []
        finally:
            context.close()


def drawn(page: Page, colours: int = 32) -> None:
    """Wait until a picture of that many colours or more is there."""
    page.wait_for_function(_DRAWN, arg=colours, timeout=60_000)


@contextmanager
def viewer(folder: Path, archives: Mapping[str, str]) -> Iterator[Viewer]:
    """Serve the site with the settings of the container; pass on what it reads of archives.

    Parameters
    ----------
    archives
        DICOMweb base URLs by the roots that ``app-config.js`` has: ``{"/dicom-web": "http://…"}``.
    """
    service = HttpService("ohif")
    shown = Viewer(f"http://{HOST}:{service.bind()}/")
    client = httpx.AsyncClient(trust_env=False, timeout=120)
    routes = [Route(f"{root}/{{below:path}}", _passing(client, root, url, shown))
              for root, url in archives.items()]  # fmt: skip
    service.start(Starlette(routes=[*routes, Route("/{path:path}", _static(folder))]))
    try:
        yield shown
    finally:
        service.stop()


def _static(folder: Path) -> _Endpoint:
    async def serve(request: Request) -> Response:
        path = request.path_params["path"]
        if path == "app-config.js":
            return FileResponse(VIEWER / path, headers=_ISOLATED)
        file = (folder / path).resolve()
        inside = file.is_relative_to(folder.resolve()) and file.is_file()
        # Addresses such as /viewer?StudyInstanceUIDs=… are the page's own.
        return FileResponse(file if inside else folder / "index.html", headers=_ISOLATED)

    return serve


def _passing(client: httpx.AsyncClient, root: str, base: str, shown: Viewer) -> _Endpoint:
    async def passing(request: Request) -> Response:
        path = request.scope["raw_path"].decode("ascii").removeprefix(root)  # still encoded
        path += f"?{request.url.query}" if request.url.query else ""
        headers = {name: request.headers[name] for name in _ASKED if name in request.headers}
        asked = client.build_request("GET", base + path, headers=headers)
        answer = await client.send(asked, stream=True)
        shown.asked.append((root + path, answer.status_code))
        said = {name: answer.headers[name] for name in _SAID if name in answer.headers}
        return StreamingResponse(
            answer.aiter_raw(), answer.status_code, said | _ISOLATED,
            background=BackgroundTask(answer.aclose),
        )  # fmt: skip

    return passing
