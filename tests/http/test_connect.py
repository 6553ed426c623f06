"""Whatever is typed as an address, `connect` asks a server or says what is wrong; nothing else comes of it."""

from __future__ import annotations

import json
import re
from contextlib import suppress

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.shown import Shown
from tiled_jupyter.address import BadAddress
from tiled_jupyter.oauth.exchange import Refused
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.target import find_target
from tiled_jupyter.state import wire
from tiled_jupyter.state.states import Connecting, Disconnected

SURROUNDINGS = wire.Surroundings(0.0, waiting=True, transport="shell", comm="c", servers=[], remember="ask")
KEY = "0123456789abcdef" * 4 + "89abcdef"
SECRETS = (KEY, "s3cr3t")
# What the last sentence tells the person to do.
TO_DO = re.compile(
    r"\b(ask|check|choose|correct|install|keep|make|put|remove|run|set|sign in|tell|try|type|unset|use)\b",
    re.IGNORECASE,
)
FROM_THE_FIELD = [
    KEY,
    f"'{KEY}'",
    f"TILED_API_KEY={KEY}",
    "TILED_API_KEY=s3cr3t",
    f'export TILED_API_KEY="{KEY}"',
    'os.environ["TILED_API_KEY"] = "s3cr3t"',
    'api_key="s3cr3t"',
    f"Apikey {KEY}",
    "Authorization: Apikey s3cr3t",
    "Bearer s3cr3t",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJzM2NyM3QifQ.s3cr3t",
    "https://alice:s3cr3t@t.example/x",
    "https://s3cr3t@t.example",
    "alice:s3cr3t@t.example:8000",
    "https://alice:s3cr3t#1@t.example",
    "https://t.example/?api_key=s3cr3t&api_key=s3cr3t",
    "https://t.example:port/?api_key=s3cr3t",
    "https://t.example:99999/?token=s3cr3t#s3cr3t",
    "/home/alice/data.h5",
    "~/data.h5",
    "./data.h5",
    "..",
    "\\\\server\\share",
    "C:/Users/alice",
    "file:///home/alice",
    "https://t.example:0",
    "https://t.example:-1",
    "https://t.example:http",
    "fe80::1",
    "http://::1:8000",
    "http://[::1%25lo]:8000",
    "https//t.example",
    "https;//t.example",
    "https://https://t.example",
    "https:\\\\t.example",
    "https ://t.example",
    '"https://t.example',
    "https://t.example,",
    "(https://t.example)",
    "[tiled](https://t.example)",
    "%tiled_login https://t.example",
    "\u202ehttps://t.example",
    "https://t.exa\tmple",
    "https://m\u00fcnchen.example",
    "https://\ufb00.example",
    "https://\N{SLIGHTLY SMILING FACE}.example",
    "https://-.example",
    "http://300.1.1.1",
    "http://1.2.3.4.5",
    "javascript:alert(1)",
    "wss://t.example",
    "demo",
    "a" * 1_000_000,
    f"https://{'a.' * 10_000}example",
    "https://t.example/api/v1/metadata/scan%2342",
    "https://t.example/api/v1/metadata/scan#42?",
    "https://t.example/ui/browse/a%3Fb",
    "https://t.example/api/v1/metadata/two words",
    "https://t.example/%",
    "https://t.example/%zz%00",
    "https://t.example/docs",
    "https://t.example/api/v1/array/full/x/y?format=csv",
    "t.example:8000/tiled",
    "\ufeffhttps://t.example",
    "https://t.example\u200b",
    '"https://t.example"',
    "<https://t.example>",
    "https://t.example # our server",
    "http://[::1",
    "http://[fe80::1%25eth0]:8000",
    "http://t..example",
    f"https://{'a' * 64}.example",
    f"https://t.example/{'a' * 70_000}",
    "https://xn--0.example",
    "https://\u212a.example",
    "\ud800",
    "https://t.example/\udfff",
    "mailto:alice@t.example",
    "from_uri('https://t.example')",
    "C:\\Users\\alice",
    "//",
    "?",
    "#",
    "@",
    ":",
    "%",
    "",
    "\0",
]
parts = st.sampled_from(
    ["http", "https", "://", "/", ":", "@", "?", "#", "%", "%23", " ", "[", "]", "api/v1", "metadata", "ui", "browse"]
)
typed = st.text() | st.lists(parts | st.text(max_size=3), max_size=12).map("".join)


ASKED = "It was asked. Try again."


class Asked(Shown):
    """Keeps what would have been asked; nothing is."""

    def __init__(self, monkeypatch, **options):
        super().__init__(**options)
        self.targets = []
        monkeypatch.setattr("tiled_jupyter.sign_in.session.open_context", self.refuse)

    def refuse(self, target):
        self.targets.append(target)
        # The encodings of a name that httpx and the resolver would make of it.
        if target.address is not None:
            httpx.URL(target.address.api_uri).host.rstrip(".").encode("idna")
        raise Refused("unreachable", ASKED)


def end_of(asked, text):
    """Connect, and return the sentence that the page shows in the end."""
    asked.states.clear()
    asked.session.connect(text)
    state = asked.until(lambda state: not isinstance(state, Connecting))
    assert isinstance(state, Disconnected)
    for seen in asked.states:
        said = json.dumps(wire.encode_state(seen, SURROUNDINGS), ensure_ascii=False)
        assert said.encode()
        assert not any(secret in said for secret in SECRETS)
    require_help(state.failure.sentence)
    return state.failure.sentence


def require_help(sentence):
    """See that a sentence names a cause, and that the last one says what to do."""
    assert sentence.isprintable()
    assert sentence.endswith(".")
    assert "Something went wrong" not in sentence
    assert TO_DO.search(re.split(r"[.:] ", sentence)[-1]), sentence


@pytest.mark.parametrize("text", FROM_THE_FIELD, ids=lambda text: ascii(text)[:40])
def test_what_people_paste_is_asked_or_refused_in_a_sentence(text, monkeypatch):
    end_of(Asked(monkeypatch), text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (KEY, "This looks like an API key."),
        ("C:\\data", "This is the path of a file."),
        ("\\\\server\\share", "This is the path of a file."),
        ("alice:s3cr3t@t.example", "Remove the user name and password"),
        ("https://t.example:99999", "The port in this address is not a number from 1 to 65535."),
        ("http://::1:8000", "Put brackets around the number of the server"),
        ("https://t.exa\u200bmple", "There is a character in this address that cannot be seen."),
        ("see https://t.example", "An address has no spaces in it."),
        ("https://t..example", "This is not an address."),
        ("https://https://t.example", "This is not an address."),
    ],
)
def test_what_is_wrong_with_an_address_is_said(text, says, monkeypatch):
    assert end_of(Asked(monkeypatch), text).startswith(says)


@pytest.mark.parametrize(
    "text", ["https://t.example # ours", "\ufeff https://t.example\u200b", '"https://t.example" #1']
)
def test_what_stands_around_an_address_is_left_out(text, monkeypatch):
    asked = Asked(monkeypatch)
    assert end_of(asked, text) == ASKED
    assert asked.targets[0].address.uri == "https://t.example/"


def test_whatever_is_typed_is_asked_or_refused_in_a_sentence():
    with pytest.MonkeyPatch.context() as monkeypatch:
        asked = Asked(monkeypatch)

        @given(typed)
        def connect(text):
            before = len(asked.targets)
            sentence = end_of(asked, text)
            assert (sentence == ASKED) == (len(asked.targets) > before)

        connect()


@given(typed)
def test_whatever_is_typed_is_a_target_or_no_address(text):
    with suppress(BadAddress):
        assert find_target(text, TiledJupyter()).host


def test_what_breaks_while_an_address_is_read_is_said(monkeypatch):
    def broken():
        raise PermissionError(13, "Permission denied", "/etc/tiled/profiles/secret.yml")

    monkeypatch.setattr("tiled.profiles.load_profiles", broken)
    sentence = end_of(Asked(monkeypatch), "demo")
    assert sentence.startswith("The saved names of servers cannot be read (PermissionError). Type the whole address")


def test_the_name_of_a_node_is_asked_for_as_it_was_written(monkeypatch):
    asked = Asked(monkeypatch)
    end_of(asked, "https://t.example/api/v1/metadata/scan%2342/two words")
    assert asked.targets[0].address.node_path_parts == ["scan%2342", "two%20words"]
