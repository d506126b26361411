"""Notebook 12: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import attempt, falls_short, passes

RIGHT = [
    ("network-prefetch", """
        def worth(modality, at, found):
            rows = {}
            for each in sorted(found, key=lambda each: each.date):
                rows.setdefault(each.study, []).append(each)
            new = {uid: them for uid, them in rows.items() if at not in {e.site for e in them}}
            fits = [u for u, them in new.items() if modality in them[0].modalities]
            return (fits or list(new))[::-1][:2]
    """),
    ("network-pass-on-once", """
        def pass_on(ds, memory):
            seen = memory.setdefault(ds.SOPInstanceUID, None)
            new = digest(ds)
            if len(memory) > 1000:
                for old in list(memory)[:500]:
                    del memory[old]
            memory[ds.SOPInstanceUID] = new
            return seen != new
    """),
    ("network-hop-mark", """
        def hop(ds, ae_title):
            marked = Dataset.from_json(ds.to_json())
            items = marked.setdefault("ContributingEquipmentSequence", [])
            items = marked["ContributingEquipmentSequence"].value
            if ae_title in [item.get("StationName") for item in items]:
                return
            new = Dataset()
            new.update({"PurposeOfReferenceCodeSequence": [ROUTER], "Manufacturer": "labkit",
                        "StationName": ae_title})
            items.append(new)
            return marked
    """),
    ("network-cost-of-a-question", """
        def requests(style, hospitals, studies):
            design = regional(hospitals, style)
            holders = [site.name for site in design.hospitals][1:1 + studies]
            slugs = dict(zip(holders, ("ct-head", "mr-brain")))
            sites = tuple(replace(s, studies=(slugs[s.name],) if s.name in slugs else ())
                          for s in design.sites)
            links = tuple(replace(link, mbit=0.0, ms=0.0) for link in design.links)
            with Network(design.changed(sites=sites, links=links)) as network:
                return network.find(at="hospital01", patient="NG-100231").messages
    """),
    ("network-who-has-it", """
        def where(network, at, study):
            def ask(name):
                try:
                    with network.web(at=at, of=name) as web:
                        return len(list(web.studies(StudyInstanceUID=study))) == 1
                except Exception:
                    return None
            return {site.name: ask(site.name) for site in network.design.sites}
    """),
    ("network-who-is-affected", """
        def cut_off(design, at, dead):
            lost = set()
            for site in design.hospitals:
                needs = [design.centre.name] if design.style != "federated" else []
                needs += [site.name] if design.style != "centralised" else []
                if site.name != at and any(
                        path(design, at, name, dead=[dead]) is None for name in needs):
                    lost.add(site.name)
            return lost
    """),
    ("network-complete-the-design", '''
        mine = text.replace('"LAKESIDE"]', '"LAKESIDE", "HARBOUR"]') + """
        [[link]]
        from = "centre"
        to = "harbour"
        mbit = 100
        ms = 8
        tls = true
        [[site]]
        name = "harbour"
        community = "North General"
        ae_title = "HARBOUR"
        archive = "cache"
        keep = 10
        patients_to = ["centre"]
        """
    '''),
]  # fmt: skip

WRONG = [
    ("network-prefetch", "worth = lambda modality, at, found: ['1.2', '1.3']"),
    ("network-prefetch", "worth = lambda modality, at, found: 42"),
    ("network-prefetch", """
        def worth(modality, at, found):
            there = {each.study for each in found if each.site == at}
            new = [each for each in found if each.study not in there]
            same = [each for each in new if modality in each.modalities] or new
            newest = sorted(same, key=lambda each: each.date, reverse=True)
            return [each.study for each in newest][:2]
    """),
    ("network-cost-of-a-question", "requests = lambda style, hospitals, studies: []"),
    ("network-hop-mark", "hop = lambda ds, ae_title: [ae_title]"),
    ("network-who-is-affected", """
        def cut_off(design, at, dead):
            if design.style == "centralised":
                return [site.name for site in design.hospitals if site.name != at and
                        dead == "centre"]
    """),
    ("network-review", "mended = 'name = 7'"),
    ("network-complete-the-design", "mine = text + '[[site]]'"),
    ("network-who-has-it", """
        def where(network, at, study):
            return {"centre": True}
    """),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer(lab: Lab, slug: str, source: str) -> None:
    passes(lab, slug, source)


@pytest.mark.parametrize(("slug", "source"), WRONG)
def test_a_wrong_answer_that_has_no_name(lab: Lab, slug: str, source: str) -> None:
    falls_short(lab, slug, source)
    assert attempt(lab, slug, source).rules
