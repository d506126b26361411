"""Lakeside's head in LEGACY, for the exercises that are about the living lab."""

from __future__ import annotations

SENT = """
        from labkit.dicom.stories.lakeside import head_with_bleed
        from labkit.dimse import store
        heads = head_with_bleed()
        study = str(heads[0].StudyInstanceUID)
        store(lab.legacy, heads)
        web = lab.proxy.client()
"""

SITE = '''
        from labkit.fhir.mapping import Site
        site = Site.parse("""
        zone = "Europe/London"

        [issuer]
        NORTHGEN = "https://north-general.example/patient-id"
        LAKESIDE = "https://lakeside-clinic.example/patient-id"

        [policy]
        Patient = "conditional"
        """)
'''
