"""The cheat sheet's part on imaging manifests."""

MANIFESTS = """\
## Manifests

```sh
labkit manifest DIR --flavour mado --site north --url https://pacs/rs --out OUT   # or aet://…, https://…
labkit manifest --read FILE --against aet://ARCHIVE@host:104      # what of it is there
labkit manifest --read FILE --fhir; labkit manifest --read BUNDLE --out OUT       # the other form
labkit media /media/cdrom --decide '1001234^^^LAKESIDE=NG-100790' --apply         # a disc
labkit import DIR --as NAME          # your own study, de-identified; then lab.use("NAME")
```

| in the key object selection | | in an XDS DocumentEntry |
| --- | --- | --- |
| SOP Instance UID | (0008,0018) | uniqueId |
| title (113030, DCM, Manifest) | (0040,A043) | formatCode `1.2.840.10008.5.1.4.1.1.88.59`, scheme \
`1.2.840.10008.2.6.1` |
| a Part 10 file | | mimeType `application/dicom` |
| Study Date and Time | (0008,0020) | serviceStartTime |
| modalities of the images (Image Library alone) | 121139, DCM | eventCodeList |
| Accession Number with its issuer | (0008,0050) | referenceIdList, \
`urn:ihe:iti:xds:2013:accession` |
| Study Instance UID | (0020,000D) | referenceIdList, `urn:ihe:iti:xds:2016:studyInstanceUID` |
| Retrieve Location UID, URL, AE Title | (0040,E011), (0008,1190), (0008,0054) | none: read the \
manifest |

Rejection notes: 113001 quality, 113037 patient safety, 113038 wrong worklist entry, 113039 \
retention expired."""
