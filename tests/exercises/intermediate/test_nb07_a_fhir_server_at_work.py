"""Notebook 07: right answers other than the reference, and wrong ones that nobody foresaw."""

from __future__ import annotations

import pytest

from labkit.lab import Lab
from tests.exercises.beginner.learner import falls_short, passes

RIGHT = [
    ("order-once", """
        def place(order):
            i = order["identifier"][0]
            query = requests.models.PreparedRequest()
            query.prepare_url("http://x", {"identifier": i["system"] + "|" + i["value"]})
            return requests.post(base + "/ServiceRequest", json=order,
                                 headers={"if-none-exist": query.url.partition("?")[2]})
    """),
    ("all-or-nothing", """
        order["subject"] = study["subject"] = {"reference": PATIENT, "type": "Patient"}
        study["basedOn"] = [{"reference": ORDER}]
        entries = [entry(study, STUDY), entry(order, ORDER), entry(patient, PATIENT)]
        answer = requests.post(
            base, json={"resourceType": "Bundle", "type": "transaction", "entry": entries}
        )
    """),
    ("no-lost-update", """
        def amend(url, change):
            while True:
                resource = requests.get(url).json()
                change(resource)
                tag = f'W/"{resource["meta"]["versionId"]}"'
                done = requests.put(url, json=resource, headers={"If-Match": tag})
                if done.ok:
                    return done
    """),
    ("studies-by-number", """
        found = requests.get(f"{base}/ImagingStudy?subject:Patient.identifier={NORTH}|1001234"
                             "&_include=ImagingStudy:subject&_count=100")
    """),
    ("every-page", """
        def everything(url):
            bundle = requests.get(url).json()
            for e in bundle.get("entry", []):
                if e["search"]["mode"] != "include":
                    yield e["resource"]
            for link in bundle["link"]:
                if link["relation"] == "next":
                    yield from everything(link["url"])
    """),
    ("who-moved-it", """
        def moves(url):
            entries = requests.get(url + "/_history").json()["entry"]
            past = [e["resource"] for e in entries if "resource" in e][::-1]
            out = []
            for a, b in zip(past, past[1:]):
                if a["subject"] != b["subject"]:
                    out.append([int(b["meta"]["versionId"]), a["subject"]["reference"],
                                b["subject"]["reference"]])
            return out
    """),
    ("ask-before-you-send", """
        def faults(resource):
            outcome = requests.post(base + "/ImagingStudy/$validate", json=resource).json()
            return {e for i in outcome["issue"] if i["severity"] == "error"
                    for e in i["expression"]}
    """),
]  # fmt: skip

WRONG = [
    ("order-once", "def place(order):\n    return 201\n", ""),
    ("order-once", "def place(order):\n    return 1 / 0\n", ""),
    ("order-once", """
        def place(order):
            number = order["identifier"][0]["value"]
            return requests.put(f"{base}/ServiceRequest/{number}", json=order)
    """, ""),
    ("order-once", """
        def place(order):
            i = order["identifier"][0]
            return requests.post(f"{base}/ServiceRequest", json=order, headers={
                "If-None-Exist": f"ServiceRequest?identifier={i['system']}|{i['value']}"})
    """, ""),
    ("all-or-nothing", "answer = requests.post(base, json={})\n", ""),
    ("all-or-nothing", "answer = requests.get(f'{base}/Patient')\n", ""),
    ("all-or-nothing", """
        bundle = {"resourceType": "Bundle", "type": "transaction", "entry": [
            entry(patient, PATIENT), entry(order, ORDER), entry(study, STUDY)]}
        answer = requests.post(base, json=bundle)
    """, ""),
    ("no-lost-update", "def amend(url, change):\n    return requests.get(url)\n", ""),
    ("no-lost-update", "def amend(url, change):\n    change({})\n", ""),
    ("studies-by-number", "found = requests.get(f'{base}/Patient/brackenfold')\n", ""),
    ("studies-by-number", """
        found = requests.get(f"{base}/ImagingStudy", params={
            "patient": "brackenfold", "_include": "ImagingStudy:patient"})
    """, ""),
    ("every-page", "def everything(url):\n    return 3\n", ""),
    ("every-page", "def everything(url):\n    return []\n", "first-page"),
    ("every-page", """
        def everything(url):
            return requests.get(url + "&_count=1000").json().get("entry", [])
    """, ""),
    ("who-moved-it", "def moves(url):\n    return 3\n", ""),
    ("who-moved-it", "def moves(url):\n    return ['3', '5']\n", ""),
    ("who-moved-it", "def moves(url):\n    return requests.get(url).json()['nothing']\n", ""),
    ("ask-before-you-send", "def faults(resource):\n    return 3\n", ""),
    ("ask-before-you-send", "def faults(resource):\n    return ['ImagingStudy.status']\n",
     "first-issue"),
    ("ask-before-you-send", "def faults(resource):\n    raise ValueError('no')\n", ""),
]  # fmt: skip


@pytest.mark.parametrize(("slug", "source"), RIGHT)
def test_another_right_answer_passes(running_lab: Lab, slug: str, source: str) -> None:
    passes(running_lab, slug, source)


@pytest.mark.parametrize(("slug", "source", "mistake"), WRONG)
def test_a_wrong_answer_does_not_pass(
    running_lab: Lab, slug: str, source: str, mistake: str
) -> None:
    falls_short(running_lab, slug, source, mistake)
