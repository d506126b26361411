"""A browser, as far as a login needs one: fills in each form that it is shown."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import httpx

MOST_PAGES = 8


class _Forms(HTMLParser):
    """The first form of a page: where it goes, and what it holds."""

    def __init__(self) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, list[str]] = {}
        self._inside, self._select = False, ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        has = {name: value or "" for name, value in attrs}
        name = has.get("name", "")
        if tag == "form" and self.action is None:
            self.action, self._inside = has.get("action", ""), True
        elif not self._inside:
            return
        elif tag == "select":
            self._select = name
        elif tag == "option" and self._select and self._select not in self.fields:
            self.fields[self._select] = [has.get("value", "")]
        elif name and tag == "input" and has.get("type") not in ("submit", "button"):
            self.fields.setdefault(name, []).append(has.get("value", "on"))
        elif name and (tag == "button" or has.get("type") == "submit") and name not in self.fields:
            self.fields[name] = [has.get("value", "")]

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._inside = False
        elif tag == "select":
            self._select = ""


def browse(url: str, back: str, user: str, password: str) -> str:
    """Log in and allow everything; return the address that the browser is sent to at the end.

    Returns
    -------
    str
        It begins with `back`; or ``""`` where the server shows a page of its own.
    """
    with httpx.Client(trust_env=False, timeout=30) as http:
        answer = http.get(url)
        typed = False
        for _ in range(MOST_PAGES):
            for cookie in http.cookies.jar:  # to its own machine a browser sends these by HTTP too
                cookie.secure = False
            if answer.is_redirect:
                place = urljoin(str(answer.url), answer.headers["location"])
                if place.startswith(back):
                    return place
                answer = http.get(place)
                continue
            page = _Forms()
            page.feed(answer.text)
            if page.action is None or answer.status_code >= 400:
                return ""
            fields: dict[str, Any] = dict(page.fields)
            if "password" in fields:
                if typed:
                    return ""  # it was not right, and it is the same again
                fields |= {"username": user, "password": password}
                typed = True
            answer = http.post(urljoin(str(answer.url).split("?")[0], page.action), data=fields)
    return ""
