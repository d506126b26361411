"""The file of a façade: what it may say, and what is told of each thing that cannot be."""

from __future__ import annotations

import hashlib
import random
from dataclasses import fields
from pathlib import Path

import pytest

from labkit.common.errors import UsageError
from labkit.dicomweb.proxy.service.clients import ClientPart, ClientsPart
from labkit.dicomweb.proxy.service.config import ServiceConfig, load
from labkit.dicomweb.proxy.service.parts import CachePart, PacsPart, ProxyPart, ReceivePart

DIGEST = hashlib.sha256(b"a token of the test").hexdigest()
PROXY = "[proxy]\nport = 8080\n"
PACS = '[[pacs]]\nae_title = "OLD"\nhost = "pacs.example"\nport = 104\n'
CLIENT = f'[[client]]\nname = "ai"\ntoken_sha256 = "{DIGEST}"\n'
SMALL = PROXY + PACS


def read(folder: Path, text: str, **environment: str) -> ServiceConfig:
    path = folder / "proxy.toml"
    path.write_text(text, encoding="utf-8")
    return load(path, environment)


def test_the_least_that_it_can_say(tmp_path: Path) -> None:
    config = read(tmp_path, SMALL)
    assert config.proxy.url == "http://127.0.0.1:8080/dicom-web"
    assert config.cache_folder == tmp_path / "cache"
    (pacs,) = config.pacs
    assert (pacs.name, pacs.our_ae_title, pacs.retrieve, pacs.associations) == (
        "OLD",
        "",
        "auto",
        4,
    )
    assert not config.clients.open and not config.client, "nobody may do anything"


def test_all_that_it_can_say(tmp_path: Path) -> None:
    for name in ("ca.pem", "own.pem", "own.key"):
        (tmp_path / name).touch()
    (tmp_path / "passcode.txt").write_text("s3cret\n")
    config = read(
        tmp_path,
        f"""
        [proxy]
        port = 8443
        bind = "0.0.0.0"
        base_url = "https://images.example.org/dicom-web/"
        ae_title = "FACADE"
        slow_after = 5
        trust = 60
        certificate = "own.pem"
        key = "own.key"
        hooks = ["hospital.rules:pseudonymise"]
        origins = ["https://viewer.example.org", "http://localhost:3000"]
        store_to = "NEW"
        finish = 10
        [receive]
        port = 11113
        bind = "0.0.0.0"
        address = "10.0.0.17"
        [cache]
        folder = "held"
        gigabytes = 2.5
        hours = 24
        [[pacs]]
        ae_title = "OLDPACS"
        host = "old.example.org"
        port = 2762
        name = "OLD"
        our_ae_title = "FACADE2"
        retrieve = "c-move"
        associations = 2
        timeout = 7.5
        names = "here"
        product = "orthanc"
        ca = "ca.pem"
        user = "ada"
        passcode_file = "passcode.txt"
        [[pacs]]
        ae_title = "NEW"
        host = "new.example.org"
        port = 104
        user = "ada"
        passcode = "${{CODE}}"
        [clients]
        open = false
        [[client]]
        name = "ai"
        token_sha256 = "{DIGEST}"
        acts = ["read", "store"]
        pacs = ["OLD"]
        patients = ["LC10001"]
        studies = ["1.2.3"]
        [[client]]
        name = "prometheus"
        token = "${{TOKEN}}"
        acts = ["metrics"]
        """,
        CODE="0ther",
        TOKEN="a-token-from-outside",
    )
    assert config.proxy.url == "https://images.example.org/dicom-web"
    assert config.cache_folder == tmp_path / "held"
    old, new = config.pacs
    assert (old.name, old.passcode, new.passcode) == ("OLD", "s3cret", "0ther") and old.secure
    assert config.digests["ai"] == DIGEST
    assert config.digests["prometheus"] == hashlib.sha256(b"a-token-from-outside").hexdigest()
    for secret in ("s3cret", "0ther", "a-token-from-outside", DIGEST, "ada", "LC10001"):
        assert secret not in repr(config)


OPEN = '[proxy]\nport = 8080\nbind = "10.0.0.5"\n'


@pytest.mark.parametrize(
    ("text", "says", "remedy"),
    [
        ("", "proxy.toml has no [proxy]", "[proxy]"),
        (PROXY, "has no [[pacs]]", "[[pacs]]"),
        (PROXY + PACS.replace("[[pacs]]", "[pacs]"), "proxy.toml:3: pacs is a list", "[[pacs]]"),
        (SMALL + "[clint]\n", "proxy.toml:7: there is no [clint]", "Did you mean client"),
        (PROXY + "prot = 1\n" + PACS, "proxy.toml:3: [proxy] has no 'prot'", "mean port?"),
        (PROXY.replace("8080", '"8080"') + PACS, ":2: [proxy] port is of", "whole number"),
        ('[proxy]\nbind = "127.0.0.1"\n' + PACS, ":1: [proxy] needs port", "port ="),
        (PROXY.replace("8080", "0") + PACS, "no TCP port 0", "port"),
        (PROXY + 'ae_title = "SEVENTEEN CHARACTERS"\n' + PACS, "20 characters", "Shorten"),
        (PROXY + "slow_after = 0\n" + PACS, ":3: [proxy] slow_after is not between", "Leave"),
        (PROXY + "trust = nan\n" + PACS, ":3: [proxy] trust is not between", "Leave"),
        (PROXY + 'hooks = ["os.system"]\n' + PACS, ":3: [proxy] hooks has", "package.module"),
        (PROXY + 'origins = ["*"]\n' + PACS, ":3: [proxy] origins has", "https://viewer"),
        (PROXY + 'base_url = "ftp://x/y"\n' + PACS, ":3: [proxy] base_url is not", "https"),
        (PROXY + 'base_url = "https://x"\n' + PACS, "base_url has no path", "https://x/dicom-web"),
        (PROXY + 'base_url = "https://u@x/y"\n' + PACS, "base_url is not", "https"),
        (PROXY + 'bind = "0.0.0.0"\n' + PACS + CLIENT, "base_url is needed", "base_url ="),
        (PROXY + 'certificate = "proxy.toml"\n' + PACS, "go together", "both"),
        (PROXY + 'store_to = "NEW"\n' + PACS, ":3: [proxy] store_to names no", "OLD"),
        (OPEN + PACS, ":3: [proxy] bind opens the façade to the network", "[[client]]"),
        (OPEN + PACS + CLIENT + "[clients]\nopen = true\n", ":12: [clients] open would", "token"),
        (SMALL + 'retrieve = "wado"\n', ":7: [[pacs]] retrieve is none", "c-get"),
        (SMALL + 'retrieve = "c-move"\n', ":7: [[pacs]] OLD is to send by C-MOVE", "[receive]"),
        (SMALL + "associations = 0\n", ":7: [[pacs]] associations is not", "Leave"),
        (SMALL + "timeout = 0\n", ":7: [[pacs]] timeout is not", "Leave"),
        (SMALL + 'names = "x"\n', ":7: [[pacs]] names is none", "here"),
        (SMALL + 'name = "a b"\n', ":7: [[pacs]] name has", "Shorten"),
        (SMALL + PACS, "[[pacs]] OLD is there 2 times", "name ="),
        (SMALL + 'ca = "no.pem"\n', ":7: [[pacs]] ca: there is no file", "folder"),
        (SMALL + 'user = "a"\npasscode = "x"\n', ":8: [[pacs]] passcode stands in", "${VARIABLE}"),
        (SMALL + 'user = "a"\npasscode = "${NONE}"\n', ":8: [[pacs]] passcode: the", "Set NONE"),
        (SMALL + 'passcode_file = "proxy.toml"\n', "passcode needs a user", "user"),
        (SMALL + "[receive]\nport = 8080\n", ":8: [receive] port is that of", "a port each"),
        (SMALL + '[receive]\nport = 1\nca = "proxy.toml"\n', "[receive] ca is of no use", "key"),
        (SMALL + '[cache]\nfolder = ""\n', ":8: [cache] folder is empty", "Name"),
        (SMALL + "[cache]\ngigabytes = -1\n", ":8: [cache] gigabytes is not", "Leave"),
        (SMALL + CLIENT + 'pacs = ["X"]\n', ":10: [[client]] pacs names X", "OLD"),
        (SMALL + CLIENT + 'acts = ["delete"]\n', ":10: [[client]] acts has delete", "store"),
        (SMALL + CLIENT + "acts = []\n", ":10: [[client]] acts has nothing", "store"),
        (SMALL + CLIENT + CLIENT, "[[client]] ai is there 2 times", "name"),
        (SMALL + CLIENT + CLIENT.replace("ai", "b"), "two clients have the same token", "its own"),
        (SMALL + '[[client]]\nname = "a"\n', "token_sha256 is needed", "--new-token"),
        (SMALL + '[[client]]\nname = "a"\ntoken = "x"\n', "token stands in", "token_sha256"),
        (SMALL + '[[client]]\nname = "a"\ntoken = "${T}"\n', "shorter than 16", "--new-token"),
        (SMALL + '[[client]]\nname = "a"\ntoken_sha256 = "12"\n', "no SHA-256", "--new-token"),
        (SMALL + CLIENT.replace('"ai"', '"anonymous"'), "name is anonymous", "another"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_named(tmp_path: Path, text: str, says: str, remedy: str) -> None:
    with pytest.raises(UsageError) as caught:
        read(tmp_path, text, T="short")
    assert says in caught.value.message and "proxy.toml" in caught.value.message
    assert remedy in caught.value.remedy


def test_the_page_names_every_key() -> None:
    page = (Path(__file__).parents[3] / "docs/proxy.md").read_text(encoding="utf-8")
    for kind in (ProxyPart, ReceivePart, CachePart, PacsPart, ClientsPart, ClientPart):
        for field in fields(kind):
            assert f"`{field.name}`" in page, f"{kind.__name__}.{field.name}"


def test_garbage_is_an_error_of_ours(tmp_path: Path) -> None:
    """Bytes that somebody changed in a good file: it is read, or there is a remedy."""
    dice, good = random.Random(7), (SMALL + CLIENT + "[receive]\nport = 1\n").encode()
    refused = 0
    for _ in range(400):
        data = bytearray(good)
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        path = tmp_path / "proxy.toml"
        path.write_bytes(bytes(data))
        try:
            load(path, {})
        except UsageError as error:
            assert error.remedy
            refused += 1
    assert refused > 200


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="There is no") as caught:
        load(tmp_path / "none.toml")
    assert "docs/proxy.md" in caught.value.remedy
