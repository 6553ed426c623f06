"""Whatever is typed as an address, `connect` asks a server or says what is wrong; nothing else comes of it."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.server.shown import Shown
from tiled_jupyter.address import BadAddress
from tiled_jupyter.oauth.exchange import Refused
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.server import find_target
from tiled_jupyter.state import wire
from tiled_jupyter.state.states import Connecting, Disconnected

SURROUNDINGS = wire.Surroundings(0.0, waiting=True, transport="shell", comm="c", servers=[], remember="ask")
FROM_THE_FIELD = [
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


class Asked(Shown):
    """Keeps what would have been asked; nothing is."""

    def __init__(self, monkeypatch, **options):
        super().__init__(**options)
        self.targets = []
        monkeypatch.setattr("tiled_jupyter.sign_in.session.open_context", self.refuse)

    def refuse(self, target):
        self.targets.append(target)
        raise Refused("unreachable", "It was asked.")


def end_of(asked, text):
    """Connect, and give the sentence that the page shows in the end."""
    asked.states.clear()
    asked.session.connect(text)
    state = asked.until(lambda state: not isinstance(state, Connecting))
    assert isinstance(state, Disconnected)
    for seen in asked.states:
        assert json.dumps(wire.encode_state(seen, SURROUNDINGS), ensure_ascii=False).encode()
    return state.failure.sentence


@pytest.mark.parametrize("text", FROM_THE_FIELD)
def test_what_people_paste_is_asked_or_refused_in_a_sentence(text, monkeypatch):
    assert end_of(Asked(monkeypatch), text).endswith(".")


def test_whatever_is_typed_is_asked_or_refused_in_a_sentence():
    with pytest.MonkeyPatch.context() as monkeypatch:
        asked = Asked(monkeypatch)

        @given(typed)
        def connect(text):
            before = len(asked.targets)
            sentence = end_of(asked, text)
            assert sentence.endswith(".")
            assert (sentence == "It was asked.") == (len(asked.targets) > before)

        connect()


@given(typed)
def test_whatever_is_typed_is_a_target_or_no_address(text):
    with suppress(BadAddress):
        assert find_target(text, TiledJupyter()).host


def test_what_breaks_while_an_address_is_read_is_said(monkeypatch):
    def broken(name):
        raise PermissionError(13, "Permission denied", "/etc/tiled/profiles/secret.yml")

    monkeypatch.setattr("tiled_jupyter.sign_in.profiles.is_profile", broken)
    sentence = end_of(Asked(monkeypatch), "demo")
    assert sentence == "Something went wrong with this address (PermissionError). Try again."


def test_the_name_of_a_node_is_asked_for_as_it_was_written(monkeypatch):
    asked = Asked(monkeypatch)
    end_of(asked, "https://t.example/api/v1/metadata/scan%2342/two words")
    assert asked.targets[0].address.node_path_parts == ["scan%2342", "two%20words"]
