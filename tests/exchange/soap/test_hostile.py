"""What a stranger may send, and what is answered."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from labkit.common.errors import DataError
from labkit.exchange.soap import Attachment, Attachments, Message, SoapClient, xml
from labkit.exchange.soap.envelope import read_envelope
from labkit.exchange.soap.names import ENV11, env
from labkit.exchange.soap.wire import ContentType, pack, unpack
from tests.exchange.soap.conftest import ASK, NS, envelope, question

PLAIN = "application/soap+xml; charset=UTF-8"
MTOM = (
    'multipart/related; type="application/xop+xml"; boundary=b; start="<r>"; '
    'start-info="application/soap+xml"'
)
XOP = 'xmlns:x="http://www.w3.org/2004/08/xop/include"'
WITH_DOCUMENT = (
    f'<Ask xmlns="{NS}"><Text>t</Text><Document><x:Include {XOP} href="cid:1"/></Document></Ask>'
)


def post(web: TestClient, data: bytes, content_type: str = PLAIN) -> tuple[int, str, str]:
    """Return the status, the fault's code with its subcode, and the reason."""
    response = web.post("/", content=data, headers={"content-type": content_type})
    if not response.headers.get("content-type", "").startswith("application/soap+xml"):
        return response.status_code, "", response.text
    root = xml.parse(response.content)
    for value in root.iter(env("Value")):  # its prefix is declared where it stands
        assert xml.text_of(value).partition(":")[0] in value.nsmap
    values = [xml.text_of(value) for value in root.iter(env("Value"))]
    reason = next(root.iter(env("Text")), None)
    return response.status_code, " ".join(values), xml.text_of(reason)


def mime(*parts: tuple[str, bytes], root: bytes | None = None) -> bytes:
    """Write a multipart body: the root, and parts of a Content-ID and bytes."""
    first = root if root is not None else envelope(body=WITH_DOCUMENT)
    kind = b'application/xop+xml; type="application/soap+xml"'
    body = b"--b\r\nContent-Type: " + kind + b"\r\nContent-ID: <r>\r\n\r\n" + first
    for cid, data in parts:
        body += (
            f"\r\n--b\r\nContent-Type: text/plain\r\nContent-ID: <{cid}>\r\n\r\n".encode() + data
        )
    return body + b"\r\n--b--\r\n"


def test_a_well_formed_message_by_hand_is_taken(web: TestClient) -> None:
    assert web.post("/", content=envelope(), headers={"content-type": PLAIN}).status_code == 200
    response = web.post("/", content=mime(("1", b"abc")), headers={"content-type": MTOM})
    assert response.status_code == 200
    assert b"abc" in response.content


@pytest.mark.parametrize(
    "doctype",
    [
        b'<!DOCTYPE lol [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        b'<!-- a --><?p i?>\n<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:1/">]>',
    ],
)
def test_a_dtd_is_refused_before_it_is_read(web: TestClient, doctype: bytes) -> None:
    status, codes, reason = post(web, b'<?xml version="1.0"?>' + doctype + envelope())
    assert (status, codes) == (400, "env:Sender")
    assert "DTD" in reason


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_another_encoding_cannot_hide_a_dtd(encoding: str) -> None:
    text = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'
    with pytest.raises(DataError):
        xml.parse(text.encode(encoding))


def test_declared_encodings_do_not_count() -> None:
    # In UTF-7 "+ADw-" is "<": whoever honours the declaration sees another document.
    root = xml.parse(b'<?xml version="1.0" encoding="UTF-7"?><a>+ADw-b/+AD4-</a>')
    assert root.text == "+ADw-b/+AD4-"


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        b"<a>",
        b"<a>&nbsp;</a>",
        b"<a></b>",
        b"\x00" * 10,
        b"<a>\xff\xfe</a>",
        b"<a>" * 5000 + b"</a>" * 5000,
        b"<a>" + b"x" * (11 * 1024 * 1024) + b"</a>",
    ],
    ids=["empty", "open", "entity", "crossed", "zeros", "not utf-8", "deep", "long text"],
)
def test_xml_that_is_refused(bad: bytes) -> None:
    with pytest.raises(DataError):
        xml.parse(bad)


def test_xml_has_a_limit_in_bytes() -> None:
    with pytest.raises(DataError, match="more than the 10"):
        xml.parse(b"<a>........</a>", most=10)


def test_soap_1_1_is_answered_in_its_own_version(web: TestClient) -> None:
    for data, kind in [
        (envelope(namespace=ENV11), "text/xml; charset=utf-8"),
        (envelope(namespace=ENV11), PLAIN),
    ]:
        response = web.post("/", content=data, headers={"content-type": kind, "SOAPAction": '""'})
        assert response.status_code == 500
        assert response.headers["content-type"].startswith("text/xml")
        root = xml.parse(response.content)
        assert root.tag == f"{{{ENV11}}}Envelope"
        assert xml.text_of(next(root.iter("faultcode"))) == "s:VersionMismatch"
        assert next(root.iter(env("SupportedEnvelope")), None) is not None


@pytest.mark.parametrize("kind", ["", "application/json", "multipart/related; type=text/plain"])
def test_another_content_type_is_no_soap(web: TestClient, kind: str) -> None:
    status, _, text = post(web, envelope(), kind)
    assert status == 415
    assert "application/soap+xml" in text


ACTION = f"<a:Action>{ASK}</a:Action>"
ID = "<a:MessageID>urn:uuid:1</a:MessageID>"
HEADERS = {
    "no action": (ID, "MessageAddressingHeaderRequired"),
    "no id": (ACTION, "MessageAddressingHeaderRequired"),
    "unknown action": (f"<a:Action>urn:x</a:Action>{ID}", "ActionNotSupported"),
    "two actions": (ACTION + ACTION + ID, "InvalidCardinality"),
    "no address": (f"{ACTION}{ID}<a:ReplyTo/>", "MissingAddressInEPR"),
    "answer elsewhere": (
        f"{ACTION}{ID}<a:ReplyTo><a:Address>http://evil/</a:Address></a:ReplyTo>",
        "OnlyAnonymousAddressSupported",
    ),
}


@pytest.mark.parametrize("case", HEADERS)
def test_addressing_that_is_not_as_it_must_be(web: TestClient, case: str) -> None:
    header, subcode = HEADERS[case]
    status, codes, _ = post(web, envelope(header))
    assert (status, codes) == (400, f"env:Sender wsa:{subcode}")


def test_two_actions_that_contradict(web: TestClient) -> None:
    status, codes, _ = post(web, envelope(), f'{PLAIN}; action="urn:another"')
    assert (status, codes) == (400, "env:Sender wsa:ActionMismatch")


@pytest.mark.parametrize("true", ["true", "1"])
def test_a_header_that_must_be_understood_is_refused_by_name(web: TestClient, true: str) -> None:
    block = f'<q:Quality xmlns:q="urn:q" e:mustUnderstand="{true}">best</q:Quality>'
    status, codes, reason = post(web, envelope(ACTION + ID + block))
    assert (status, codes) == (500, "env:MustUnderstand")
    assert "{urn:q}Quality" in reason


def test_a_header_for_another_or_that_may_be_ignored_is_ignored(web: TestClient) -> None:
    other = 'e:role="urn:another" e:mustUnderstand="true"'
    blocks = f'<q:A xmlns:q="urn:q">x</q:A><q:B xmlns:q="urn:q" {other}/>'
    assert post(web, envelope(ACTION + ID + blocks))[0] == 200


def test_without_secure_a_security_header_is_not_passed_over(web: TestClient) -> None:
    space = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd"
    block = f'<w:Security xmlns:w="{space}" e:mustUnderstand="1"/>'
    assert post(web, envelope(ACTION + ID + block))[1] == "env:MustUnderstand"


INCLUDED = f'<Ask xmlns="{NS}"><Document>%s</Document></Ask>'
BAD_PARTS = {
    "cid that is not there": (mime(("2", b"x")), "does not have"),
    "two parts of one cid": (mime(("1", b"x"), ("1", b"y")), "two parts"),
    "part without a name": (mime(("", b"x")), "no Content-ID"),
    "no root": (mime(("1", b"x")).replace(b"<r>", b"<s>"), "root part"),
    "cut short": (mime(("1", b"x"))[:-9], "ends before its last boundary"),
    "no parts": (b"", "ends before its last boundary"),
    "include of an address": (
        mime(root=envelope(body=INCLUDED % f'<x:Include {XOP} href="http://evil/"/>')),
        "nothing but cid:",
    ),
    "include with company": (
        mime(("1", b"x"), root=envelope(body=INCLUDED % f'x<x:Include {XOP} href="cid:1"/>')),
        "not alone",
    ),
    "include of the root": (
        mime(root=envelope(body=INCLUDED % f'<x:Include {XOP} href="cid:r"/>')),
        "does not have",
    ),
    "no base64": (mime(root=envelope(body=INCLUDED % "a b*c")), "base64"),
}


@pytest.mark.parametrize("case", BAD_PARTS)
def test_parts_that_are_not_as_they_must_be(web: TestClient, case: str) -> None:
    data, says = BAD_PARTS[case]
    status, codes, reason = post(web, data, MTOM)
    assert (status, codes) == (400, "env:Sender")
    assert says in reason


def test_a_message_has_a_limit_in_bytes_and_in_parts(serve: Callable[..., TestClient]) -> None:
    assert post(serve(most_bytes=1000), envelope(body=f"<a>{'x' * 1000}</a>"))[0] == 413
    many = mime(*[(str(n), b"") for n in range(5)])
    with pytest.raises(DataError, match="more than 3 parts"):
        unpack(ContentType(MTOM), [many], most_parts=3)


def test_two_bodies_are_refused(web: TestClient) -> None:
    assert "2 elements" in post(web, envelope(body="<a/><b/>"))[2]


@pytest.mark.parametrize(
    ("cid", "kind"),
    [("a>\r\nX: y", "text/plain"), ("a", "text/plain\r\nX: y"), ("a b", "text/plain"), ("a", "")],
)
def test_what_we_send_cannot_make_a_header_of_its_own(cid: str, kind: str) -> None:
    root = xml.make(env("Envelope"))
    with pytest.raises(DataError, match="cannot stand in a header"):
        pack(root, {cid: Attachment(kind, b"")}, ASK, mtom=True)
    with pytest.raises(DataError, match="cannot be an action"):
        pack(root, {}, 'urn:x"\r\nX: y', mtom=False)


def test_what_we_send_cannot_be_broken_by_a_value(client: SoapClient) -> None:
    with pytest.raises(DataError, match=r"U\+0000"):
        client.call(question("a\x00b"))


def test_only_post_is_answered(web: TestClient) -> None:
    assert web.get("/").status_code == 405


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.binary(max_size=300), st.sampled_from([PLAIN, MTOM]), st.integers(0, 400))
@example(b"\r\n--b--", MTOM, 0)
def test_any_bytes_are_answered_and_never_with_our_own_failure(
    web: TestClient, noise: bytes, kind: str, at: int
) -> None:
    whole = mime(("1", b"abc")) if kind == MTOM else envelope()
    for data in (noise, whole[:at] + noise + whole[at:]):
        status, codes, _ = post(web, data, kind)
        assert status in (200, 400, 500)
        assert "Receiver" not in codes


texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)


@settings(max_examples=60, deadline=None)
@given(texts, st.lists(st.binary(max_size=60), max_size=4), st.booleans())
def test_what_is_packed_is_unpacked(text: str, contents: list[bytes], mtom: bool) -> None:
    files = Attachments()
    root = xml.make(env("Envelope"), {"e": env("")[1:-1]})
    body = xml.add(xml.add(root, env("Body")), "Ask")
    try:
        xml.add(body, "Text", text)
    except DataError:
        return
    for data in contents:
        files.include(xml.add(body, "Document"), "text/plain", data)
    wire = pack(root, files, ASK, mtom=mtom)
    found, attachments = unpack(ContentType(wire.content_type), [wire.data])
    message = read_envelope(found)
    message = Message("", message.body, attachments=attachments)
    assert message.body.findtext("Text", "") == text
    assert [message.content(d) for d in message.body.iter("Document")] == contents
