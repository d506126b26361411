"""``labkit up --backend containers --secure``: guarded products, the secure lab before them."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import partial

from labkit.common.errors import LabError, PortTaken, UsageError
from labkit.lab import launch
from labkit.lab.containers import engine, products, secrets
from labkit.lab.containers.compose import SECURE, Compose, folder
from labkit.lab.containers.guarded_hapi import FORWARDED
from labkit.lab.containers.secrets import Secrets
from labkit.lab.description import Description
from labkit.lab.secure.mark import agree
from labkit.lab.workspace import PRODUCTS, Workspace

SUBNET = "LABKIT_SECURE_SUBNET"
"""Variable: the network of the guarded containers; another than that of an open lab's."""
_SUBNET = "172.28.78.0/24"
_PROJECT = "COMPOSE_PROJECT_NAME"

Make = Callable[[Secrets], Compose]


def guarded(drawn: Secrets) -> Compose:
    """Return the services as a secure lab has them: a project of their own, with their secrets."""
    project = f"{os.environ.get(_PROJECT) or 'labkit'}-{SECURE}"
    # In the environment, not in the command line, which every process may read.
    environment = {**os.environ, **drawn.environment, _PROJECT: project}
    return Compose(folder(), profile=SECURE, run=partial(engine.run, environment=environment))


def bring_up(
    workspace: Workspace, say: Callable[[str], None] = lambda text: None, *, make: Make = guarded
) -> Description:
    """Start the guarded products where they do not run, and join or start the lab before them.

    Raises
    ------
    UsageError
        The folder holds a lab of another kind, or the products are started by somebody else.
    LabError
        There is no Docker, a port is taken, or a container does not get well; with the remedy.
    """
    if os.environ.get(PRODUCTS):
        raise UsageError(
            "The products here are open, and started by another.",
            remedy="In this container the secure lab is embedded: leave --backend out. On the "
            "machine itself: labkit up --backend containers --secure",
        )
    workspace.prepare()
    agree(workspace, True)
    own = workspace.root / "products.json"
    if (workspace.root / "nodes").exists() and not own.exists():
        raise UsageError(
            f"{workspace.root.name} holds an embedded secure lab.",
            remedy="Name another folder for the one on containers: --workspace DIR.",
        )
    drawn = secrets.read(workspace.product_secrets)
    if drawn is None:
        drawn = _draw(workspace)
    try:
        found = _started(drawn, say, make)
    except PortTaken:  # since they were drawn, another program took one
        launch.stop(workspace)
        found = _started(drawn := _draw(workspace), say, make)
    if _before(workspace) != found:
        launch.stop(workspace)  # it would go on before products that are elsewhere now
        found.write(own)
    say("Starting the lab before them …")
    return launch.start(workspace, secure=True)


def bring_down(workspace: Workspace, *, make: Make = guarded) -> bool:
    """End the lab, and stop its containers; False if no lab was running."""
    ended = launch.stop(workspace)
    drawn = secrets.read(workspace.product_secrets)
    if drawn is not None:
        make(drawn).down()
    return ended


def _started(drawn: Secrets, say: Callable[[str], None], make: Make) -> products.Products:
    compose = make(drawn)
    compose.up(say)
    return compose.products()


def _draw(workspace: Workspace) -> Secrets:
    subnet = os.environ.get(SUBNET, _SUBNET)
    # Docker gives the first address of a network to this machine.
    first = subnet.partition("/")[0].rpartition(".")[0] + ".1"
    drawn = secrets.draw(first if sys.platform == "linux" else FORWARDED, subnet)
    secrets.write(workspace.product_secrets, drawn)
    return drawn


def _before(workspace: Workspace) -> products.Products | None:
    try:
        return products.read(workspace.root / "products.json")
    except LabError:  # damaged: written anew
        return None
