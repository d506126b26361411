"""The portal's verbs: the same for a page, a notebook and a test."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from labkit.access.audit import AuditTrail
from labkit.common.errors import AccessDenied, UsageError
from labkit.common.scope import Runs
from labkit.common.serving import HOST, HttpService
from labkit.exchange.portal.model import Share, StudyView, View
from labkit.exchange.portal.reading import Reader, claims
from labkit.exchange.portal.recipients import Recipients
from labkit.exchange.portal.record import note
from labkit.exchange.portal.refusing import nothing
from labkit.exchange.portal.sessions import Session, Sessions
from labkit.exchange.portal.shares import MOST_HOURS, Kept, Shares, over

_T = TypeVar("_T")
Readers = Callable[[Callable[[], str]], Reader]


class Portal(Runs):
    """A patient's view, and links for outside providers.

    ::

        with Portal(lab.fhir.url, {"North General": lab.dicomweb.url}, trail) as portal:
            portal.view(token)
            portal.share(token, uid, "Practitioner/chen")

    Every look is asked of the servers with the reader's token, and nothing is kept from one look to
    the next: what the token, its scopes and the consents give now is what is shown now.

    Parameters
    ----------
    fhir_url
        Base URL of the FHIR server.
    sites
        Name → base URL of its DICOMweb service. No other address is ever called.
    trail
        Where each look and each refusal is written before it is answered.
    recipients
        Asks the consents about whom a study is shared with.
    clock
        Seconds since 1970.
    """

    def __init__(
        self, fhir_url: str, sites: Mapping[str, str], trail: AuditTrail, *,
        recipients: Recipients | None = None, clock: Callable[[], float] = time.time,
        readers: Readers | None = None,
    ) -> None:  # fmt: skip
        self.trail, self._clock = trail, clock
        self.sessions, self._shares = Sessions(clock), Shares(clock)
        self._recipients = recipients or Recipients()
        self._reader: Readers = readers or (lambda token: Reader(fhir_url, sites, token))
        self._http = HttpService("portal")
        self.url = ""

    # -- serving --

    def start(self) -> None:
        """Serve the pages."""
        from labkit.exchange.portal.app import portal_app

        self.url = f"http://{HOST}:{self._http.bind()}"
        self._http.start(portal_app(self))

    def stop(self) -> None:
        """Stop; what was shared is over with this object."""
        self._http.stop()

    def enter(self, token: str, patient: str = "") -> str:
        """Return an address that opens the portal for this token in a browser: once, and soon.

        A stand-in for the redirect of a login, in which the token goes from server to server. The
        address has a ticket in it, never the token.
        """
        self._own(token, patient)
        ends = float(claims(token).get("exp") or 0.0)
        return f"{self.url}/enter/{self.sessions.ticket(Session(token, patient, ends=ends))}"

    # -- for who has a token --

    def view(self, token: str, patient: str = "") -> View:
        """Return what the token gives of its patient.

        Raises
        ------
        AccessDenied
            It gives nothing, or is no longer good.
        """
        reader, about = self._reader(lambda: token), {"patient": patient}

        def look() -> View:
            found = reader.view(patient)
            about["patient"] = found.patient
            return found

        return self._noted("view", look, token, about)

    def study(self, token: str, StudyInstanceUID: str) -> StudyView:  # noqa: N803
        """Return one study, with what can be shown of it."""
        reader, uid = self._reader(lambda: token), StudyInstanceUID
        return self._noted("images", lambda: reader.study(uid), token, {"StudyInstanceUID": uid})

    def picture(self, token: str, uid: str, series: str, instance: str, size: int = 0) -> bytes:
        """Return a picture, PNG: WADO-RS rendered, with the same token."""
        reader = self._reader(lambda: token)

        def look() -> bytes:
            return reader.picture(uid, series, instance, size)

        return self._noted("images", look, token, {"StudyInstanceUID": uid})

    def attachment(self, token: str, id_: str) -> tuple[bytes, str]:
        """Return a document and its media type."""
        reader, about = self._reader(lambda: token), {"document": f"DocumentReference/{id_}"}
        return self._noted("document", lambda: reader.attachment(id_), token, about)

    # -- sharing --

    def share(
        self, token: str, StudyInstanceUID: str, recipient: str, *,  # noqa: N803
        hours: float = 1.0, purpose: str = "TREAT",
    ) -> Share:  # fmt: skip
        """Make a link to one study for one recipient.

        Parameters
        ----------
        recipient
            ``Practitioner/x`` or ``Organization/x`` of the FHIR server.
        hours
            How long at most; it ends with the token at the latest.
        purpose
            What the recipient wants it for (v3-ActReason).

        Returns
        -------
        Share
            With ``url`` and ``passcode``, which are told this once.

        Raises
        ------
        AccessDenied
            The token does not give the study, or the patient's consents deny it to the recipient.
        UsageError
            The time is none.
        """
        if not 0 < hours <= MOST_HOURS:
            raise UsageError(
                f"A share of {hours} hours is not made.",
                remedy=f"Give more than 0 and at most {MOST_HOURS:g} hours.",
            )
        reader, uid = self._reader(lambda: token), StudyInstanceUID
        about = {"StudyInstanceUID": uid, "recipient": recipient}

        def make() -> Share:
            reader.study(uid)
            name, actors = self._recipients.of(reader, recipient)
            if why := self._recipients.why_not(reader, uid, actors, purpose):
                raise AccessDenied(
                    f"The patient's consents do not let {name} have this study: {why}.",
                    remedy="Only the patient can change that.",
                )
            said, now = claims(token), self._clock()
            ends = min(now + hours * 3600, float(said.get("exp") or now + 900))
            made, secret, passcode = self._shares.make(
                Share("", uid, recipient, name, ends), patient=self._patient(reader, uid),
                actors=actors, maker=_actor(token), token=token, purpose=purpose,
            )  # fmt: skip
            about.update(share=made.id, until=f"{ends:.0f}")
            url = f"{self.url}/shared/{made.id}/{secret}"
            return Share(**{**vars(made), "url": url, "passcode": passcode})

        return self._noted("share", make, token, about)

    def shares(self, token: str, patient: str = "") -> tuple[Share, ...]:
        """Return the shares of the token's patient."""
        return self._shares.of(self._own(token, patient))

    def revoke(self, token: str, share: str, patient: str = "") -> Share:
        """End a share, now. Whoever may read the patient's record may do so."""

        def end() -> Share:
            return self._shares.end(share, self._own(token, patient))

        return self._noted("revoke", end, token, {"share": share})

    # -- for who has a link --

    def unlock(self, id_: str, secret: str, passcode: str) -> Kept:
        """Open a share with its link and the passcode.

        Raises
        ------
        AccessDenied
            The link opens nothing, or the passcode is wrong.
        """
        actor = f"share/{id_}"
        try:
            kept = self._shares.linked(id_, secret)
            good = self._shares.unlock(kept, passcode)
        except AccessDenied as error:
            note(self.trail, "open share", actor, {}, allowed=False, reason=error.message)
            raise
        about = {"recipient": kept.share.recipient, "StudyInstanceUID": kept.share.StudyInstanceUID}
        if not good:
            note(self.trail, "open share", actor, about, allowed=False, reason="passcode")
            raise AccessDenied(
                "The passcode is not right.",
                remedy="Ask the person who sent the link; after five wrong ones it is locked.",
            )
        note(self.trail, "open share", actor, about)
        return kept

    def shared(self, url: str, passcode: str) -> StudyView:
        """Return what a recipient sees with a link and its passcode."""
        id_, secret = _parts(url)
        return self.shared_study(self.unlock(id_, secret, passcode).share.id)

    def shared_study(self, id_: str) -> StudyView:
        """Return the study of a share that was opened; consents are asked each time."""
        return self._behind(id_, lambda reader, uid: reader.study(uid))

    def shared_picture(self, id_: str, series: str, instance: str, size: int = 0) -> bytes:
        """Return a picture of that study, and of no other."""
        return self._behind(id_, lambda reader, uid: reader.picture(uid, series, instance, size))

    def _behind(self, id_: str, act: Callable[[Reader, str], _T]) -> _T:
        kept = self._shares.current(id_)
        uid, token = kept.share.StudyInstanceUID, kept.token
        reader = self._reader(lambda: token)
        about = {"StudyInstanceUID": uid, "recipient": kept.share.recipient, "by": kept.maker}
        actor = f"share/{id_}"
        if why := self._recipients.why_not(reader, uid, kept.actors, kept.purpose):
            note(self.trail, "images", actor, about, allowed=False, reason=why)
            raise over()
        try:
            found = act(reader, uid)
        except AccessDenied as error:
            note(self.trail, "images", actor, about, allowed=False, reason=error.message)
            raise over() from error
        self._shares.current(id_)  # revoked while it was fetched
        note(self.trail, "images", actor, about)
        return found

    # -- inside --

    def _own(self, token: str, patient: str) -> str:
        return f"Patient/{self._reader(lambda: token).patient(patient)['id']}"

    def _patient(self, reader: Reader, uid: str) -> str:
        from labkit.exchange.portal.recipients import TokenSubjects

        with reader.fhir() as fhir:
            owner = TokenSubjects(fhir).patient_of_study(uid)
        if not owner:
            raise nothing()
        return f"Patient/{owner}"

    def _noted(self, action: str, act: Callable[[], _T], token: str, what: dict[str, str]) -> _T:
        """Do something, and write it down before its result is given out."""
        try:
            found = act()
        except AccessDenied as error:
            # Of a token that was refused, nothing that it says is believed.
            note(self.trail, action, "", what, allowed=False, reason=error.message)
            raise
        note(self.trail, action, _actor(token), what)
        return found

    def __repr__(self) -> str:
        return "Portal: view(token), study(token, uid), share(token, uid, recipient), revoke"


def _actor(token: str) -> str:
    return str(claims(token).get("sub", ""))


def _parts(url: str) -> tuple[str, str]:
    parts = url.rstrip("/").rsplit("/", 2)
    if len(parts) != 3:
        raise over()
    return parts[1], parts[2]
