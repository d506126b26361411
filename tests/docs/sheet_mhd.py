"""What the cheat sheet says of documents by FHIR."""

MHD = r"""## Documents by FHIR (IHE MHD)

| act | transaction | request |
|---|---|---|
| submit | ITI-65 | `curl -H "Content-Type: application/fhir+json" --data @bundle.json $FHIR` (a transaction: List, DocumentReference, Binary; PATCH of what is replaced) |
| submissions | ITI-66 | `curl "$FHIR/List?patient=Patient/1&code=submissionset&status=current"` |
| documents | ITI-67 | `curl "$FHIR/DocumentReference?patient=Patient/1&status=current&format=1.2.840.10008.5.1.4.1.1.88.59"` |
| one document | ITI-68 | `curl -H "Accept: application/dicom" "$FHIR/Binary/7"` (the `attachment.url`) |
| other IDs of a patient | ITI-83 | `curl -G "$PIX/Patient/\$ihe-pix" --data-urlencode "sourceIdentifier=urn:oid:2.25.17\|1001234"` |"""  # noqa: E501
