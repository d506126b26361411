"""A transaction: who gets which id, then the acts in the order of the standard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from labkit.fhir import interactions, subscriptions
from labkit.fhir.conditional import match_version, the_match
from labkit.fhir.definitions import definitions
from labkit.fhir.links import conditional_references, rewritten
from labkit.fhir.messages import Answer, Ask, Resource, Service
from labkit.fhir.outcome import FhirError, located, refuse
from labkit.fhir.references import split_reference
from labkit.fhir.store import Stored

_ORDER = ("DELETE", "POST", "PUT", "PATCH", "GET", "HEAD")
_LENGTHS = {"POST": (1,), "PUT": (1, 2), "PATCH": (2,), "DELETE": (1, 2)}
"""How long the path of a method may be."""
Identity = tuple[str, str]


@dataclass
class Plan:
    """One transaction, inside a transaction of the store.

    Attributes
    ----------
    asks
        The entries' requests.
    full_urls
        Their ``fullUrl``, or ``""``: what other entries call them.
    """

    service: Service
    actor: str
    asks: list[Ask]
    full_urls: list[str]
    _ids: dict[int, tuple[str, str]] = field(default_factory=dict)  # entry → id, method
    _there: dict[int, Stored] = field(default_factory=dict)  # conditional creates that found one
    _same: dict[int, int] = field(default_factory=dict)  # entry → an earlier one that creates it

    def carry_out(self, respond: Callable[[Service, str, Ask], Answer]) -> list[Answer]:
        """DELETE, POST, PUT, PATCH, conditional references, then GET (R4 http.html#trules).

        Raises
        ------
        FhirError
            Of the first entry that cannot be done, saying which; the caller rolls back.
        """
        answers: dict[int, Answer] = {}
        for number in self._numbers("DELETE"):
            with _about(number):
                answers[number] = respond(self.service, self.actor, self.asks[number])
        self._give_ids()
        self._no_overlap(answers)
        new = self._new_links()
        for number in (*self._numbers("POST"), *self._numbers("PUT")):
            with _about(number):
                answers[number] = self._write(number, new)
        for number in self._numbers("PATCH"):
            with _about(number):
                ask = self.asks[number]
                ask = replace(ask, resource=rewritten(ask.resource, new))
                answers[number] = interactions.patch(self.service, self.actor, ask, tell=False)
        for number in (*self._ids, *self._numbers("PATCH")):
            with _about(number):
                answers[number] = self._settle(answers[number])
        for number, first in self._same.items():
            answers[number] = replace(answers[first], status=200)
        for number in (*self._numbers("GET"), *self._numbers("HEAD")):
            with _about(number):
                answers[number] = respond(self.service, self.actor, self.asks[number])
        return [answers[number] for number in range(len(self.asks))]

    def _numbers(self, method: str) -> list[int]:
        """Return the entries of a method, in their order; refuse what no transaction does."""
        for number, ask in enumerate(self.asks):
            fits = len(ask.path) in _LENGTHS.get(ask.method, range(1, 9))
            if ask.method not in _ORDER or not fits or ask.path[0] not in definitions().search:
                with _about(number):
                    text = f"{ask.method} {'/'.join(ask.path)} is no act of a transaction here"
                    raise refuse(400, "not-supported", text)
        return [n for n, ask in enumerate(self.asks) if ask.method == method]

    def _give_ids(self) -> None:
        """Decide which id each entry writes to, before any is written."""
        first: dict[tuple[str, str], int] = {}
        for number in self._numbers("POST"):
            ask, kind = self.asks[number], self.asks[number].path[0]
            with _about(number):
                if ask.if_none_exist is not None:
                    pairs = interactions.criteria_of(ask.if_none_exist)
                    there = the_match(self.service, self.actor, kind, pairs)
                    if there:
                        self._there[number] = there
                        continue
                    same = first.setdefault((kind, ask.if_none_exist), number)
                    if same != number:  # the second would find what the first creates
                        self._same[number] = same
                        continue
                self._ids[number] = self.service.store.new_id(kind), "POST"
        for number in self._numbers("PUT"):
            ask = self.asks[number]
            with _about(number):
                if len(ask.path) == 2 and ask.resource.get("id") != ask.path[1]:
                    raise refuse(400, "invalid", f"the id in the body is not {ask.path[1]!r}")
                self._ids[number] = interactions.target(self.service, self.actor, ask)

    def _identity(self, number: int) -> Identity:
        kind = self.asks[number].path[0]
        if number in self._there:
            return kind, self._there[number].id
        return kind, self._ids[self._same.get(number, number)][0]

    def _no_overlap(self, deleted: dict[int, Answer]) -> None:
        """Refuse two acts on one resource: no order of them would be the right one."""
        seen: dict[Identity, int] = {}
        for number in range(len(self.asks)):
            if number in deleted:
                stored = deleted[number].stored
                who = (stored.type, stored.id) if stored else None
            else:
                who = self._identity(number) if number in self._ids else None
                if self.asks[number].method == "PATCH":
                    who = self.asks[number].path[0], self.asks[number].path[1]
            if who and seen.setdefault(who, number) != number:
                with _about(number):
                    text = f"entry {seen[who]} acts on {who[0]}/{who[1]} too"
                    raise refuse(400, "duplicate", text)

    def _new_links(self) -> dict[str, str]:
        """Say what each ``fullUrl`` becomes; of one that is a RESTful URL also its short form."""
        new: dict[str, str] = {}
        for number, url in enumerate(self.full_urls):
            if url and self.asks[number].method in ("POST", "PUT"):
                kind, id_ = self._identity(number)
                new[url] = f"{kind}/{id_}"
                was, old, _ = split_reference(url)
                if was and self.asks[number].method == "POST":
                    new.setdefault(f"{was}/{old}", new[url])
        return new

    def _write(self, number: int, new: dict[str, str]) -> Answer:
        if number in self._there:
            there = self._there[number]
            return Answer(200, there.body, there, written=True)
        if number in self._same:
            return Answer(200)  # said in full when the first is written
        ask, (id_, method) = self.asks[number], self._ids[number]
        body = {name: v for name, v in ask.resource.items() if name != "id"}
        body = rewritten(body, new)
        interactions.check(self.service, body)
        action = "create" if method == "POST" else "update"
        self.service.touch(self.actor, action, {**body, "id": id_})
        before = self.service.store.read(ask.path[0], id_)
        if before and not before.deleted:
            self.service.touch(self.actor, action, before.resource)
        if ask.method == "PUT":
            match_version(before, ask.if_match)
        return interactions.write(self.service, body, id_, method=method, tell=False)

    def _settle(self, answer: Answer) -> Answer:
        """Resolve the references that are searches, now that everything is there to be found."""
        stored = answer.stored
        assert stored is not None, "what was written is stored"
        resource: Resource = stored.resource
        found = {text: self._resolve(text) for text in conditional_references(resource)}
        if found:
            resource = rewritten(resource, found)
            interactions.check(self.service, resource)
            stored = self.service.store.amend(stored, resource, self.service.base_url)
            answer = replace(answer, stored=stored, body=stored.body)
        subscriptions.enqueue(self.service, stored)
        return answer

    def _resolve(self, text: str) -> str:
        kind, _, query = text.partition("?")
        if kind not in definitions().search:
            raise refuse(400, "not-supported", f"{text}: no resource type {kind!r} here")
        pairs = interactions.criteria_of(query)
        there = the_match(self.service, self.actor, kind, pairs)
        if there is None:
            raise refuse(412, "not-found", f"the reference {text} finds nothing")
        return f"{kind}/{there.id}"


@contextmanager
def _about(number: int) -> Iterator[None]:
    """Say of an error which entry it is about."""
    try:
        yield
    except FhirError as error:
        raise located(error, f"Bundle.entry[{number}]") from error
