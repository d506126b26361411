"""How an object goes out from a router: under which title, with which changes, how encoded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread
from pydicom.uid import UID

from labkit.common.errors import DataError
from labkit.pacs.convert import NATIVE
from labkit.pacs.corrections import set_and_record
from labkit.pacs.part10 import read_data_set, read_file_meta
from labkit.pacs.rules import Rule


@dataclass(frozen=True)
class Manner:
    """What a rule has said when the object came; a later change of the rules does not alter it.

    Attributes
    ----------
    rule
        Its name.
    calling_ae
        The AE title to call as; ``""`` for the router's own.
    changes
        Keyword to the value that it gets.
    transfer_syntax
        What to encode it in; ``""`` for as it is.
    at
        When it came, a DT value.
    """

    rule: str = ""
    calling_ae: str = ""
    changes: Mapping[str, str] = field(default_factory=dict)
    transfer_syntax: str = ""
    at: str = ""

    @classmethod
    def of(cls, rule: Rule, at: str, *, has_pixels: bool) -> Manner:
        """What a rule says of an object; one without pixels is not encoded anew."""
        syntax = rule.transfer_syntax if has_pixels else ""
        return cls(rule.name, rule.calling_ae, dict(rule.changes), syntax, at)

    @classmethod
    def from_json(cls, text: str) -> Manner:
        """Read what `to_json` wrote; an empty text is the plain manner."""
        return cls(**json.loads(text)) if text else cls()

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    def encoded(self, path: Path, system: str) -> memoryview:
        """The data set of a stored object as it goes out.

        Raises
        ------
        DataError
            It cannot be encoded in the transfer syntax that the rule asks for.
        """
        if not self.changes and not self.transfer_syntax:
            return read_data_set(path)
        try:
            ds = dcmread(path)
            changes = {k: v for k, v in self.changes.items() if str(ds.get(k, "")) != v}
            if changes:
                set_and_record(ds, changes, at=self.at, system=system, reason="COERCE")
            if self.transfer_syntax:
                _encode(ds, self.transfer_syntax)
            file = BytesIO()
            ds.save_as(file)
        except Exception as error:  # pydicom and the codecs raise whatever they come across
            raise DataError(
                f"it cannot be sent as rule {self.rule!r} says ({type(error).__name__}: {error})",
                remedy="Change the rule's transfer_syntax, or leave it out.",
            ) from error
        file.seek(0)
        read_file_meta(file)
        return memoryview(file.read())


def _encode(ds: Dataset, target: str) -> None:
    """Encode the pixels anew; only ways that lose nothing, so the SOP Instance UID stays."""
    if ds.file_meta.TransferSyntaxUID == target:
        return
    if ds.file_meta.TransferSyntaxUID.is_compressed:
        ds.decompress(generate_instance_uid=False)
    if target not in NATIVE:
        ds.compress(target, encoding_plugin="pylibjpeg", generate_instance_uid=False)
    else:
        ds.file_meta.TransferSyntaxUID = UID(target)
        syntax = UID(target)
        ds.set_original_encoding(syntax.is_implicit_VR, syntax.is_little_endian)
