"""Is this a Provide Document Bundle as ITI-65 wants it?

The profiles' rules come from the generated table; what stands only in the text of ITI-65 is here,
each with its section. Bindings that are preferred, and what is only *must support*, are not rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from labkit.common.errors import UsageError
from labkit.exchange.mhd.content import told_of
from labkit.exchange.mhd.evaluate import Evaluation, Problem, Resource, shown
from labkit.exchange.mhd.rules import CANONICAL, LEVELS, LIST_TYPES, PREFIX, Profile, profile
from labkit.fhir.references import reference_type
from labkit.fhir.validation import validate

_KINDS = {"DocumentReference": "DocumentRefs", "Parameters": "UpdateDocumentRefs",
          "Binary": "Documents", "Bundle": "FhirDocuments", "Patient": "Patient"}  # fmt: skip
_TEXT = "ITI-65 2:3.65.4.1.2"


def check_bundle(bundle: Resource, level: str = "minimal") -> list[Problem]:
    """Say which rules of ITI-65 a Bundle does not keep.

    Parameters
    ----------
    bundle
        The transaction, as it would be sent.
    level
        ``"minimal"``, ``"comprehensive"`` (contained author and patient, as XDS needs them) or
        ``"uncontained"`` (comprehensive, without having to contain them).

    Returns
    -------
    list of Problem
        Empty if nothing is wrong.

    Raises
    ------
    UsageError
        There is no such level, or `bundle` is no Bundle.
    """
    if level not in LEVELS:
        raise UsageError(f"There is no level {level!r}.", remedy=f"Choose of {', '.join(LEVELS)}.")
    if bundle.get("resourceType") != "Bundle":
        raise UsageError(
            f"This is no Bundle but {shown(bundle.get('resourceType', 'no resource'))}.",
            remedy="Give the Bundle that is to be sent to the base of the FHIR server.",
        )
    return list(_Checked(bundle, profile(f"{PREFIX[level]}ProvideBundle")).problems())


class _Checked:
    """One Bundle."""

    def __init__(self, bundle: Resource, rules: Profile) -> None:
        self.bundle, self.rules = bundle, rules
        found = bundle.get("entry", [])
        self.entries = [e for e in found if isinstance(e, Mapping)]
        self.slices = [_slice(entry) for entry in self.entries]
        self.by_url = {
            str(e["fullUrl"]): e["resource"]
            for e in self.entries
            if e.get("fullUrl") and isinstance(e.get("resource"), Mapping)
        }

    def problems(self) -> Iterator[Problem]:
        issues = validate(dict(self.bundle))
        for issue in issues:  # 2:3.65.4.1.3: first of all it has to be valid FHIR
            yield Problem("FHIR R4", issue.expression, "is valid FHIR R4", issue.diagnostics)
        if any(issue.code == "structure" for issue in issues):
            return  # what has not the shape of a Bundle can be held against nothing else
        yield from self._shell()
        for number, entry in enumerate(self.entries):
            yield from self._entry(number, entry)
        yield from self._submission()
        yield from self._documents()
        yield from self._replacing()

    def of(self, slice_: str) -> Iterator[tuple[str, Resource, Resource]]:
        """Yield place, entry and resource of the entries of a slice."""
        for number, entry in enumerate(self.entries):
            if self.slices[number] == slice_:
                yield f"Bundle.entry[{number}]", entry, entry.get("resource", {})

    def _kind_of(self, text: str) -> str:
        if text in self.by_url:
            return str(self.by_url[text].get("resourceType", ""))
        return reference_type(text)

    def _shell(self) -> Iterator[Problem]:
        kind = self.rules.rules["type"]["fixed"]
        if self.bundle.get("type") != kind.value:
            got = shown(self.bundle.get("type", "none"))
            yield Problem(kind.profile, "Bundle.type", f"is {kind.value}", got)
        named = self.bundle.get("meta", {}).get("profile", [])
        if CANONICAL + self.rules.name not in named:
            rule = f"names {CANONICAL}{self.rules.name}"
            yield Problem(f"{_TEXT}.1", "Bundle.meta.profile", rule, ", ".join(named) or "none")
        for path, said in self.rules.rules.items():
            name = path.removeprefix("entry[").removesuffix("]")
            if "card" in said and path == f"entry[{name}]":
                low, high = said["card"].value
                count = self.slices.count(name)
                if count < low or (high is not None and count > high):
                    rule = f"{low}..{'*' if high is None else high} ({name})"
                    got = f"{count} of them" if count else "none"
                    yield Problem(said["card"].profile, "Bundle.entry", rule, got)

    def _entry(self, number: int, entry: Resource) -> Iterator[Problem]:
        at, slice_ = f"Bundle.entry[{number}]", self.slices[number]
        resource, request = entry.get("resource"), entry.get("request")
        if not slice_ or not isinstance(resource, Mapping):
            said = self.rules.rules["entry"]["closed"]
            kind = resource.get("resourceType") if isinstance(resource, Mapping) else None
            rule = "is one of SubmissionSet, Folder, DocumentReference, its patch, Binary, Patient"
            yield Problem(said.profile, at, rule, shown(kind or "no resource"))
            return
        method = request.get("method") if isinstance(request, Mapping) else None
        said_of = self.rules.rules.get(f"entry[{slice_}].request.method", {})
        # Documents have no method of their own in 4.2.3, where FhirDocuments has it twice.
        wanted = said_of.get("fixed") or said_of.get("codes")
        allowed = (
            [wanted.value] if wanted and "fixed" in said_of else wanted.value if wanted else []
        )
        if allowed and method not in allowed:
            rule = f"is {' or '.join(allowed)}"
            assert wanted is not None
            yield Problem(wanted.profile, f"{at}.request.method", rule, shown(method or "none"))
        for name in self.rules.rules[f"entry[{slice_}].resource"]["only"].value:
            if name.startswith("IHE."):
                looked = Evaluation(resource, self._kind_of)
                yield from looked.problems(name, resource, f"{at}.resource")

    def _submission(self) -> Iterator[Problem]:
        """The set holds its documents, and all are about one patient."""
        patients = set()
        for slice_ in ("SubmissionSet", "DocumentRefs"):
            for at, _, resource in self.of(slice_):
                subject = resource.get("subject", {})
                text = str(subject.get("reference") or subject.get("identifier") or "")
                if not text:
                    rule = "is the patient: every subject shall be populated"
                    yield Problem(f"{_TEXT}.1", f"{at}.resource.subject", rule, "none")
                patients.add(text)
        if len(patients - {""}) > 1:
            got = ", ".join(sorted(patients - {""}))
            rule = "all of a submission are about one patient"
            yield Problem("ITI TF-3 4.2.4.1 XDSPatientIdDoesNotMatch", "Bundle.entry", rule, got)
        held = {
            str(row.get("item", {}).get("reference", ""))
            for _, _, resource in self.of("SubmissionSet")
            for row in resource.get("entry", [])
        }
        for at, entry, _ in self.of("DocumentRefs"):
            if str(entry.get("fullUrl", "")) not in held:
                rule = "is an entry.item of the SubmissionSet, by its fullUrl"
                yield Problem("ITI TF-3 4.2.2.1", at, rule, shown(entry.get("fullUrl", "none")))

    def _documents(self) -> Iterator[Problem]:
        seen: dict[str, str] = {}
        for at, _, resource in self.of("DocumentRefs"):
            unique = str(resource.get("masterIdentifier", {}).get("value", ""))
            if unique and seen.setdefault(unique, at) != at:
                rule = f"has a uniqueId of its own, not that of {seen[unique]}"
                where = f"{at}.resource.masterIdentifier"
                code = "ITI TF-3 4.2.4.1 XDSRegistryDuplicateUniqueIdInMessage"
                yield Problem(code, where, rule, unique)
            for number, content in enumerate(resource.get("content", [])):
                attachment = content.get("attachment", {})
                where = f"{at}.resource.content[{number}].attachment"
                yield from self._attachment(attachment, where)

    def _attachment(self, attachment: Resource, at: str) -> Iterator[Problem]:
        url = str(attachment.get("url", ""))
        document = self.by_url.get(url)
        kind = self._kind_of(url)
        inside = url.startswith("urn:") or (kind == "Binary" and "://" not in url)
        if url and document is None and inside:
            rule = "is the fullUrl of a Binary in the Bundle"
            yield Problem(f"{_TEXT}.1", f"{at}.url", rule, url)
        if document is None or kind not in ("Binary", "Bundle"):
            return
        if kind == "Bundle":
            for name in ("hash", "size"):
                if name in attachment:
                    rule = "is absent of a FHIR document"
                    got = shown(attachment[name])
                    yield Problem(f"{_TEXT}.1", f"{at}.{name}", rule, got)
            return
        for name, wanted, got in told_of(attachment, document):
            yield Problem(f"{_TEXT}.1", f"{at}.{name}", wanted, got)
        if attachment.get("contentType") != document.get("contentType"):
            rule = f"is that of the Binary, {document.get('contentType')}"
            got = shown(attachment.get("contentType", "none"))
            yield Problem("ITI-68 2:3.68.4.1.2", f"{at}.contentType", rule, got)

    def _replacing(self) -> Iterator[Problem]:
        """2:3.65.4.1.2.3: what is replaced becomes superseded in the same transaction."""
        section = f"{_TEXT}.3"
        patched = {
            str(entry.get("request", {}).get("url", "")): at
            for at, entry, _ in self.of("UpdateDocumentRefs")
        }
        replaced = {
            str(row.get("target", {}).get("reference", "")): f"{at}.resource.relatesTo[{number}]"
            for at, _, resource in self.of("DocumentRefs")
            for number, row in enumerate(resource.get("relatesTo", []))
            if row.get("code") == "replaces"
        }
        for target, at in replaced.items():
            if not any(target == url or target.endswith(f"/{url}") for url in patched):
                rule = "what is replaced is set to superseded by a PATCH in the Bundle"
                yield Problem(section, at, rule, f"no PATCH of {target}")
        for url, at in patched.items():
            if not any(target == url or target.endswith(f"/{url}") for target in replaced):
                rule = "what is set to superseded is replaced by a document of the Bundle"
                yield Problem(section, at, rule, f"nothing replaces {url}")


def _slice(entry: Resource) -> str:
    """Say which slice of the Bundle an entry is of, by its resource; ``""`` for none."""
    resource = entry.get("resource")
    if not isinstance(resource, Mapping):
        return ""
    kind = str(resource.get("resourceType", ""))
    if kind != "List":
        return _KINDS.get(kind, "")
    codes: list[Any] = resource.get("code", {}).get("coding", [])
    own = [c.get("code") for c in codes if c.get("system") == LIST_TYPES]
    # A List that does not say what it is counts as the SubmissionSet, and is told what it lacks.
    return "Folders" if "folder" in own else "SubmissionSet"
