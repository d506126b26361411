"""Find the earlier radiograph at the other hospital.

Marigold Thistlewick says that she was X-rayed at Lakeside. Nobody there knows her number here.
"""

from labkit.common import cite
from labkit.dicom import sample
from labkit.exercises import Exercise, Verdict, Work, Wrong, failed, passed
from labkit.exercises.evidence import exchanges

EXERCISE = Exercise(
    given="""
        from labkit.dicom import sample
        from labkit.dimse import find, identifier, worklist
        chest = sample("dx-chest").datasets()[0]
    """,
    blank="""
        prior_uid = ...  # the Study Instance UID of her chest radiograph at Lakeside (lab.legacy)
    """,
    answer="prior_uid",
    expects=str,
    reference="""
        keys = identifier("STUDY", PatientBirthDate=chest.PatientBirthDate, PatientName="",
                          StudyInstanceUID="")
        for match in find(lab.legacy, keys):
            if str(match.PatientName).upper().startswith("THISTLEWICK"):
                prior_uid = match.StudyInstanceUID
    """,
    explanation="""
        A Patient ID is unique only together with who issued it, so North General's number finds
        nothing at Lakeside. What people have in common is name and birth date, and both are weak:
        names are spelt in several ways, and twins share a birth date. Lakeside writes names in
        capitals; whether a query by name minds that is left to the archive (PS3.4 C.2.2.2.1), and
        DCMTK's dcmqrscp does, so the date is the safer thing to ask for. Large networks keep an
        index of who is who (IHE PIX and PDQ); a later track builds one.
    """,
    hints=(
        "Her number at North General means nothing at Lakeside. What do both hospitals know?",
        'Ask lab.legacy for her birth date, and for PatientName="" as well. Or by name with a * '
        "behind it: Lakeside writes in capitals.",
        'find(lab.legacy, identifier("STUDY", PatientBirthDate=chest.PatientBirthDate, '
        'PatientName="", StudyInstanceUID="")), then look at the names.',
    ),
    wrong=(
        Wrong(
            "here-not-there",
            """
            keys = identifier("STUDY", PatientName="Thistlewick*", StudyInstanceUID="",
                              AccessionNumber="NG2600103")
            prior_uid = find(lab.archive, keys)[0].StudyInstanceUID
            """,
            """That is a study of this week, at North General. The prior is at Lakeside: ask
            lab.legacy.""",
        ),
        Wrong(
            "accession-for-uid",
            """
            keys = identifier("STUDY", PatientName="Thistlewick*", AccessionNumber="")
            prior_uid = find(lab.legacy, keys)[0].AccessionNumber
            """,
            """You have the right study, and took its accession number. A viewer fetches a
            study by its Study Instance UID, (0020,000D).""",
        ),
        Wrong(
            "gave-up",
            """
            keys = identifier("STUDY", PatientID=chest.PatientID, StudyInstanceUID="")
            matches = find(lab.legacy, keys)
            prior_uid = matches[0].StudyInstanceUID if matches else ""
            """,
            """Lakeside has nothing under the number of North General, and says so with success and
            no match. An ID is worth something only at the hospital that issued it. Ask by name.""",
        ),
    ),
)  # fmt: skip

RULE = cite("PS3.3", "C.7.1.1")


def check(work: Work) -> Verdict:
    """Compare with the study that LEGACY holds, and see that LEGACY was asked."""
    answer = str(work.answer).strip()
    expected = "the Study Instance UID of her radiograph of 2024, found at LEGACY"
    prior = sample("cr-chest-prior")
    here = [sample(slug).study_uid for slug in ("dx-chest", "ct-chest", "pt-chest")]
    mistake = ""
    if answer in here:
        mistake = "here-not-there"
    elif answer == prior.accession:
        mistake = "accession-for-uid"
    elif answer == "":
        mistake = "gave-up"
    if answer != prior.study_uid:
        got = answer or "nothing: no match"
        return failed(expected=expected, got=got, rule=RULE, mistake=mistake)
    if not exchanges(work, "LEGACY", "C-FIND"):
        return failed(expected=expected, got="the right UID, but LEGACY was not asked", rule=RULE)
    return passed("Two years ago there was no shadow: that is what a prior is for.", rule=RULE)
