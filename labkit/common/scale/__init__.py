"""Much work on several processes or machines, with Dask: each unit done once, whatever dies.

A unit is one study. A worker writes what it made of it as one file of the state folder (a part),
whole or not at all, and only then is it noted as done. Who is killed in between does it again, to
the same bytes under the same name. The one process that the user started puts the parts together
in their order, so that the result is what it would have been without workers.

``ledger``    what there is to do and what is done, in one SQLite file
``worker``    what runs on a worker
``cluster``   finding or starting workers, and whether they fit
``farm``      tasks out, results in, a window at a time; what kills workers is set aside
``run``       all of it
``progress``  how far, how fast, how long still
"""

from labkit.common.scale.cluster import farm_of
from labkit.common.scale.farm import Farm
from labkit.common.scale.ledger import Unit, WorkLedger
from labkit.common.scale.progress import Progress
from labkit.common.scale.run import Job, Tally, run_job

__all__ = ["Farm", "Job", "Progress", "Tally", "Unit", "WorkLedger", "farm_of", "run_job"]
