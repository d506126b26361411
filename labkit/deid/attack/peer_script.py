"""Runs in the peers' virtual environment: ``peer_script.py NAME IN OUT``. Imports no labkit.

Each file is given on its own, so that one that a peer cannot read costs it no other; the time is of
the work alone. Settings are those of the peers' own documentation, and the strictest there are.
"""

import contextlib
import importlib
import io
import json
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path


def dicom_anonymizer() -> Callable[[Path, Path], None]:
    """Return it with its defaults: the Basic Profile's actions, private attributes deleted."""
    module = importlib.import_module("dicomanonymizer.simpledicomanonymizer")

    def run(path: Path, out: Path) -> None:
        module.anonymize_dicom_file(str(path), str(out))

    return run


def deid() -> Callable[[Path, Path], None]:
    """Return it with its default recipe: burned-in pixels cleaned, then the header replaced.

    Private attributes and sequences are removed, which it does if it is asked to.
    """
    module = importlib.import_module("deid.dicom")
    config = importlib.import_module("deid.config")
    importlib.import_module("deid.logger").bot.level = 0
    recipe = config.DeidRecipe()

    def run(path: Path, out: Path) -> None:
        with tempfile.TemporaryDirectory() as place:
            start = path
            cleaner = module.DicomCleaner(output_folder=place)
            found = cleaner.detect(str(path))
            if found.get("flagged") and any(r.get("coordinates") for r in found["results"]):
                cleaner.clean()
                start = Path(cleaner.save_dicom())
            made = module.replace_identifiers(
                dicom_files=[str(start)], deid=recipe, save=True, overwrite=True,
                output_folder=str(out.parent), strip_sequences=True, remove_private=True,
            )  # fmt: skip
            if Path(made[0]) != out:
                shutil.move(made[0], out)

    return run


def main() -> None:
    """De-identify all files below IN; print how it went as JSON."""
    name, source, target = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
    run = {"dicom-anonymizer": dicom_anonymizer, "deid": deid}[name]()
    paths = [p for p in sorted(source.rglob("*")) if p.is_file() and p.suffix != ".json"]
    failed: dict[str, str] = {}
    seconds = 0.0
    for path in paths:
        out = target / path.relative_to(source)
        out.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            began = time.perf_counter()
            try:
                run(path, out)
            except Exception as error:
                failed[path.name] = f"{type(error).__name__}: {error}"[:200]
                out.unlink(missing_ok=True)
            seconds += time.perf_counter() - began
    sys.stderr.write(json.dumps(failed) + "\n")
    counts = {"files": len(paths), "failed": len(failed), "seconds": seconds}
    sys.stdout.write(json.dumps(counts) + "\n")


if __name__ == "__main__":
    main()
