"""The image of the façade: its list of packages is whole, its file is read, nginx has its token."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from labkit.dicomweb.proxy.service.config import load
from labkit.dicomweb.proxy.service.policy import ClientPolicy

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "containers/proxy"
NAMES = (FOLDER / "packages.txt").read_text(encoding="utf-8").split()
OPTIONAL = {"defusedxml", "requests", "setuptools", "urllib3", "charset-normalizer"}
"""Used by others where they are there."""
MEASURING = {"coverage"}
"""Of the tests: in a run that measures what they reach, every process imports it."""


def test_every_package_is_in_the_lock() -> None:
    lock = (ROOT / "requirements/learn.lock").read_text(encoding="utf-8")
    locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", lock))
    assert sorted(NAMES) == NAMES and set(NAMES) <= locked


def test_what_they_need_is_there_too() -> None:
    """As pip on Debian's Python resolves it; pip check in the build says the same."""
    debian = {"python_version": "3.13", "python_full_version": "3.13.5", "extra": "",
              "sys_platform": "linux", "platform_system": "Linux", "os_name": "posix"}  # fmt: skip
    for name in NAMES:
        for needed in map(Requirement, requires(name) or []):
            if needed.marker is None or needed.marker.evaluate(debian):
                assert canonicalize_name(needed.name) in NAMES, f"{name} needs {needed.name}"


def test_what_the_command_imports_is_there() -> None:
    hidden = [name.replace("-", "_") for name in OPTIONAL]
    code = (
        f"import sys; sys.modules.update(dict.fromkeys({hidden}))\n"
        "import labkit.cli, labkit.dicomweb.proxy.service.run, labkit.lab.proxy.check, sys\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    known = packages_distributions()
    used = {canonicalize_name(d) for name in done.stdout.split() for d in known.get(name, ())}
    assert used - {"labkit"} - OPTIONAL - MEASURING <= set(NAMES)


def test_its_file_can_be_read_and_nginx_has_the_token() -> None:
    url = "http://127.0.0.1:8047/dicom-web"
    config = load(FOLDER / "proxy.toml", {"BASE_URL": url})
    assert config.proxy.url == url and config.receive is not None
    header = re.search(
        r'Authorization "(Bearer \S+)"', (ROOT / "containers/viewer/nginx.conf").read_text("utf-8")
    )
    assert header is not None and ClientPolicy(config).who(header[1]) == "viewer"
    assert "FACADE=proxy:11112" in (ROOT / "docker-compose.yml").read_text("utf-8")
    assert (config.proxy.ae_title, config.receive.port) == ("FACADE", 11112)
