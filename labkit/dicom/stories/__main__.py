"""``python -m labkit.dicom.stories OUT``: write the sample data again, bit for bit."""

from __future__ import annotations

import sys
from pathlib import Path

from labkit.dicom.stories.manifest import write

if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(exist_ok=True)
    sys.stdout.write(f"{write(target)}\n")
