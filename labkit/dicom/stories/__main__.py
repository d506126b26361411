"""``python -m labkit.dicom.stories OUT [SLUG …]``: write the sample data again, bit for bit.

Needs the extra ``data`` (highdicom, Pillow, pyjpegls) and takes a minute or two. With slugs only
these studies are written; the manifest always describes the whole of OUT.
"""

from __future__ import annotations

import sys
from pathlib import Path

from labkit.dicom.stories.build import WRITERS, write_all
from labkit.dicom.stories.manifest import write


def main(arguments: list[str]) -> int:
    """Run the command; returns the exit status."""
    if not arguments or arguments[0].startswith("-"):
        sys.stderr.write(f"{__doc__}\n")
        return 2
    folder, wanted = Path(arguments[0]), arguments[1:] or list(WRITERS)
    unknown = [slug for slug in wanted if slug not in WRITERS]
    if unknown:
        sys.stderr.write(f"no such story: {', '.join(unknown)}; one of {', '.join(WRITERS)}\n")
        return 2
    folder.mkdir(parents=True, exist_ok=True)
    for slug in write_all(folder, wanted):
        sys.stdout.write(f"{slug}\n")
        sys.stdout.flush()
    sys.stdout.write(f"{write(folder)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
