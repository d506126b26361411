"""What all widgets share: joined modules, escaped stand-ins, messages, quiet reprs."""

from pathlib import Path
from typing import Any, ClassVar

import pytest
from traitlets import Unicode

from labkit.common.errors import UsageError
from labkit.widgets.base import LabWidget
from labkit.widgets.base.bundle import bundle_css, bundle_js
from labkit.widgets.base.fallback import table


class Small(LabWidget):
    folder: ClassVar[Path]
    text = Unicode("").tag(sync=True)

    def summary(self) -> str:
        return "1 thing"

    def fallback(self) -> dict[str, object]:
        return {"text/html": "<p>instead</p>"}

    def handlers(self) -> dict[str, Any]:
        return {"set": self._set}

    def _set(self, message: dict[str, Any]) -> None:
        if message["to"] == "":
            raise UsageError("Nothing given.", remedy="Give something.")
        self.text = message["to"]


@pytest.fixture
def small(tmp_path: Path) -> Small:
    (tmp_path / "view.js").write_text(
        'import { b } from "./b.js";\nexport default { render: b };\n'
    )
    (tmp_path / "b.js").write_text('import { c } from "./c.js";\nexport const b = () => c;\n')
    (tmp_path / "c.js").write_text("export function c() {}\n")
    (tmp_path / "view.css").write_text(".own {}\n")
    Small.folder = tmp_path
    return Small()


def test_modules_are_joined_what_is_imported_first(small: Small) -> None:
    joined = bundle_js(Small.folder / "view.js")
    assert "import {" not in joined
    assert joined.index("function c()") < joined.index("const b =") < joined.index("export default")
    assert joined.count("export ") == 1
    assert str(small._esm) == joined
    assert bundle_css(Small.folder).endswith(".own {}\n") and ".lw {" in small._css


def test_mime_bundle_holds_widget_and_stand_in(small: Small) -> None:
    data, _ = small._repr_mimebundle_()
    assert data["text/plain"] == repr(small) == "Small(1 thing)"
    assert data["text/html"] == "<p>instead</p>"
    assert "model_id" in data["application/vnd.jupyter.widget-view+json"]


def test_messages_reach_their_handler_and_errors_the_view(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(small, "send", sent.append)
    small._receive(small, {"kind": "set", "to": "x"}, [])
    small._receive(small, {"kind": "unheard"}, [])
    small._receive(small, "garbage", [])
    assert small.text == "x" and sent == []
    small._receive(small, {"kind": "set", "to": ""}, [])
    assert sent == [
        {"kind": "error", "about": "set", "message": "Nothing given.", "remedy": "Give something."}
    ]


def test_table_escapes_and_keeps_indents() -> None:
    text = table(["<a>"], [["  <script>"], [None]], caption="1 < 2", note="&")
    assert "<script>" not in text and "\u00a0\u00a0&lt;script&gt;" in text
    assert "<strong>1 &lt; 2</strong>" in text and "<em>&amp;</em>" in text


def test_every_view_joins_into_a_module_without_leftovers() -> None:
    root = Path(__file__).resolve().parents[2] / "labkit" / "widgets"
    views = sorted(root.glob("*/view.js"))
    assert views
    for view in views:
        joined = bundle_js(view)
        assert joined.count("export default") == 1
        assert not [line for line in joined.splitlines() if line.startswith("import ")]
        assert "innerHTML" not in joined and "eval(" not in joined
