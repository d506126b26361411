"""The operation $validate: would this be stored (R4 resource-operation-validate.html)?"""

from __future__ import annotations

from labkit.fhir import interactions
from labkit.fhir.messages import Answer, Ask, Resource, Service
from labkit.fhir.outcome import FhirError, Issue, operation_outcome, refuse
from labkit.fhir.validation import validate

_MODES = ("create", "update", "delete", "profile")


def validate_resource(service: Service, actor: str, ask: Ask) -> Answer:
    """Answer 200 with an OperationOutcome, whether valid or not.

    At ``[type]/$validate`` the resource sent, alone or in a Parameters; at
    ``[type]/[id]/$validate`` the one sent as the next version, or else the one that is stored.

    Raises
    ------
    FhirError
        400 if there is nothing to validate.
    """
    kind, *rest = ask.path[:-1]
    mode, profile, resource = _parameters(ask)
    if mode and mode not in _MODES:
        raise refuse(400, "invalid", f"mode is one of {', '.join(_MODES)}, not {mode!r}")
    stored: Resource = {}
    if rest:
        stored = interactions.current(service, actor, kind, rest[0]).resource
    else:
        service.permit(actor, "validate", {"resourceType": kind})
    looked = resource or stored
    if not looked:
        raise refuse(400, "required", "send the resource to validate, or a Parameters that has it")
    issues = _check(service, looked, kind, rest[0] if rest else "", mode)
    if profile or mode == "profile":
        text = "profiles are not checked here, only what R4 itself says"
        issues.append(Issue("not-supported", text, severity="warning"))
    if not any(issue.severity in ("error", "fatal") for issue in issues):
        issues.append(Issue("informational", f"this {kind} is valid R4", severity="information"))
    return Answer(200, operation_outcome(issues))


def _parameters(ask: Ask) -> tuple[str, str, Resource]:
    """Read mode, profile and resource, from the URL or from a Parameters resource."""
    named = dict(ask.pairs)
    mode, profile = named.get("mode", ""), named.get("profile", "")
    if ask.resource.get("resourceType") != "Parameters":
        return mode, profile, ask.resource
    issues = [i for i in validate(ask.resource) if ".resource." not in i.expression]
    if issues:
        raise FhirError(400, issues)
    resource: Resource = {}
    for row in ask.resource.get("parameter", []):
        if row.get("name") == "mode":
            mode = str(row.get("valueCode", row.get("valueString", mode)))
        elif row.get("name") == "profile":
            profile = str(row.get("valueUri", row.get("valueCanonical", profile)))
        elif row.get("name") == "resource":
            resource = row.get("resource", {})
    return mode, profile, resource


def _check(service: Service, resource: Resource, kind: str, id_: str, mode: str) -> list[Issue]:
    """Say what a create or an update of `resource` would be refused for."""
    found = resource.get("resourceType")
    if found != kind:
        text = f"resourceType is {found!r}, but the URL says {kind}"
        return [Issue("invalid", text, "resourceType")]
    if mode == "delete":
        return []
    issues = validate(resource)
    own = resource.get("id")
    if id_ and own != id_:
        text = f"the id in the body is {own!r}, but the URL says {id_!r}"
        issues.append(Issue("invalid", text, f"{kind}.id"))
    if mode == "update" and not own:
        text = "an update needs the id of what it updates"
        issues.append(Issue("required", text, f"{kind}.id"))
    if not issues:
        try:
            interactions.check(service, resource)
        except FhirError as error:
            issues += error.issues
    return issues
