"""The process of a user that is killed: ``python -m tests.scale.killed_client HOME``."""

import io
import sys
from pathlib import Path

from labkit.common.scale import Job, Progress, Unit, WorkLedger, farm_of, run_job


def main(home: Path) -> None:
    """Do four units, of which two wait to be let on."""
    spec = {"home": str(home), "slow": ["c", "d"]}
    ledger = WorkLedger(home / "state", {"work": "test"})
    ledger.plan(Unit(name) for name in "abcd")
    with farm_of("local:2", ledger.folder) as farm:
        job = Job("tests.scale.acts:worker", spec)
        run_job(farm, ledger, job, lambda name: {"name": name}, Progress(io.StringIO()))
    ledger.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
