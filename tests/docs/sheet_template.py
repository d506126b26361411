"""The cheat sheet's text, with places for what is generated."""

TEMPLATE = """# Cheat sheet

One page for the desk. Made by `python -m tests.docs.generate_cheatsheet` from pydicom {pydicom} and
pynetdicom {pynetdicom}; a test holds that it is current. Words are in the [glossary](glossary.md).

## The same act with three tools

HOST and PORT are the other side's. `-aet` is what you call yourself, `-aec` whom you call; dcm4che
says `-b` and `-c`. DCMTK and dcm4che both have a `storescu`: `--version` says which one answers.

{acts}

## Tags

{tags}

## Transfer syntaxes

{syntaxes}

Implicit VR Little Endian is the one that everybody must support ({default}). Explicit VR Big Endian
is retired.

## Statuses

{statuses}

Listed at: {where}. No association at all ({rejected}):

{rejections}

## Value representations

{vrs}

*Longest* in characters; *length bytes*: of the length field in explicit VR ({vr}).

## FHIR over HTTP

| to | send | good | bad |
| --- | --- | --- | --- |
| see what a server can do | `GET [base]/metadata` | 200 | |
| read | `GET [base]/ImagingStudy/12` | 200 | 404 never there, 410 deleted |
| create | `POST [base]/ImagingStudy` | 201, `Location` | 400 not FHIR, 422 not valid |
| change | `PUT [base]/ImagingStudy/12`, `If-Match: W/"1"` | 200 | 412 somebody was first |
| search | `GET [base]/ImagingStudy?patient=Patient/3&started=ge2026-01-01` | 200, a Bundle | 400 |
| by Study UID | `…?identifier=urn:dicom:uid\\|urn:oid:1.2.840…` | | |
| by the patient's number | `…?patient.identifier=SYSTEM\\|NUMBER` | | |

Errors come as an OperationOutcome ({outcome}); read its `diagnostics`. Search: {search}.

{oauth}

{manifests}

## De-identification

```sh
labkit deid IN OUT --options clean-descriptors,113107 --key FILE --fhir FILE --report FILE
labkit deid IN OUT --key FILE --reversible; labkit deid --reidentify OUT BACK --key FILE
```

{options}

No options: the Basic Profile, 113100 ({deid}); the two for dates exclude each other. Actions: X
remove, Z empty, D dummy, U new UID, C clean, K keep.

## Every command of labkit

Each has `--help`; those that answer with data have `--json`, and those of a lab `--workspace DIR`.

{commands}

## The Parts of DICOM

{parts}
"""
