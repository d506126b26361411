"""The configuration of JupyterHub for a workshop: ``configure(get_config(), settings)``."""

from __future__ import annotations

import os
import shutil
import sys
from typing import Any

from labkit.common.errors import LabkitError, UsageError
from labkit.lab.lock import FileLock
from labkit.workshop.hub.settings import HubSettings
from labkit.workshop.release import read_release
from labkit.workshop.rooms.serve import LOCK

PROXY = 19999
"""The account of the proxy, where learners have their own."""
LOOK = 10
"""Seconds between two looks at a learner's server."""


def configure(c: Any, settings: HubSettings) -> None:
    """Set everything that a hub for a workshop needs, and nothing that it does not.

    Raises
    ------
    UsageError
        Nothing was released, or `labkit workshop start` serves this workshop now.
    """
    from labkit.workshop.hub.door import CodeAuthenticator
    from labkit.workshop.hub.spawner import LearnerSpawner

    workshop = settings.workshop
    read_release(workshop.folder)
    if FileLock(workshop.folder / LOCK).held():
        raise UsageError(
            "The rooms of this workshop are open.", remedy="First run `labkit workshop stop`."
        )
    if settings.accounts and workshop.folder.stat().st_mode & 0o005 != 0o005:
        raise UsageError(
            f"Learners may not enter {workshop.folder}.", remedy=f"chmod 755 {workshop.folder}"
        )
    state = workshop.folder / "hub"
    state.mkdir(mode=0o700, exist_ok=True)

    inside = "127.0.0.1"  # no learner, and no network, is to reach these two but through the proxy
    hub, control = settings.ports
    c.JupyterHub.bind_url = f"http://{settings.bind}:{settings.port}/"
    c.JupyterHub.hub_bind_url = f"http://{inside}:{hub}"
    c.JupyterHub.db_url = f"sqlite:///{state / 'jupyterhub.sqlite'}"
    c.JupyterHub.cookie_secret_file = str(state / "cookie_secret")
    c.JupyterHub.cleanup_servers = c.JupyterHub.cleanup_proxy = True
    c.JupyterHub.allow_named_servers = False  # one learner, one lab
    c.JupyterHub.concurrent_spawn_limit = 4
    c.ConfigurableHTTPProxy.api_url = f"http://{inside}:{control}"
    c.ConfigurableHTTPProxy.pid_file = str(state / "proxy.pid")
    c.ConfigurableHTTPProxy.command = proxy_command(settings)

    c.JupyterHub.authenticator_class = CodeAuthenticator
    c.CodeAuthenticator.workshop = str(workshop.folder)

    c.JupyterHub.spawner_class = LearnerSpawner
    c.LearnerSpawner.workshop = str(workshop.folder)
    c.LearnerSpawner.accounts = settings.accounts
    c.LearnerSpawner.processes = settings.processes
    c.LearnerSpawner.minutes = settings.minutes
    c.LearnerSpawner.mem_limit = settings.memory
    c.LearnerSpawner.ip = inside
    c.LearnerSpawner.poll_interval = LOOK
    c.LearnerSpawner.start_timeout = c.LearnerSpawner.http_timeout = 120
    c.LearnerSpawner.env_keep = ["PATH", "LANG"]


def proxy_command(settings: HubSettings) -> list[str]:
    """Return how the proxy is run: it meets the network, so as nobody who may do anything."""
    if not settings.accounts:
        return list(settings.proxy)
    program = shutil.which("setpriv")
    if program is None:
        raise UsageError("There is no setpriv.", remedy="Install util-linux.")
    who = [f"--reuid={PROXY}", f"--regid={PROXY}", "--clear-groups", "--no-new-privs"]
    return [program, *who, *settings.proxy]


def from_environment(c: Any) -> None:
    """Configure a hub by the variables ``LABKIT_HUB_…`` of this process."""
    try:
        configure(c, HubSettings.of(os.environ))
    except LabkitError as error:
        sys.exit(f"{error.message} {error.remedy}")
