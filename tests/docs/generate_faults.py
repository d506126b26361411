"""Make ``docs/faults.md``: the catalogue, with what tools and logs say, from data beside it."""

from __future__ import annotations

import json
from pathlib import Path

from labkit.lab.faults.catalogue import FAULTS, backends
from labkit.lab.faults.model import LAYERS, Fault
from labkit.lab.faults.record import RECORD

PAGE = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
HEAD = f"""# Faults

{len(FAULTS)} ways in which images do not appear where they should, in four layers, in the order in
which one looks for them: network, association, configuration, data. `labkit faults list` has them
too; `lab.faults.inject("wrong-port")` breaks the lab so, `lab.faults.repaired()` has the work done
again, and `lab.faults.clear()` brings back what there was. On containers a door before each product
does what a network, a firewall or a gateway does to it; what only the product itself could do is
refused there, and said so.

What tools print was recorded by `python -m labkit.lab.faults.record`, each tool with its version;
host, port, UIDs and numbers are taken out. Made by `python tests/docs/generate_faults.py`.
"""


def page() -> str:
    """Write the page."""
    record = json.loads(RECORD.read_text(encoding="utf-8"))
    parts = [HEAD, _overview()]
    for layer in LAYERS:
        parts.append(f"## {layer.capitalize()}\n")
        parts += [_one(f, record.get(f.name, {})) for f in FAULTS.values() if f.layer == layer]
    return "\n".join(parts)


def _overview() -> str:
    rows = [
        f"| [`{f.name}`](#{f.name}) | {f.layer} | {f.level} | {f.title} "
        f"| {', '.join(backends(f))} |"
        for f in FAULTS.values()
    ]
    head = ["| fault | layer | level | what it is | acts on |", "|---|---|---|---|---|"]
    return "\n".join([*head, *rows, ""])


def _one(fault: Fault, seen: dict[str, object]) -> str:
    lines = [
        f'### <a id="{fault.name}"></a>{fault.name}: {fault.title}\n',
        f"*{fault.complaint}*\n",
        f"- **Cause:** {fault.cause}",
        f"- **Look:** {fault.look}",
        f"- **Repair:** {fault.repair}",
        f"- **Rule:** {fault.rule}\n",
        "```",
    ]
    tools = seen.get("tools", {})
    logs = seen.get("logs", {})
    assert isinstance(tools, dict) and isinstance(logs, dict)
    for command, said in tools.items():
        lines += [f"$ {command}", *(f"  {line}" for line in said)]
    lines.append(f"at work: {seen.get('work', '')}")
    for node, said in logs.items():
        lines += [f"log of {node}:", *(f"  {line}" for line in said[:4])]
    return "\n".join([*lines, "```", ""])


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
