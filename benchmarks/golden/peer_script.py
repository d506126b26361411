"""Run by the peer's own Python: convert each folder with dicom2fhir, write JSON.

It raises without a time zone in its configuration: where a case has none, it gets UTC. Instances
have to be asked for.
"""

# mypy: ignore-errors
# (the packages are those of another interpreter)
import asyncio
import json
import logging
import sys
import time
from pathlib import Path


def convert(job):
    """One case: the resources, or why there are none."""
    from dicom2fhir.dicom2fhir import from_directory

    if job["fhir"] != "R4":
        return "writes R4B only"
    config = {
        "dicom_timezone": job["zone"] or "UTC",
        "generator": {"imaging_study": {"add_instances": True}},
    }
    try:
        bundle = asyncio.run(from_directory(Path(job["folder"]), config))
        found = json.loads(bundle.model_dump_json())
    except Exception as error:  # whatever it raises is its answer to the case
        return f"raised {type(error).__name__}: {str(error)[:120]}"
    return [entry["resource"] for entry in found.get("entry", [])]


if __name__ == "__main__":
    logging.disable(logging.CRITICAL)
    jobs = Path(sys.argv[1])
    wanted = json.loads(jobs.read_text("utf-8"))
    import dicom2fhir.dicom2fhir  # noqa: F401 - what it takes to import is not its speed

    started = time.perf_counter()
    done = [convert(job) for job in wanted]
    print(time.perf_counter() - started)  # noqa: T201
    Path(f"{jobs}.out").write_text(json.dumps(done, default=str), "utf-8")
