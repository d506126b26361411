"""``labkit workshop start | status | stop | break | mend | reset``; thin."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from labkit.common.errors import UsageError
from labkit.lab.printing import print_json, print_table
from labkit.workshop.options import DEFAULT, AsJson, InWorkshop
from labkit.workshop.release import Workshop, checked_name, read_release

if TYPE_CHECKING:
    from collections.abc import Sequence

    from labkit.workshop.rooms.client import Service
    from labkit.workshop.rooms.together import Outcome

OPENING = 240.0
"""Seconds that one room may take to open, on a machine that opens many."""
ENDING = 300.0
For = Annotated[str, typer.Option("--for", metavar="all|NAME", help="Names are parted by commas.")]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("start")(start)
    app.command("status")(status)
    app.command("stop")(stop)
    app.command("break")(break_)
    app.command("mend")(mend)
    app.command("reset")(reset)


def start(
    workshop: InWorkshop = DEFAULT,
    learners: Annotated[
        int | None,
        typer.Option(min=1, max=200, help="How many: learner-01 …", show_default=False),
    ] = None,
    names: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Their names, one a line.", show_default=False),
    ] = None,
    bind: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Of this machine, for other machines to reach. [default: 127.0.0.1]",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Of the page; 0: any.")] = 0,
    idle: Annotated[
        int,
        typer.Option(
            min=0, metavar="MINUTES", help="End kernels that nobody used so long; 0: never."
        ),
    ] = 45,
    new_code: Annotated[
        bool, typer.Option("--new-code", help="Another code for the instructor.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Open a room for each learner: a lab and a JupyterLab of their own, and a page with codes."""
    from labkit.workshop.rooms import client
    from labkit.workshop.rooms.together import together

    room = Workshop(workshop.expanduser())
    read_release(room.folder)
    chosen = wanted(room, learners, names)
    service, code = client.find(room), ""
    if service is None:
        typer.echo("Starting the rooms …", err=True)
        service, code = client.start(room, bind=bind or "127.0.0.1", port=port, minutes=idle)
    elif bind not in (None, service.record.bind) or port not in (0, service.record.port):
        raise UsageError(
            f"The page is served at {service.url} already.",
            remedy="Run `labkit workshop stop` first; all work and all codes are kept.",
        )
    elif new_code:
        code = service.call("instructor", 10.0)["code"]

    def open_(name: str) -> str:
        return str(service.call("open", OPENING, name=name)["code"])

    def tell(outcome: Outcome) -> None:
        typer.echo(f"{outcome.name}: {'open' if outcome.ok else outcome.said}", err=True)

    outcomes = together(chosen, open_, patience=OPENING, at_once=2, tell=tell)
    if as_json:
        print_json(
            {
                "url": service.url, "instructor": {"url": f"{service.url}instructor", "code": code},
                "rooms": [_plain(one) for one in outcomes],
            }
        )  # fmt: skip
    else:
        print_table(
            ("learner", "code", "state"),
            [(o.name, o.said if o.ok else "", "open" if o.ok else o.said) for o in outcomes],
        )
        _tell(service, code)
    raise typer.Exit(0 if all(one.ok for one in outcomes) else 1)


def _tell(service: Service, code: str) -> None:
    typer.echo(f"Learners open {service.url} and type their code.")
    typer.echo(f"Your page: {service.url}instructor")
    if code:
        typer.echo(f"Your code: {code}  (shown once; another: labkit workshop start --new-code)")


def status(
    workshop: InWorkshop = DEFAULT,
    memory: Annotated[
        bool, typer.Option("--memory", help="What each room costs in memory (Linux).")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Ask every room how it is. Exit code 0 if all are well, else 1."""
    from labkit.workshop.rooms import client

    room = Workshop(workshop.expanduser())
    service = client.find(room)
    if service is None:
        if as_json:
            print_json({"running": False, "url": "", "rooms": []})
        else:
            typer.echo(f"No rooms of {room.folder} are open. Open them: labkit workshop start")
        raise typer.Exit(1)
    if memory:
        _memory(room, as_json)
        return
    states = service.call("states", 60.0)
    if as_json:
        print_json({"running": True, "url": service.url, "rooms": states})
    else:
        codes = service.record.rooms
        print_table(
            ("learner", "code", "JupyterLab", "lab", "what it says"),
            [
                (s["name"], codes[s["name"]].code if s["name"] in codes else "",
                 "answers" if s["jupyter"] else "does not answer", s["lab"], s["said"])
                for s in states
            ],
        )  # fmt: skip
        _tell(service, "")
    raise typer.Exit(0 if all(s["lab"] == "well" and s["jupyter"] for s in states) else 1)


def _memory(room: Workshop, as_json: bool) -> None:
    from dataclasses import asdict

    from labkit.workshop.rooms.memory import costs

    found = costs(room)
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = [
        (one.name or "page, nursery", *(f"{n:.0f}" for n in (one.lab, one.jupyter, one.kernels)),
         str(one.count), f"{one.total:.0f}")
        for one in found
    ]  # fmt: skip
    print_table(("learner", "lab", "JupyterLab", "kernels", "how many", "MiB (PSS)"), rows)
    typer.echo(f"Together {sum(one.total for one in found):.0f} MiB.")


def stop(workshop: InWorkshop = DEFAULT, as_json: AsJson = False) -> None:
    """End all rooms; what learners did, and their codes, are kept for the next start."""
    from labkit.workshop.rooms import client

    room = Workshop(workshop.expanduser())
    service = client.find(room)
    if service is not None:
        found = service.call("stop", ENDING)
        if not client.wait_for_the_end(room):
            found.append({"name": "the page", "ok": False, "said": "its process does not end"})
    else:
        # The page may have been ended the hard way: what it left behind is ended here.
        from labkit.workshop.rooms.house import House
        from labkit.workshop.rooms.starter import Spawning

        found = [_plain(one) for one in House(room, Spawning()).close_all()]
    bad = [one for one in found if not one["ok"]]
    if as_json:
        print_json(found)
    elif bad:
        print_table(("learner", "state"), [(one["name"], one["said"]) for one in bad])
    else:
        typer.echo(f"{len(found)} rooms have ended. All work and all codes are kept.")
    raise typer.Exit(1 if bad else 0)


def break_(
    fault: Annotated[str, typer.Argument(metavar="FAULT", help="See `labkit faults list`.")],
    whom: For,
    workshop: InWorkshop = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Break labs on purpose. `mend` brings back what there was."""
    from labkit.workshop.rooms.acts import break_ as act

    room = Workshop(workshop.expanduser())
    _show(act(room, fault, room.chosen(whom)), as_json)


def mend(whom: For, workshop: InWorkshop = DEFAULT, as_json: AsJson = False) -> None:
    """Take all faults of labs away."""
    from labkit.workshop.rooms.acts import mend as act

    room = Workshop(workshop.expanduser())
    _show(act(room, room.chosen(whom)), as_json)


def reset(whom: For, workshop: InWorkshop = DEFAULT, as_json: AsJson = False) -> None:
    """Put labs back to their first state; what learners solved and wrote is kept."""
    from labkit.workshop.rooms.acts import reset as act

    room = Workshop(workshop.expanduser())
    _show(act(room, room.chosen(whom)), as_json)


def _show(outcomes: Sequence[Outcome], as_json: bool) -> None:
    if as_json:
        print_json([_plain(one) for one in outcomes])
    else:
        print_table(
            ("learner", "done", "what it says"),
            [(one.name, "yes" if one.ok else "NO", one.said) for one in outcomes],
        )
    raise typer.Exit(0 if all(one.ok for one in outcomes) else 1)


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {"name": outcome.name, "ok": outcome.ok, "said": outcome.said}


def wanted(room: Workshop, learners: int | None, names: Path | None) -> tuple[str, ...]:
    """Return whose rooms are opened: those that are named, else those that there are."""
    if learners is not None and names is not None:
        raise UsageError("Say how many, or name them.", remedy="--learners N or --names FILE")
    if learners is not None:
        return tuple(f"learner-{number:02d}" for number in range(1, learners + 1))
    if names is None:
        found = room.names()
        if not found:
            raise UsageError(
                "There are no learners yet.", remedy="Use --learners N, or --names FILE."
            )
        return found
    try:
        lines = names.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{names} cannot be read ({error}).", remedy="A text file in UTF-8, one name a line."
        ) from error
    plain = [line.split("#")[0].strip() for line in lines]
    chosen = [checked_name(name) for name in plain if name]
    # On Windows and macOS Ada and ada are one folder, and so would be one learner's work.
    twice = {name for name in chosen if [n.lower() for n in chosen].count(name.lower()) > 1}
    if not chosen or twice:
        what = f"has {sorted(twice)[0]!r} twice" if twice else "names nobody"
        raise UsageError(f"{names} {what}.", remedy="One name a line, each another.")
    return tuple(chosen)
