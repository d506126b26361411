"""The entry that an administrator has to make so that a PACS can send to us, by product."""

from __future__ import annotations

import json


def entry(product: str, ae_title: str, host: str, port: int) -> tuple[str, ...]:
    """Return it line by line, in the product's own spelling.

    Parameters
    ----------
    product
        ``"orthanc"``, ``"dcm4chee"``, or any other for the three values alone.
    ae_title, host, port
        Ours, as the PACS has to know us.
    """
    if product == "orthanc":
        row = json.dumps([ae_title, host, port])
        return (
            "In orthanc.json, then start Orthanc again:",
            f'  "DicomModalities": {{ "{ae_title.lower()}": {row} }}',
            "or, where modalities are kept in its database:",
            f"  curl -X PUT http://localhost:8042/modalities/{ae_title.lower()} -d '{row}'",
        )
    if product == "dcm4chee":
        return (
            "In its web interface, AE list, new AET:",
            f"  Device Name {ae_title.lower()}, AE Title {ae_title}, Hostname {host}, Port {port}",
            "or with dcm4che's tool for its LDAP server:",
            f"  dcmldap -c {ae_title}@{host}:{port}",
            "Then reload the configuration. Where DCM4CHEE has Accepted Move Destinations",
            f"  (dcmAcceptedMoveDestination), add {ae_title} there too.",
        )
    return (
        "Among the known AE titles (move destinations):",
        f"  AE title   {ae_title}",
        f"  host       {host}",
        f"  port       {port}",
    )
