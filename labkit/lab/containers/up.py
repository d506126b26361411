"""``labkit up --backend containers``: the products, then the lab's own process before them."""

from __future__ import annotations

import os
from collections.abc import Callable

from labkit.common.errors import LabError
from labkit.lab import launch
from labkit.lab.containers import products
from labkit.lab.containers.compose import Compose, folder
from labkit.lab.description import Description
from labkit.lab.workspace import PRODUCTS, Workspace


def bring_up(
    workspace: Workspace,
    say: Callable[[str], None] = lambda text: None,
    *,
    make: Callable[[], Compose] = lambda: Compose(folder()),
) -> Description:
    """Start the containers where they do not run, and join or start the lab before them.

    In a container of the same network (the variable ``LABKIT_PRODUCTS`` is set there) the products
    are started by whoever started that container.

    Parameters
    ----------
    say
        Shows how far it has come.

    Raises
    ------
    LabError
        There is no Docker, a port is taken, or a container does not get well; with the remedy.
    """
    workspace.prepare()
    if not os.environ.get(PRODUCTS):
        compose = make()
        compose.up(say)
        found = compose.products()
        if _before(workspace) != found:
            launch.stop(workspace)  # it would go on before products that are elsewhere now
            found.write(workspace.products)
    say("Starting the lab before them …")
    return launch.start(workspace)


def bring_down(
    workspace: Workspace, *, make: Callable[[], Compose] = lambda: Compose(folder())
) -> bool:
    """End the lab, and stop its containers; False if no lab was running."""
    ended = launch.stop(workspace)
    if not os.environ.get(PRODUCTS):
        make().down()
    return ended


def _before(workspace: Workspace) -> products.Products | None:
    try:
        return products.read(workspace.products)
    except LabError:  # damaged: written anew
        return None
