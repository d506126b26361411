"""Finding or starting workers, and whether they fit."""

from __future__ import annotations

import logging
import os
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from labkit.common.errors import NetworkError, UsageError
from labkit.common.scale.farm import Farm
from labkit.common.scale.worker import difference, look, versions

_LOCAL = re.compile(r"local(?::(\d+))?")
_HINT = "Write local:N for N processes of this machine, or tcp://host:8786 of a Dask scheduler."
_NO_BOKEH = "bokeh is not installed (pip install 'labkit[dashboard]')"
_SECONDS = 10


def checked(scheduler: str) -> int:
    """Return the number of local workers, 0 for a scheduler elsewhere.

    Raises
    ------
    UsageError
        It is neither.
    """
    local = _LOCAL.fullmatch(scheduler)
    if local:
        count = int(local[1]) if local[1] else os.cpu_count() or 1
        if not 1 <= count <= 1024:
            raise UsageError(f"{scheduler} has no workers", remedy="local:1 to local:1024.")
        return count
    if not re.fullmatch(r"(tcp|tls)://[^/\s@]+:\d+", scheduler):
        raise UsageError(f"{scheduler!r} is no scheduler", remedy=_HINT)
    return 0


@contextmanager
def farm_of(
    scheduler: str,
    folder: Path,
    *,
    dashboard: bool = False,
    say: Callable[[str], None] = lambda text: None,
) -> Iterator[Farm]:
    """Start local workers, or connect to a scheduler, and see whether the workers fit.

    Local workers listen on 127.0.0.1, by TLS with certificates made for this run: whoever reaches
    a Dask scheduler without them can run what he likes as its user.

    Parameters
    ----------
    scheduler
        ``local:N``, or ``tcp://host:port`` or ``tls://host:port`` (with the certificates of Dask's
        own configuration).
    folder
        The state folder, which all workers must have under the same path.
    dashboard
        Of local workers: show one, on a free port of 127.0.0.1. It asks nobody who they are.
    say
        Told the address of the dashboard, or why there is none.

    Raises
    ------
    UsageError
        It is no scheduler; it has no workers; a worker is of another version, or does not have the
        folder.
    NetworkError
        The scheduler does not answer.
    """
    count = checked(scheduler)
    import distributed

    dask: Any = distributed  # it has no hints
    with ExitStack() as stack:
        address: Any = scheduler
        if count:
            stack.enter_context(_config(dashboard))
            address = stack.enter_context(_local(count, folder, dashboard))
        try:
            client = stack.enter_context(
                dask.Client(address, timeout=_SECONDS, set_as_default=False, name="labkit")
            )
        except (OSError, TimeoutError, ValueError, RuntimeError) as error:
            raise NetworkError(
                f"the scheduler {scheduler} cannot be reached ({type(error).__name__})",
                remedy="Start it with `dask scheduler`, or check address and certificates; "
                "--scheduler local:2 needs none.",
            ) from error
        farm = Farm(client)
        _fit(farm, folder)
        if dashboard or not count:
            has = find_spec("bokeh") is not None or not count
            has = has and bool(farm.dashboard)
            say(f"dashboard: {farm.dashboard}" if has else f"no dashboard: {_NO_BOKEH}")
        yield farm


def _config(dashboard: bool) -> AbstractContextManager[Any]:
    import dask

    quiet: dict[str, Any] = {} if dashboard else {
        # Pages of Dask's that tell of workers and tasks to whoever asks.
        "distributed.scheduler.http.routes": [],
        "distributed.worker.http.routes": [],
        # For them a worker is looked at 100 times a second, and every process wakes up 50 times.
        "distributed.worker.profile.enabled": False,
        "distributed.admin.tick.interval": "1s",
    }  # fmt: skip
    return dask.config.set(
        {
            # A worker has one task and no other in store: who dies with it is known.
            "distributed.scheduler.worker-saturation": 1.0,
            # By default a worker that takes over 15 s to come back is given up, for good.
            "distributed.deploy.lost-worker-timeout": "1 day",
            **quiet,
        }
    )


def _local(count: int, folder: Path, dashboard: bool) -> Any:
    import distributed

    dask: Any = distributed
    scratch = folder / "scratch"
    scratch.mkdir(parents=True, exist_ok=True, mode=0o700)
    return dask.LocalCluster(
        n_workers=count,
        threads_per_worker=1,  # mapping and de-identification are Python: threads would wait
        processes=True,
        host="127.0.0.1",
        security=True,
        dashboard_address="127.0.0.1:0",
        local_directory=str(scratch),
        silence_logs=logging.CRITICAL,
        # `Farm` counts the deaths itself.
        scheduler_kwargs={"allowed_failures": 0, "dashboard": dashboard},
    )


def _fit(farm: Farm, folder: Path) -> None:
    """Ask every worker what it is and what it sees."""
    probe = folder / f".probe-{uuid.uuid4().hex}"
    probe.write_text(probe.name, "utf-8")
    try:
        answers = farm.client.run(look, str(probe), on_error="return")
    finally:
        probe.unlink(missing_ok=True)
    if not answers:
        raise UsageError(
            "the scheduler has no workers",
            remedy="Start some: `dask worker tcp://host:8786 --nthreads 1` on each machine.",
        )
    ours = versions()
    for address, answer in answers.items():
        if not isinstance(answer, dict):
            raise UsageError(
                f"the worker {address} cannot run labkit ({type(answer).__name__})",
                remedy=f"Install labkit {ours['labkit']} there, for Python {ours['python']}.",
            )
        if differs := difference(answer["versions"], ours):
            raise UsageError(
                f"the worker {address} has {differs}", remedy="Install the same on every worker."
            )
        if answer["seen"] != probe.name:
            raise UsageError(
                f"the worker {address} cannot use {folder} ({answer['why'] or 'another folder'})",
                remedy="Give --state a folder that every worker shares under the same path.",
            )
