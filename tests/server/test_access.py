"""Why something cannot be seen, on a server with private data; and when a sign-in ends soon."""

from __future__ import annotations

import threading
import time
from datetime import datetime

import httpx
import pytest
from tiled.client.utils import ClientError

from tiled_jupyter import Context, explain_access, from_context
from tiled_jupyter.errors import BadSetting
from tiled_jupyter.kernel.memory import of_kernel
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.panel import hints
from tiled_jupyter.panel.account import AccountDesk
from tiled_jupyter.panel.hints import ending
from tiled_jupyter.session import registry
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.state.states import SignedIn

from .kernel import kernel
from .sessions import Hook, janitor_of, signed_in
from .shown import Shown, settle
from .tiled_server import PASSWORDS, TiledServer

HELP = "https://help.example.org/tiled"
BY_BOB = """\
%load_ext tiled_jupyter
from types import SimpleNamespace
from tests.server.sessions import Hook, signed_in
context = signed_in(SimpleNamespace(uri={uri!r}), Hook("bob"), remember_me=False)
"""


@pytest.fixture
def bob(public_server):
    with janitor_of(public_server):
        yield signed_in(public_server, Hook("bob"), remember_me=False)


@pytest.fixture
def heard(monkeypatch):
    """Be in a cell, and note the lines it gets."""
    lines = []
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.say", lines.append)
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.is_somebody_there", lambda: True)
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.cell_number", lambda: 7)
    hints.watch()
    yield lines
    registry.listen(None)


def host(server):
    return f"127.0.0.1:{server.port}"


def test_what_is_ones_own_is_there_and_nobody_need_be_asked(bob, public_server):
    assert explain_access(bob, "bob/heating_scan") == (
        f"Signed in as bob (demo) on {host(public_server)}.",
        "Your account may read metadata and data.",
        "bob/heating_scan is there. You see 2 entries in it.",
    )
    assert explain_access(from_context(bob)["bob"])[-1] == "bob is there. You see 1 entry in it."


@pytest.mark.parametrize("path", ["alice", "/alice/heating_scan/images/", "never_there"])
def test_what_is_anothers_is_said_as_what_is_not_there(bob, public_server, path):
    first = path.strip("/").partition("/")[0]
    assert explain_access(bob, path)[2:] == (
        f"The root is there, and you see 3 entries in it. {first} is not among them: it does not exist, or you may "
        "not see it.",
        f"To get access, ask the people who run {host(public_server)}.",
    )


def test_the_deepest_node_that_can_be_seen_is_named(bob):
    assert explain_access(bob, "bob/heating_scan/no/such")[2].startswith(
        "bob/heating_scan is there, and you see 2 entries in it. no is not among them"
    )


def test_who_is_not_signed_in_is_told_so(public_server):
    context, _ = Context.from_any_uri(public_server.uri)
    said = explain_access(context, "bob")
    assert said[0] == (f"Nobody is signed in to {host(public_server)}, so only public data is shown. Run %tiled_login.")
    assert "1 entry" in said[1]


def with_key(context, scopes, tags=None):
    key = ApiKeys(context).create("1d", "for a test", scopes, tags)
    other, _ = Context.from_any_uri(str(context.api_uri), api_key=key.secret)
    return other, key


def test_a_key_says_its_scopes_and_its_tags(bob):
    context, _ = with_key(bob, ["read:metadata", "read:data"], ["public"])
    said = explain_access(context, "bob")
    assert "This API key is used on" in said[0]
    assert "it is of bob (demo)" in said[0]
    assert "instead of a sign-in" in said[0]
    assert said[1] == "This API key may read metadata and data."
    assert said[2] == "Where the server enforces tags, it reads only data with these tags: public."
    assert "bob is not among them" in said[3]


def test_a_key_that_may_not_read_is_said_first(bob):
    context, _ = with_key(bob, ["create:apikeys"])
    said = explain_access(context)
    assert said[1] == "This API key may not read metadata or read data."
    assert said[2] == "This API key may not read metadata. It is used instead of a sign-in."


def test_a_key_in_the_environment_is_in_the_way(bob, monkeypatch):
    _, key = with_key(bob, ["read:metadata"])
    monkeypatch.setenv("TILED_API_KEY", key.secret)
    context, _ = Context.from_any_uri(str(bob.api_uri))
    said = explain_access(context, "bob")
    assert said[0].startswith("The API key in TILED_API_KEY is used on")
    assert "TILED_API_KEY replaces your sign-in" in said[0]
    assert "may not read data" in said[1]
    assert key.secret not in "".join(said)


def test_the_help_of_the_site_is_named(bob, monkeypatch):
    monkeypatch.setattr("tiled_jupyter.keys.access.settings", lambda: TiledJupyter(help_url=HELP))
    assert explain_access(bob, "alice")[-1] == f"To get access, see {HELP}"


def test_a_wrong_setting_is_said_beside_and_hides_no_answer(bob, monkeypatch):
    sentence = "The setting c.TiledJupyter.help_url must be an https: address."

    def wrong():
        raise BadSetting(sentence)

    monkeypatch.setattr("tiled_jupyter.keys.access.settings", wrong)
    monkeypatch.setattr("tiled_jupyter.keys.access.complaints", lambda: (sentence,))
    said = explain_access(bob, "alice")
    assert said[0].startswith("Signed in as bob")
    assert said[-2].startswith("To get access, ask the people who run 127.0.0.1:")
    assert said[-1] == sentence


def test_a_server_for_one_person_has_no_accounts():
    secret = "0123456789abcdefsingle"
    with TiledServer(allow_anonymous_access=False, single_user_api_key=secret) as server:
        context, _ = Context.from_any_uri(server.uri, api_key=secret)
        said = explain_access(context, "alice")
        assert said == (
            f"{host(server)} has one key for everybody, and no accounts.",
            "alice is there. You see 1 entry in it.",
        )


def test_the_panel_answers_for_the_node_it_signed_in_to(public_server):
    shown = Shown()
    shown.connect(f"{public_server.uri}/api/v1/metadata/alice")
    shown.sign_in(SignedIn, "bob", PASSWORDS["bob"], remember=False)
    desk = AccountDesk(shown.session, TiledJupyter(), lambda _: None)
    from tiled_jupyter.state.account import Plain

    desk.obey(Plain.EXPLAIN_ACCESS)
    settle()
    said = shown.states[-1].account.access
    assert said.startswith(f"Signed in as bob (demo) on {host(public_server)}.\n")
    assert "alice is not among them" in said
    shown.session.sign_out(everywhere=True)
    settle()


def test_a_refused_request_gets_a_line_beside_its_error_once_a_cell(bob, public_server, heard):
    context, _ = with_key(bob, ["read:metadata"])
    images = from_context(context)["bob/heating_scan/images"]
    for _ in range(3):
        with pytest.raises(ClientError, match="Not enough permissions"):
            images.read()
    assert heard == [
        f"{host(public_server)}: This API key may not read data. It is used instead of a sign-in. %tiled_why says more."
    ]
    registry.listen(None)
    with pytest.raises(ClientError):
        images.read()
    assert len(heard) == 1


def test_a_remark_that_fails_fails_no_request(bob, monkeypatch, heard):
    monkeypatch.setattr(hints, "may_not", lambda context, detail: 1 / 0)
    context, _ = with_key(bob, ["create:apikeys"])
    assert context.http_client.get(f"{context.api_uri}metadata/").status_code == httpx.codes.UNAUTHORIZED
    assert heard == []


def test_a_sign_in_that_ends_soon_is_said_once_a_day(cache, heard):
    with TiledServer(allow_anonymous_access=False, session_max_age=7200) as server:
        shown = Shown()
        shown.connect(server.uri)
        done = shown.sign_in(remember=False)
        assert not done.renews
        context = shown.session.context
        registry.note_end(str(context.api_uri), done.good_until, renews=done.renews)
        assert heard == []
        for _ in range(3):
            context.http_client.get(f"{context.api_uri}metadata/")
        (line,) = heard
        ends = datetime.fromtimestamp(done.good_until)
        assert f"Your sign-in on {host(server)} ends" in line
        assert f"{ends:%H:%M}. Renew it now: %tiled_login {host(server)} --hours" in line
        of_kernel(hints._Said).warned[str(context.api_uri)] = "yesterday"
        context.http_client.get(f"{context.api_uri}metadata/")
        assert len(heard) == 2


def test_a_saved_sign_in_is_known_to_end_too(cache, heard):
    with TiledServer(allow_anonymous_access=False, session_max_age=7200) as server:
        signed_in(server)
        from tiled_jupyter.notebook import enabling

        context, _ = enabling.Context.from_any_uri(server.uri)
        assert context.use_cached_tokens()
        context.http_client.get(f"{context.api_uri}metadata/")
        assert any("Renew it now" in line for line in heard)


def test_nothing_is_said_of_one_that_lasts_or_that_use_renews(bob, heard):
    uri = str(bob.api_uri)
    for end, renews in ((time.time() + 13 * 3600, False), (time.time() + 60, True), (None, False)):
        registry.note_end(uri, end, renews=renews)
        bob.http_client.get(f"{uri}metadata/")
    assert heard == []
    registry.note_end(uri, time.time() + 60, renews=False)
    thread = threading.Thread(target=lambda: bob.http_client.get(f"{uri}metadata/"))
    thread.start()
    thread.join()
    assert len(heard) == 1


def test_the_end_of_a_session_is_not_said_of_a_key_nor_that_of_one_key_of_another(bob, public_server, heard):
    uri, soon = str(bob.api_uri), time.time() + 60
    registry.note_end(uri, soon, renews=False, key="another")
    context, key = with_key(bob, ["read:metadata"])
    for each in (bob, context):
        each.http_client.get(f"{uri}metadata/")
    assert heard == []
    registry.note_end(uri, soon, renews=False, key=str(key.secret))
    context.http_client.get(f"{uri}metadata/")
    assert [line.partition(" ends ")[0] for line in heard] == [f"The API key in use on {host(public_server)}"]
    assert not any(key.secret in repr(noted) for noted in registry.living().ends)


@pytest.mark.parametrize(
    ("hours", "by_key", "says"),
    [
        (2, False, "Your sign-in on h ends today at 22:00. Renew it now: %tiled_login h --hours 24"),
        (6, False, "Your sign-in on h ends tomorrow at 02:00. Renew it now: %tiled_login h --hours 24"),
        (6, True, "The API key in use on h ends tomorrow at 02:00. Sign in with your account to make another."),
    ],
)
def test_the_words(hours, by_key, says):
    now = datetime(2026, 3, 4, 20, 0).timestamp()
    assert ending("h", now + hours * 3600, now, by_key=by_key) == says


def test_the_magic_says_it_in_a_cell(public_server, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "why.ipynb")  # somebody is there
    with kernel() as here:
        assert "connected to no Tiled server" in here.run("%load_ext tiled_jupyter\n%tiled_why")
        here.run(BY_BOB.format(uri=public_server.uri))
        said = here.run("%tiled_why alice/heating_scan")
        assert "Signed in as bob (demo)" in said
        assert "alice is not among them" in said
        assert "bob is there" in here.run(f"%tiled_why bob --server {public_server.uri}")
        here.run("from tiled_jupyter import ApiKeys, Context, from_context")
        here.run("key = ApiKeys(context).create('1d', 'x', ['read:metadata'])")
        here.run(f"c, _ = Context.from_any_uri({public_server.uri!r}, api_key=key.secret)")
        said = here.run("from_context(c)['bob/heating_scan/images'].read()")
        assert "This API key may not read data" in said
        here.run("ApiKeys(context).revoke(key.first_eight)")
