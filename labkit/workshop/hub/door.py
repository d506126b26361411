"""Who is let in: whoever types the access code of a learner."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jupyterhub.auth import Authenticator
from tornado.web import HTTPError
from traitlets import Unicode, default

from labkit.common.errors import LabError
from labkit.workshop.guesses import Guesses
from labkit.workshop.places import NAME, Workshop
from labkit.workshop.rooms.record import Record

_FORM = """
<form action="{{ authenticator_login_url }}" method="post" class="container"
      style="max-width: 24rem; margin-top: 3rem">
  <h1>Your access code</h1>
  <p>Your instructor has it.</p>
  {% if login_error %}<p class="login_error" role="alert">{{ login_error | e }}</p>{% endif %}
  <input type="hidden" name="_xsrf" value="{{ xsrf }}">
  <input type="hidden" name="username" value="">
  <label for="code">Access code</label>
  <input id="code" name="password" class="form-control" autocomplete="off" autocapitalize="off"
         spellcheck="false" autofocus required>
  <p style="margin-top: 1rem"><button class="btn"
     style="background: #9a3d00; color: #fff">Open my lab</button></p>
</form>
"""
_WRONG = "No lab has that code. Look at it once more, or ask your instructor."


class CodeAuthenticator(Authenticator):  # type: ignore[misc]
    """Lets in who knows the code of a learner, as that learner, and nobody as an administrator.

    Codes are those of ``rooms.json`` of the workshop, read at each attempt: one that was added
    later works at once. Each is compared, in constant time; after too many wrong ones nobody is
    let in for a while (`Guesses`).
    """

    workshop = Unicode(help="The workshop's folder.", config=True)

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._guesses = Guesses(time.monotonic)

    @default("custom_html")
    def _form(self) -> str:
        return _FORM

    @default("allow_all")
    def _whoever_has_a_code(self) -> bool:
        return True  # the code is the permission: who has none does not come so far

    def normalize_username(self, username: str) -> str:
        """Return the name as it is: Ada and ada are two folders."""
        return username

    def validate_username(self, username: str) -> bool:
        """Whether it is the name of a learner."""
        return bool(NAME.fullmatch(username))

    def is_admin(self, handler: Any, authentication: Any) -> bool:
        """Nobody is: an administrator could open the servers of learners."""
        return False

    async def authenticate(self, handler: Any, data: Mapping[str, str]) -> str:
        """Return the learner whose code was typed.

        Raises
        ------
        tornado.web.HTTPError
            403: it is nobody's; 429: too many wrong codes; 503: the codes cannot be read.
        """
        # Behind the proxy this is the browser's address: the proxy says it, and it alone is heard.
        who = str(handler.request.remote_ip or "")
        try:
            record = Record.read(Workshop(Path(self.workshop)).rooms)
        except LabError as error:
            self.log.error("%s %s", error.message, error.remedy)
            raise HTTPError(503, "The codes cannot be read. Ask your instructor.") from error
        room = record.room_of(data.get("password", ""))
        wait = math.ceil(self._guesses.attempt(who, room is not None))
        if wait:
            raise HTTPError(429, f"Too many wrong codes. Try again in {wait} seconds.")
        if room is None:
            raise HTTPError(403, _WRONG)
        return room.name
