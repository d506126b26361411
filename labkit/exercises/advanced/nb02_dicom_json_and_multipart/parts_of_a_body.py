"""Take a multipart body apart.

Bytes and a Content-Type in, parts out. Nothing of the pixels may be lost and nothing added.
"""

from collections.abc import Callable
from typing import Any

from labkit.common import cite
from labkit.exercises import Exercise, Verdict, Work, Wrong, blank, failed, passed
from labkit.exercises.advanced.nb02_dicom_json_and_multipart._bodies import BODIES

_REFERENCE = """
    from email.message import Message

    def parts(content_type, body):
        message = Message()
        message["content-type"] = content_type
        mark = b"\\r\\n--" + message.get_param("boundary").encode()
        found = []
        for piece in (b"\\r\\n" + body).split(mark)[1:]:
            if piece.startswith(b"--"):
                return found
            head, _, content = piece.partition(b"\\r\\n\\r\\n")
            kind = ""
            for line in head.decode("latin-1").split("\\r\\n"):
                name, _, value = line.partition(":")
                if name.strip().lower() == "content-type":
                    kind = value.strip()
            found.append((kind, content))
        raise ValueError("the last boundary is missing")
"""

EXERCISE = Exercise(
    blank="""
        def parts(content_type, body):
            ...  # a list of (the part's Content-Type, its bytes); ValueError if the end is missing
    """,
    answer="parts",
    expects=Callable,  # type: ignore[arg-type]
    reference=_REFERENCE,
    explanation="""
        A boundary is the line break, two hyphens and the text from the Content-Type, and the line
        break belongs to the boundary, not to the content before it (RFC 2046 5.1.1, PS3.18
        8.6.1.2.1). So the text alone may well occur in pixels, and content keeps every byte,
        line breaks too. The boundary parameter may be in quotes. What is before the first boundary
        and behind the last one has no meaning. Where the last one, with two hyphens behind it, is
        missing, the body was cut off: then there is no telling what is.
    """,
    hints=(
        "What separates parts is CRLF, --, and the boundary. The first one may stand at the very "
        "beginning; put a CRLF before the body and it is as the others.",
        "Split at b'\\r\\n--' + boundary. The piece before the first is no part; the piece that "
        "begins with -- is the end. A part is headers, an empty line, content: partition once.",
        "email.message.Message()['content-type'] = … and .get_param('boundary') takes the quotes "
        "off. No strip(), no rstrip(): those are pixels.",
    ),
    wrong=(
        Wrong(
            "split-at-the-text",
            _REFERENCE.replace('mark = b"\\r\\n--" + ', 'mark = b"--" + ').replace(
                "found.append((kind, content))", "found.append((kind, content[:-2]))"
            ),
            """You split at the hyphens and the text. A boundary begins with the line break before
            them; without it the same bytes are pixels, and your part ends in the middle.""",
        ),
        Wrong(
            "stripped",
            _REFERENCE.replace("(kind, content)", "(kind, content.strip())"),
            """You stripped the content. Bytes 0D, 0A, 20, 09 at its ends are pixels: the object
            is shorter than its header says.""",
        ),
        Wrong(
            "line-break-kept",
            _REFERENCE.replace('mark = b"\\r\\n--" + ', 'mark = b"--" + '),
            """Each of your parts has two bytes more than it should. The line break before a
            boundary belongs to the boundary.""",
        ),
        Wrong(
            "quotes-kept",
            _REFERENCE.replace(
                'message.get_param("boundary").encode()',
                'content_type.split("boundary=")[1].encode()',
            ),
            """You took the boundary with its quotes. A parameter may be written as a quoted string
            (RFC 2045 5.1); some servers always do.""",
        ),
        Wrong(
            "preamble-as-a-part",
            _REFERENCE.replace(".split(mark)[1:]", ".split(mark)"),
            """You took what is before the first boundary for a part. It has no meaning, and is
            often empty; then your first object has no bytes.""",
        ),
        Wrong(
            "cut-off-unseen",
            _REFERENCE.replace(
                'raise ValueError("the last boundary is missing")', "return found"
            ),
            """You took a body without its last boundary for complete. The connection was cut, and
            the last object that you have may be half of one.""",
        ),
    ),
)  # fmt: skip

RULE = (cite("PS3.18", "8.6.1.2.1"), cite("RFC 2046", "5.1.1"))


def check(work: Work) -> Verdict:
    """Give it bodies as servers send them, and at last one that was cut off."""
    for number, body in enumerate(BODIES):
        wanted = list(body.parts)
        try:
            got: Any = work.answer(body.content_type, body.data)
        except Exception as error:  # the learner's own code
            got = f"{type(error).__name__}: {error}"
        if number == 0 and got in (None, ...):
            return blank()
        if not _same(got, wanted):
            return failed(expected=f"{body.name}: {_shown(wanted)}", got=_shown(got), rule=RULE,
                          mistake=_mistake(got, wanted, body.catches))  # fmt: skip
    whole = BODIES[0]
    cut = whole.data[: whole.data.rindex(b"\r\n--")]
    try:
        got = work.answer(whole.content_type, cut)
    except ValueError:
        return passed(f"{len(BODIES)} bodies taken apart to the byte, and one refused that was "
                      "cut off.", rule=RULE)  # fmt: skip
    except Exception as error:  # the learner's own code
        return failed(expected="a ValueError for a body without its end",
                      got=f"{type(error).__name__}: {error}", rule=RULE)  # fmt: skip
    return failed(expected="a ValueError for a body without its end", got=_shown(got), rule=RULE,
                  mistake="cut-off-unseen")  # fmt: skip


def _same(got: Any, wanted: list[tuple[str, bytes]]) -> bool:
    if not isinstance(got, (list, tuple)):
        return False
    return [tuple(each) if isinstance(each, (list, tuple)) else each for each in got] == wanted


def _shown(value: Any) -> str:
    if not isinstance(value, (list, tuple)):
        return str(value)
    sizes = [f"{each[0]} of {len(each[1])} bytes" for each in value
             if isinstance(each, (list, tuple)) and len(each) == 2]  # fmt: skip
    return f"{len(value)} parts: " + ", ".join(sizes) if sizes else f"{len(value)} parts"


def _mistake(got: Any, wanted: list[tuple[str, bytes]], catches: str) -> str:
    try:
        contents = [bytes(each[1]) for each in got]
    except (TypeError, IndexError, ValueError):
        return catches if catches == "quotes-kept" else ""
    if contents == [content + b"\r\n" for _, content in wanted]:
        return "line-break-kept"
    if len(contents) == len(wanted) + 1 and catches != "split-at-the-text":
        return "preamble-as-a-part"
    return catches
