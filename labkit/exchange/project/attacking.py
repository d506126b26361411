"""What a hostile hand does to the network that runs, and what comes of it."""

from __future__ import annotations

from collections.abc import Iterable

from labkit.access.audit import AuditTrail
from labkit.common.cite import cite
from labkit.common.errors import AssociationRejected, LabkitError
from labkit.dicom.samples import sample
from labkit.dimse import echo
from labkit.exchange.parties import PatientId
from labkit.exchange.project.doors import ask, by_dimse, by_web, plain, take
from labkit.exchange.project.marks import Mark, State, first_of
from labkit.exchange.project.trial import Trial

STRANGER = "UNKNOWN-SCU"
"""No design has it on its list."""
_TAKING = ("read", "search", "C-FIND", "C-MOVE", "C-GET", "ITI-18", "ITI-43", "RAD-69", "RAD-75")


def attack(trial: Trial, trail: AuditTrail | None) -> list[Mark]:
    """Try what an attacker would; `trail` is where the doors write, if the design has them do."""
    return [
        _listened(trial), _stranger(trial), _domain(trial), _everybody(trial), _consent(trial),
        _audit(trial, trail),
    ]  # fmt: skip


def _listened(trial: Trial) -> Mark:
    """Put a hand on each cable in turn, with the others cut so that all goes over it."""
    network, design = trial.network, trial.design
    number = trial.brief.people[0].ids[0].rpartition(" ")[2]
    read, rows = [], []
    for link in design.links:
        others = [each.name for each in design.links if each.name != link.name]
        for name in others:
            network.cut(name)
        heard = network.listen(link.name)
        _talk(trial, link.from_, link.to, number)
        data = heard()
        for name in others:
            network.mend(name)
        title = design.site(link.from_).ae_title
        needles = {f"the AE title {title}": title.ljust(16).encode(), number: number.encode()}
        seen = [what for what, needle in needles.items() if needle in data]
        if not data:
            seen = ["nothing could be sent: not shown"]
        if seen:
            read.append(f"{link.name}: {', '.join(seen)}")
        rows.append(f"{link.name}: {', '.join(seen) if seen else 'nothing but ciphertext'}")
    ok = bool(design.links) and not read
    return Mark(
        "attack", "lines-listened-at", 8 if ok else 0, 8,
        "who listens at a line reads no patient's number",
        f"read from the cable: {'; '.join(read)}" if read
        else f"{len(rows)} lines, nothing but ciphertext" if rows else "there is no line",
        "" if ok else "Set tls = true on each line that has it not." if read else "Order a line.",
        "shown" if ok else "failed" if read else "not run", tuple(rows), cite("PS3.15", "B.12"),
    )  # fmt: skip


def _talk(trial: Trial, at: str, of: str, number: str) -> None:
    """Ask after a patient, both ways that there are."""
    for door in (by_dimse, by_web):
        try:
            door(trial, at, of, number)
        except LabkitError:
            continue  # the service is not there; the association or the request was on the line


def _stranger(trial: Trial) -> Mark:
    network, design = trial.network, trial.design
    answered, rows = [], []
    for site in design.sites:
        at = next((each.name for each in design.sites if each.name != site.name), site.name)
        if network.wires.way(at, site.name) is None:
            continue
        try:
            echo(network.peer(at, site.name), ae_title=STRANGER, timeout=network.timeout)
        except AssociationRejected as error:
            rows.append(f"{site.name}: rejected {error.result}/{error.source}/{error.reason}")
        except LabkitError:
            rows.append(f"{site.name}: no answer")
        else:
            answered.append(site.name)
            rows.append(f"{site.name}: answered")
    ok = bool(rows) and not answered
    return Mark(
        "attack", "stranger", 5 if ok else 0, 5,
        f"an archive rejects whom it does not know, {STRANGER}",
        f"{', '.join(answered)} answered" if answered else f"{len(rows)} sites rejected it",
        "" if ok else 'List who may call: [security] allow = ["…"].',
        "shown" if ok else "failed", tuple(rows), cite("PS3.8", "9.3.4"),
    )  # fmt: skip


def _domain(trial: Trial) -> Mark:
    """Ask with the number of one hospital as if another had given it, and of nobody's authority."""
    wrong, rows = [], []
    for at, person, pid in _misfits(trial):
        try:
            found = trial.network.find(at=at, patient=pid)
        except LabkitError as error:
            rows.append(f"{at}: {pid.value}: {plain(error)}")
            continue
        rows.append(f"{at} asks for {pid.value} of {pid.authority or 'nobody'}: {len(found)} found")
        if len(found):
            wrong.append(f"{pid.value}, which is not {at}'s, gave {at} the images of {person}")
    ok = bool(rows) and not wrong
    return Mark(
        "attack", "wrong-domain", 5 if ok else 0, 5,
        "a number with the wrong authority finds nobody",
        first_of(wrong) or f"{len(rows)} tries, nobody found",
        "" if ok else "One authority for each issuer, in [[community]] authority.",
        "shown" if ok else "failed", tuple(rows), cite("IHE ITI TF-2", "3.18.4.1.2.3.7.1"),
    )  # fmt: skip


def _misfits(trial: Trial) -> Iterable[tuple[str, str, PatientId]]:
    brief = trial.brief
    for hospital in brief.hospitals:
        known = {person.id_of(hospital.issuer) for person in brief.people}
        for person in brief.people:
            for text in person.ids:
                issuer, _, number = text.partition(" ")
                if issuer != hospital.issuer and number not in known:
                    pid = PatientId(number, trial.authority(hospital.name))
                    yield hospital.name, person.name, pid
    first = brief.people[0]
    number = first.ids[0].partition(" ")[2]
    yield brief.hospitals[0].name, first.name, PatientId(number, "2.25.999.1")


def _everybody(trial: Trial) -> Mark:
    """Ask a door for all that it has, with no patient named, as a site that is known there."""
    design, whose = trial.design, trial.whose()
    rows, told = [], 0
    for attacker in design.hospitals:
        for target in design.sites:
            if target.community == attacker.community or target.archive == "none":
                continue
            if trial.network.wires.way(attacker.name, target.name) is None:
                continue
            got = [whose[uid] for uid in ask(trial, attacker.name, target.name) if uid in whose]
            people = {person for _, person in got}
            told += bool(got)
            studies = "1 study" if len(got) == 1 else f"{len(got)} studies"
            whom = "1 person" if len(people) == 1 else f"{len(people)} people"
            rows.append(f"{attacker.name} asks {target.name} for everybody: {studies} of {whom}")
    said = trial.design.security.xua
    return Mark(
        "attack", "who-asks-for-everybody", 3 if rows and (said or not told) else 0, 3,
        "a site that names no patient and no user gets nothing from another community",
        f"{told} of {len(rows)} times all was told" + ("; the design wants a user assertion with "
        "each request, which the doors of this network do not ask for" if said and told else "")
        if rows else "there is no other community to ask",
        "Give each issuer a community." if not rows
        else "" if said or not told else "Have each request say for whom: [security] xua = true.",
        _state(bool(rows) and not told, bool(rows) and said), tuple(rows),
        cite("IHE ITI TF-2", "3.40"),
    )  # fmt: skip


def _state(shown: bool, said: bool) -> State:
    return "shown" if shown else "declared" if said else "failed"


def _consent(trial: Trial) -> Mark:
    """Fetch what a patient has said no to."""
    rows = []
    for slug, at in refusals(trial):
        uid, of = sample(slug).study_uid, trial.keeper(slug)
        try:
            if "dicomweb" in trial.design.site(of).services:
                how = take(trial, at, of, uid)
            else:
                trial.network.fetch(at=at, study=uid, source=of)
                how = "came"
        except LabkitError as error:
            how = plain(error)
        told = "its images came, and the patient has said no" if how == "came" else how
        rows.append(f"{slug} to {at}: {told}")
    trial.forget_copies()
    said = bool(trial.design.security.consent)
    shown = bool(rows) and all(row.endswith(": refused") for row in rows)
    return Mark(
        "attack", "consent", 3 if shown or said else 0, 3,
        "what a patient has said no to does not go to another community",
        "; ".join(rows) + (f"; the design wants consent ({trial.design.security.consent}), and the "
        "doors of this network do not ask for it" if said and not shown else ""),
        "" if shown or said else 'Say it: [security] consent = "opt-in" or "opt-out".',
        _state(shown, said), tuple(rows), cite("IHE ITI TF-1", "19"),
    )  # fmt: skip


def refusals(trial: Trial) -> Iterable[tuple[str, str]]:
    """Samples of patients who have said no, and a hospital that must not have them."""
    for person in trial.brief.people:
        for issuer in person.refuses:
            at = next((h.name for h in trial.brief.hospitals if h.issuer == issuer), "")
            for study in trial.brief.studies:
                theirs = study.person == person.name
                if at and theirs and study.sample in trial.made and study.site != at:
                    yield study.sample, at


def _audit(trial: Trial, trail: AuditTrail | None) -> Mark:
    """Look for a record of what was done above, after it was done."""
    wanted = list(dict.fromkeys(slug for slug, _ in refusals(trial)))
    found, rows = [], []
    by: set[str] = set()
    for slug in wanted:
        every = trail.follow(sample(slug).study_uid) if trail is not None else []
        records = [r for r in every if r.get("action") in _TAKING]
        if records:
            found.append(slug)
        acts = ", ".join(sorted({str(r.get("action")) for r in records}))
        who = ", ".join(sorted({str(r.get("actor")) for r in records} - {"", "anonymous"}))
        by.add(who)
        rows.append(f"{slug}: {acts or 'no record'}; by {who or 'nobody who was named'}")
    ok = bool(wanted) and found == wanted
    where = trial.design.security.audit
    return Mark(
        "attack", "audit", 4 if ok else 0, 4,
        "afterwards there is a record of who took the images",
        f"records of {', '.join(found)}{'' if all(by) else ', which do not name who it was'}; "
        f"that they reach {where} (ITI-20) was not shown" if ok
        else "no record" if trail is not None else "nobody writes anything down",
        "" if ok else "Name the site that keeps the records: [security] audit, service \"audit\".",
        "shown" if ok else "failed", tuple(rows), cite("IHE ITI TF-2", "3.20"),
    )  # fmt: skip
