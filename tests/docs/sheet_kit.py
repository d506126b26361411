"""The cheat sheet's part on the engineer's kit."""

KIT = """\
## DICOM to FHIR

```sh
labkit map SOURCE... --site FILE --endpoint https://pacs/rs --to https://fhir/r4  # or aet://…
labkit map DIR --explain --out FILE       # where each element comes from, or why it is empty
labkit map --freeze FILE --table TABLE --site SITE    # for a service; prints its SHA-256
labkit map SOURCE --frozen FILE                       # refused if the file was changed
```"""
