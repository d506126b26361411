"""The cheat sheet's part on the exchange between communities."""

EXCHANGE = """\
## Exchange between communities

```sh
labkit exchange demo          # one prior by XCA-I: each message, from, to, bytes, SHA-256
labkit exchange demo --json
labkit exchange experiment --sites 3     # centralised, hybrid, federated: messages, bytes, failures
labkit exchange experiment --write       # both sizes and the model: docs/experiment.md and its data
python -m labkit.exchange.conformance    # runs the tests of XDS-I.b and XCA-I, writes docs/xds-i.md
```

| within a community | between gateways | what | wsa:Action ends in |
| --- | --- | --- | --- |
| ITI-41 = RAD-68, ITI-42 | | publish a manifest | \
`ProvideAndRegisterDocumentSet-b`, `RegisterDocumentSet-b` |
| ITI-18 | ITI-38 | find documents | `RegistryStoredQuery`, `CrossGatewayQuery` |
| ITI-43 | ITI-39 | retrieve documents | `RetrieveDocumentSet`, `CrossGatewayRetrieve` |
| RAD-69 | RAD-75 | retrieve images | `RetrieveImagingDocumentSet`, \
`CrossGatewayRetrieveImagingDocumentSet` |
| ITI-83 | | which ID has the patient there | none: `GET /Patient/$ihe-pix` |

| error | what to look at |
| --- | --- |
| XDSUnknownPatientId | the cross-reference: no ID of the patient is known there |
| XDSMissingHomeCommunityId, XDSUnknownCommunity | the homeCommunityId of the \
entry was not given back, or is nobody's |
| XDSUnavailableCommunity | the other community, or the line; what others gave is \
in the answer |
| XDSDocumentUniqueIdError | not there, rejected, or not for you: the answer does not tell which |
| XDSUnknownRepositoryId | the repositoryUniqueId, of images the Retrieve Location \
UID of the manifest |
| XDSRepositoryError | its text: a transfer syntax, an archive that is away, a malformed \
request |"""
