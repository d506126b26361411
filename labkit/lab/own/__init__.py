"""The `own` back end: a user's own PACS, DICOMweb and FHIR server, named in ``labkit.toml``.

Nothing there is ever reset, stopped or deleted; nothing is written unless the file says so; and
what the servers show stays out of saved notebooks (`labkit.lab.own.privacy`).
"""
