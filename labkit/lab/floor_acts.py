"""The part of the control interface that is about daily work, configuration and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labkit.lab import queue

if TYPE_CHECKING:
    from labkit.lab.control import Asked
    from labkit.lab.enterprise import Enterprise

_BREAKING = "Breaking something on purpose"


def floor_acts(enterprise: Enterprise) -> dict[tuple[str, str], Callable[[Asked], Any]]:
    """Return each act by its verb and path."""

    def withdraw(asked: Asked) -> Any:
        enterprise.faults.note_step(f"{asked.name}: objects withdrawn")
        study = asked.body.get("study") if isinstance(asked.body, dict) else None
        if study is not None:
            return enterprise.floor.withdraw_study(asked.name, asked.field("study", str))
        return enterprise.floor.withdraw(asked.name, asked.field("objects", list))

    def examine(asked: Asked) -> Any:
        reason = asked.field("discontinued", str) if asked.body else ""
        return enterprise.floor.examine(asked.name, discontinued=reason).to_json()

    def inject(asked: Asked) -> Any:
        enterprise.guarding.refuse(_BREAKING)
        return enterprise.faults.inject(asked.field("name", str))

    def surprise(asked: Asked) -> Any:
        enterprise.guarding.refuse(_BREAKING)
        return enterprise.faults.surprise(asked.field("seed", int), asked.field("level", int))

    return {
        ("GET", "/settings/{name}"): lambda asked: enterprise.floor.settings(asked.name),
        ("POST", "/settings/{name}"): lambda asked: enterprise.configure(asked.name, asked.body),
        ("POST", "/modalities/{name}/examine"): examine,
        ("POST", "/workstation/open"): lambda asked: enterprise.floor.open_study(
            asked.field("keys", dict)
        ).to_json(),
        ("POST", "/nodes/{name}/withdraw"): withdraw,
        ("GET", "/proxy/traces"): lambda asked: enterprise.requests(
            **asked.since(), last=asked.number("last")
        ),
        ("GET", "/proxy/stats"): lambda asked: enterprise.proxy.stats(),
        ("GET", "/router/queue"): lambda asked: queue.waiting(enterprise.cast.router),
        ("POST", "/router/retry"): lambda asked: queue.retry(enterprise.cast.router),
        ("GET", "/faults"): lambda asked: enterprise.faults.public(),
        ("GET", "/faults/steps"): lambda asked: enterprise.faults.steps,
        ("POST", "/faults/inject"): inject,
        ("POST", "/faults/clear"): lambda asked: enterprise.faults.clear(),
        ("POST", "/faults/repaired"): lambda asked: enterprise.faults.repaired(),
        ("POST", "/faults/surprise"): surprise,
        ("POST", "/faults/diagnose"): lambda asked: enterprise.faults.diagnose(
            asked.field("name", str), asked.field("evidence", list)
        ),
        ("POST", "/faults/debrief"): lambda asked: enterprise.faults.debrief(
            asked.field("give_up", bool)
        ),
    }
