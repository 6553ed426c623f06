"""The wire: ``wire.json`` holds an example of everything, and Python and the page are tested against it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiled_jupyter.state import account, states, wire

EXAMPLES = json.loads((Path(__file__).parents[1] / "wire.json").read_text(encoding="utf-8"))
COMMANDS = wire.COMMANDS | account.COMMANDS
KINDS = {kind.__dataclass_fields__["kind"].default: kind for kind in (*get_args(states.State), account.KeyInCell)}

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text(), x),
)


def build(kind: type, values: dict) -> object:
    """Make a state of its JSON, refusing what does not fit exactly."""
    makers = {
        "server": states.Server,
        "failure": states.Failure,
        "identity": states.Identity,
        "expected": states.Identity,
        "key": states.KeyNotice,
        "form": states.SignedOut,
        "code": states.UserCode,
        "account": account.Account,
        "keys": account.Keys,
        "made": account.MadeKey,
        "proposal": account.Proposal,
    }
    rows = {
        "providers": states.Provider,
        "rows": account.ListedKey,
        "scopes": account.Scope,
        "snippets": account.Snippet,
        "sign_ins": account.ListedSignIn,
    }
    values = dict(values)
    for name, maker in makers.items():
        if isinstance(values.get(name), dict):
            values[name] = build(maker, values[name])
    for name, maker in rows.items():
        if isinstance(values.get(name), list):
            values[name] = tuple(build(maker, row) for row in values[name])
    assert values.keys() == {field.name for field in dataclasses.fields(kind)}
    return kind(**values)


@pytest.mark.parametrize("name", EXAMPLES["states"])
def test_every_example_state_is_one_that_python_can_send(name):
    example = EXAMPLES["states"][name]
    state = build(KINDS[example["kind"]], example)
    assert json.loads(json.dumps(dataclasses.asdict(state))) == example


def test_every_state_has_an_example():
    assert {example["kind"] for example in EXAMPLES["states"].values()} == set(KINDS)


def test_state_messages_are_as_in_the_example():
    example = EXAMPLES["messages"]["to_page"][0]
    names = [field.name for field in dataclasses.fields(wire.Surroundings)]
    surroundings = wire.Surroundings(**{name: example[name] for name in names})
    state = build(KINDS[example["state"]["kind"]], example["state"])
    assert json.loads(json.dumps(wire.encode_state(state, surroundings))) == example


def test_pings_are_as_in_the_example():
    example = EXAMPLES["messages"]["to_page"][1]
    assert wire.encode_ping(example["transport"], example["comm"]) == example


@pytest.mark.parametrize("example", EXAMPLES["messages"]["to_python"], ids=lambda example: example["type"])
def test_every_command_of_the_page_is_understood(example):
    message_id, command = wire.parse(example)
    values = {name: value for name, value in example.items() if name not in ("id", "type")}
    assert message_id == example["id"]
    if isinstance(command, wire.Plain | account.Plain):
        assert command is COMMANDS[example["type"]]
        assert values == {}
    else:
        assert type(command) is COMMANDS[example["type"]]
        assert dataclasses.asdict(command) == values


def test_every_command_has_an_example():
    assert {example["type"] for example in EXAMPLES["messages"]["to_python"]} == set(COMMANDS)


@given(anything)
def test_nothing_that_arrives_can_break_the_parser(content):
    assert wire.parse(content) is None


@settings(max_examples=400)
@given(example=st.sampled_from(EXAMPLES["messages"]["to_python"]), data=st.data(), value=anything)
def test_a_command_with_anything_else_in_it_is_not_ours(example, data, value):
    name = data.draw(st.sampled_from(sorted(example)) | st.text())
    changed = {**example, name: value}
    parsed = wire.parse(changed)
    assert parsed is None or changed.keys() == example.keys()


def test_a_command_with_a_huge_text_is_not_ours():
    assert wire.parse({"type": "sign_in", "id": "1", "provider": "p", "username": "x" * 3000, "remember": True}) is None


def test_half_characters_of_a_server_can_be_sent():
    example = EXAMPLES["messages"]["to_page"][0]
    names = [field.name for field in dataclasses.fields(wire.Surroundings)]
    surroundings = wire.Surroundings(**{name: example[name] for name in names})
    message = wire.encode_state(states.Disconnected("https://t.example/\ud800"), surroundings)
    assert json.dumps(message, ensure_ascii=False).encode()
    assert message["state"]["address"] == "https://t.example/\N{REPLACEMENT CHARACTER}"


def test_no_more_is_sent_than_somebody_could_look_at():
    example = EXAMPLES["messages"]["to_page"][0]
    names = [field.name for field in dataclasses.fields(wire.Surroundings)]
    surroundings = wire.Surroundings(**{name: example[name] for name in names})
    many = tuple(states.Provider("x" * 100_000, "internal") for _ in range(10_000))
    server = states.Server("https://t.example/api/v1/", "t.example", True, many)
    assert len(json.dumps(wire.encode_state(states.SignedOut(server), surroundings))) < 1_000_000


def test_a_script_reaches_the_page_line_by_line():
    example = EXAMPLES["messages"]["to_page"][0]
    names = [field.name for field in dataclasses.fields(wire.Surroundings)]
    surroundings = wire.Surroundings(**{name: example[name] for name in names})
    shown = EXAMPLES["states"]["signed in, key made and saved"]
    message = wire.encode_state(build(states.SignedIn, shown), surroundings)
    scripts = [each["text"] for each in message["state"]["account"]["scripts"]["snippets"]]
    assert scripts == [each["text"] for each in shown["account"]["scripts"]["snippets"]]
    assert all(script.count("\n") > 1 for script in scripts)
