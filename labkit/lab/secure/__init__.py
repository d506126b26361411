"""The lab with every door guarded: ``labkit up --secure``, ``open_lab(secure=True)``.

`guarding` is what the services ask, `wiring` makes it of the parts in ``labkit.access``, `story` is
what the FHIR server holds at first, `facets` is what a notebook sees of it all.
"""
