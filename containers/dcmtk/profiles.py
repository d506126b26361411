"""Makes LEGACY's association profile out of DCMTK's own: what that PACS takes, and no more.

It was bought before JPEG-LS and JPEG 2000 came into the standard, and nobody has updated it.
"""

import re
import sys
from pathlib import Path

SYNTAXES = (
    "JPEGBaseline",
    "JPEGLossless:Non-hierarchical-1stOrderPrediction",
    "RLELossless",
    "LittleEndianExplicit",
    "BigEndianExplicit",
    "LittleEndianImplicit",
)


def main(source, target):
    """Put our list in the place of every list of transfer syntaxes."""
    text = Path(source).read_text()
    head, rest = text.split("[[PresentationContexts]]", 1)
    own = "\n".join(f"TransferSyntax{n} = {name}" for n, name in enumerate(SYNTAXES, 1))
    for name in ("AnyTransferSyntax", "UncompressedOrZlib"):
        head, count = re.subn(
            rf"(\[{name}\]\n)(?:(?!\n\[|\n# ===).)*", rf"\1{own}\n", head, flags=re.DOTALL
        )
        if count != 1:
            sys.exit(f"{source} has no [{name}]")
    # Outgoing: an object whose own syntax the other side did not accept goes in the first context
    # of its class, and dcmqrscp cannot compress. So the uncompressed ones have to come first.
    begin = rest.index("[StorageSCUCompressedAndUncompressed]")
    end = rest.index("[[", begin)
    pairs = re.findall(r"^PresentationContext\d+\s*=\s*(\S+)$", rest[begin:end], re.MULTILINE)
    pairs.sort(key=lambda pair: not pair.endswith("\\Uncompressed"))
    lines = [f"PresentationContext{n} = {pair}" for n, pair in enumerate(pairs, 1)]
    outgoing = "\n".join(["[StorageSCUCompressedAndUncompressed]", *lines, "", ""])
    Path(target).write_text(f"{head}[[PresentationContexts]]{rest[:begin]}{outgoing}{rest[end:]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
