"""The lab on real servers: Orthanc, DCMTK and HAPI FHIR in containers, behind doors of the lab.

The lab's process is the same as on the embedded back end. In place of its own archives it has a
`Tap` before each product, which passes every byte on and sees all of it, and a `Mirror` behind it,
which knows what the product holds.
"""
