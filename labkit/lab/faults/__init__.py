"""The broken network: faults of the lab, each with its complaint, its cause and its repair.

::

    lab.faults.list()                     # the catalogue
    lab.faults.inject("wrong-port")       # break it …
    lab.faults.repaired()                 # … mend it, and have the work done again
    lab.faults.clear()                    # everything as it was before
"""

from __future__ import annotations

from labkit.lab.faults.client import Faults

__all__ = ["Faults"]
