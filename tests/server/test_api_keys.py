"""Keys of a real server, also when its answers are lost."""

from __future__ import annotations

import os
import pickle
import stat
import subprocess
import sys
import threading
import time
from datetime import datetime, timedelta, timezone
from pathlib import Path

import httpx
import pytest
from IPython.lib.pretty import pretty
from tiled.client import from_uri as tiled_from_uri
from tiled.client.context import Context as TiledContext

from tests.patience import PATIENCE
from tiled_jupyter import Context, NewApiKey, disable, enable, from_uri
from tiled_jupyter.errors import KeyNotMade, KeysUnavailable
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.session.key_files import UnsafePlace
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.sign_out import sign_out_of
from tiled_jupyter.state.states import SignedIn

from .sessions import sign_in_as
from .shown import Shown
from .tiled_server import TiledServer


@pytest.fixture
def settings(monkeypatch):
    chosen = TiledJupyter()
    for module in ("keys.api_keys", "keys.request", "settings"):
        monkeypatch.setattr(f"tiled_jupyter.{module}.settings", lambda: chosen)
    return chosen


def answers_with(key, uri):
    return httpx.get(f"{uri}/api/v1/metadata/", headers={"Authorization": f"Apikey {key}"}).status_code


class Network(httpx.BaseTransport):
    """Between a client and the real server: counts requests, and has its way with those that make keys."""

    def __init__(self, context, post) -> None:
        self._transport = context.http_client._transport
        self._post = post
        self.sent = []
        context.http_client._transport = self

    def handle_request(self, request):
        self.sent.append(request.method)
        send = self._transport.handle_request
        return self._post(send, request) if request.method == "POST" else send(request)

    def close(self):
        self._transport.close()


def lose(error):
    """Raise after the server has made the key."""

    def post(send, request):
        send(request).read()
        raise error

    return post


def vanish(error):
    """Raise before the server hears of it."""

    def post(send, request):
        raise error

    return post


def replace(status, text):
    """Answer something else after the server has made the key."""

    def post(send, request):
        send(request).read()
        return httpx.Response(status, text=text, request=request)

    return post


def test_a_key_reads_and_nothing_else_and_works_for_a_week(keys, closed_server):
    key = keys.create()
    assert key.scopes == ("read:metadata", "read:data")
    left = key.expires - datetime.now(timezone.utc)
    assert timedelta(days=6, hours=23) < left <= timedelta(days=7)
    assert answers_with(key.secret, closed_server.uri) == 200
    assert len(key["secret"]) == 72
    assert key["first_eight"] == key.first_eight == key["secret"][:8]


def test_the_note_says_where_it_comes_from_and_is_never_the_same(keys, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/bob/Überblick 7.ipynb")
    before = datetime.now()
    one, other = keys.create().note, keys.create().note
    assert "Überblick 7" in one
    assert os.uname().nodename in one
    assert any(str(moment.date()) in one for moment in (before, datetime.now()))
    assert one != other


def test_context_create_api_key_is_tileds_and_shows_no_secret(context):
    key = context.create_api_key(expires_in="7d", note="for the beamline")
    assert key.note == "for the beamline"
    assert key["scopes"] == ["inherit"]
    assert set(key) >= {"secret", "first_eight", "expiration_time", "note", "scopes", "access_tags"}
    assert key["secret"] not in repr(key)
    assert context.create_api_key()["expiration_time"] is None


def test_the_documented_call_on_a_client_works_where_it_is_enabled(closed_server):
    enable()
    try:
        sign_in_as(closed_server, "bob")
        client = tiled_from_uri(closed_server.uri)
        key = client.create_api_key(expires_in="7d", note="for the beamline")
        assert isinstance(key, NewApiKey)
        assert answers_with(key["secret"], closed_server.uri) == 200
        ApiKeys(client.context).revoke(key.first_eight)
    finally:
        disable()


def test_tileds_command_line_makes_keys_with_the_session_of_the_panel(context, keys, closed_server, tmp_path):
    (tmp_path / "profiles").mkdir()
    (tmp_path / "profiles" / "demo.yml").write_text(f"demo:\n  uri: {closed_server.uri}/api/v1/\n")
    sign_in_as(closed_server, "bob")
    done = subprocess.run(
        [Path(sys.executable).with_name("tiled"), "api_key", "create", "--profile", "demo", "--expires-in", "7d"],
        env={**os.environ, "TILED_PROFILES": str(tmp_path / "profiles")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [key.first_eight for key in keys.list()] == [done.stdout.strip()[:8]]


def test_the_secret_is_in_no_representation_and_no_pickle(keys):
    key = keys.create()
    assert not any(
        key.secret in text for text in (repr(key), str(key), f"{key}", repr([key]), pretty(key), pretty([key]))
    )
    assert not hasattr(key, "__dict__")
    with pytest.raises(TypeError, match="Save it to a file"):
        pickle.dumps(key)


def test_a_dismissed_key_is_gone(keys):
    key = keys.create()
    secret = key.secret
    key.dismiss()
    with pytest.raises(KeysUnavailable, match="dismissed"):
        key["secret"]
    assert not any(secret in str(getattr(key, name)) for name in type(key).__slots__)


@pytest.mark.parametrize(
    ("wish", "word"),
    [
        ({"expires_in": "2months"}, "60d"),
        ({"expires_in": -5}, "no time"),
        ({"expires_in": "0d"}, "no time"),
        ({"expires_in": 10**15}, "100 years"),
        ({"note": "x" * 256}, "255"),
        ({"scopes": []}, "at least one"),
        ({"scopes": "read:data"}, "lists"),
        ({"access_tags": "public"}, "lists"),
        ({"access_tags": []}, "at least one tag"),
        ({"access_tags": ["public"], "scopes": None}, "limited to tags"),
    ],
)
def test_what_makes_no_key_is_refused_before_any_request(context, keys, wish, word):
    network = Network(context, None)
    with pytest.raises(ValueError, match=word):
        keys.create(**wish)
    assert network.sent == []


def test_the_settings_are_obeyed(keys, context, settings):
    settings.max_key_days = 30
    settings.allow_write_keys = False
    for wish in ({"expires_in": "31d"}, {"expires_in": None}, {"scopes": ["write:data"]}, {"scopes": None}):
        with pytest.raises(ValueError, match=r"30 days|only reads"):
            keys.create(**wish)
    assert {scope.name for scope in keys.overview().scopes} == {"read:metadata", "read:data", "revoke:apikeys"}
    assert keys.create("30d", scopes=["read:data", "revoke:apikeys"]).scopes == ("read:data", "revoke:apikeys")
    assert context.create_api_key(expires_in=60).scopes == ("read:metadata", "read:data")


@pytest.mark.parametrize(
    "post",
    [
        lose(httpx.ReadTimeout("lost")),
        lose(httpx.RemoteProtocolError("lost")),
        replace(502, "<html>Bad gateway</html>"),
        replace(200, "<html>Sign in to the Wi-Fi</html>"),
    ],
    ids=["timeout", "connection lost", "502", "somebody else answers"],
)
def test_a_key_whose_answer_is_lost_is_revoked_and_it_is_said(context, keys, closed_server, post):
    kept = keys.create(note="the same note")
    network = Network(context, post)
    with pytest.raises(KeyNotMade, match=r"lost on the way\. The key that had been made was revoked") as caught:
        keys.create(note="the same note")
    assert network.sent.count("POST") == 1
    assert [key.first_eight for key in keys.list()] == [kept.first_eight]
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert answers_with(kept.secret, closed_server.uri) == 200


def test_where_nothing_reached_the_server_nothing_is_looked_for(context, keys):
    network = Network(context, vanish(httpx.ConnectError("refused")))
    with pytest.raises(KeyNotMade, match="Cannot reach"):
        keys.create()
    assert network.sent == ["GET", "POST"]


def test_an_answer_lost_before_a_key_was_made_says_that_there_is_none(context, keys):
    Network(context, vanish(httpx.ReadTimeout("lost")))
    with pytest.raises(KeyNotMade, match="No new key is in the list"):
        keys.create()


def test_a_key_that_cannot_be_looked_for_is_named_by_its_note(context, keys, monkeypatch):
    def unreachable():
        raise httpx.ConnectError("gone")

    Network(context, lose(httpx.ReadError("lost")))
    monkeypatch.setattr(context, "whoami", unreachable)  # after Tiled's ten tries
    with pytest.raises(KeyNotMade, match="“a note of mine” appears"):
        keys.create(note="a note of mine")


def test_the_stop_button_leaves_no_key_behind(context, keys):
    Network(context, lose(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        keys.create()
    for thread in threading.enumerate():
        if thread.name == "tiled-login":
            thread.join(PATIENCE)
    assert len(keys.list()) == 0


def test_the_list_says_what_is_known(keys, context):
    for_good = keys.create(None, "for good", ["read:metadata"])
    soon = keys.create("1h", "soon", access_tags=["public", "staff"])
    short, forever = keys.list()
    assert (short.first_eight, short.note, short.access_tags) == (soon.first_eight, "soon", ("public", "staff"))
    assert short.expires_in().endswith("min")
    assert short.expires == soon.expires
    assert short.last_used is None
    assert short.marks() == ()
    assert (forever.first_eight, forever.expires_in(), forever.marks()) == (
        for_good.first_eight,
        "never",
        ("never expires",),
    )
    assert keys.list().of_limit == "2 of 100"
    assert short.marks(datetime.now(timezone.utc) + timedelta(hours=2)) == ("expired",)


def test_the_list_says_where_files_are_and_gives_snippets(keys):
    key = keys.create("1h", "with a file")
    path = key.save()
    keys.create("2h", "without a file")
    with_file, without = keys.list()
    assert (with_file.saved_to, without.saved_to) == (path, None)
    assert with_file.snippet("shell") == key.snippet("shell")
    assert key.secret not in with_file.snippet("shell")
    with pytest.raises(ValueError, match="no file of key"):
        without.snippet("shell")
    path.unlink()
    assert keys.list()[0].saved_to is None


def test_last_use_is_read_in_utc(keys, closed_server):
    key = keys.create()
    assert answers_with(key.secret, closed_server.uri) == 200
    (listed,) = keys.list()
    assert abs(listed.last_used - datetime.now(timezone.utc)) < timedelta(minutes=1)
    later = listed.last_used + timedelta(days=31)
    assert "unused for 30 days" in listed.marks(later)


def test_a_revoked_key_works_no_more_and_its_file_is_gone(keys, closed_server):
    key = keys.create()
    path = key.save()
    keys.revoke(key.first_eight)
    assert answers_with(key.secret, closed_server.uri) == 401
    assert not path.exists()
    with pytest.raises(KeysUnavailable, match="no such key"):
        keys.revoke(key.first_eight)
    with pytest.raises(ValueError, match="first eight"):
        keys.revoke(key.secret)


def test_a_key_works_as_long_as_its_job_runs_and_waits(keys):
    key = keys.create(runs_for="48h", may_wait="7d")
    assert timedelta(days=9, hours=23) < key.expires - datetime.now(timezone.utc) <= timedelta(days=10)
    with pytest.raises(ValueError, match="48 h"):
        keys.create("30d", runs_for="soon")


def test_the_list_knows_where_keys_were_made_whatever_their_note(keys, context, monkeypatch):
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/bob/scan 7.ipynb")
    keys.create(note="mine")
    TiledContext.create_api_key(context, note="of another program")
    listed = {key.note: key for key in keys.list()}
    assert listed["mine"].made == f"{os.uname().nodename}, scan 7"
    assert abs(listed["mine"].since - datetime.now(timezone.utc)) < timedelta(minutes=1)
    assert listed["of another program"].made is None


def test_saving_is_private_and_says_where(keys, tmp_path):
    key = keys.create()
    path = key.save()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert path.is_relative_to(tmp_path / "state")
    assert path.name.startswith("127.0.0.1_")
    assert f"TILED_API_KEY={key.secret}\n" in path.read_text()
    loose = tmp_path / "loose"
    loose.mkdir()
    loose.chmod(0o777)
    with pytest.raises(UnsafePlace):
        key.save(loose / "key.env")


def test_using_a_key_binds_it_to_its_server_alone(keys, context, closed_server, public_server):
    sibling = sign_in_as(closed_server, remember_me=False)
    elsewhere, _ = Context.from_any_uri(public_server.uri)
    key = keys.create()
    assert "127.0.0.1" in key.use()
    assert context.api_key == sibling.api_key == key.secret
    assert context.http_client.auth is sibling.http_client.auth is None
    assert elsewhere.api_key is None
    assert "TILED_API_KEY" not in os.environ
    later = from_uri(closed_server.uri)
    assert later.context.api_key == key.secret
    assert len(list(later)) > 0
    assert from_uri(public_server.uri).context.api_key is None
    done = Shown().connect(closed_server.uri, SignedIn)
    assert done.method == "api_key"
    assert done.provenance.startswith(
        f"Using the API key chosen in this notebook, on this server and in this kernel only ({key.first_eight}"
    )


def test_another_key_takes_the_place_of_one_in_use(keys, context, closed_server):
    sibling = sign_in_as(closed_server, remember_me=False)
    own, _ = Context.from_any_uri(closed_server.uri, api_key="abcd")
    one, other = keys.create(), keys.create()
    one.use()
    other.use()
    later, _ = Context.from_any_uri(closed_server.uri)
    assert context.api_key == sibling.api_key == later.api_key == other.secret
    assert own.api_key == "abcd"


def test_signing_out_ends_the_use_of_a_key(keys, context, closed_server):
    keys.create().use()
    from_uri(closed_server.uri)
    sign_out_of(context, everywhere=False)
    assert not any(other.api_key for other in (context, Context.from_any_uri(closed_server.uri)[0]))


def test_the_environment_is_a_second_act_and_says_who_receives_the_key(keys, closed_server, monkeypatch):
    monkeypatch.setenv("TILED_API_KEY", "")
    monkeypatch.delenv("TILED_API_KEY")
    key = keys.create()
    assert "every server" in key.use(environment=True)
    with tiled_from_uri(closed_server.uri).context as plain:
        assert plain.api_key == key.secret


def test_the_scopes_of_the_account_are_offered_dangerous_ones_marked(keys):
    scopes = {scope.name: scope for scope in keys.overview().scopes}
    assert list(scopes)[:2] == ["read:metadata", "read:data"]
    assert list(scopes)[-1] == "inherit"
    assert scopes["read:data"].words == "read data"
    assert scopes["read:data"].description == "Read data."
    assert {name for name, scope in scopes.items() if not scope.dangerous} == {"read:metadata", "read:data"}
    assert "admin:apikeys" not in scopes


def test_a_scope_the_account_lacks_is_refused_in_the_words_of_the_server(keys):
    with pytest.raises(KeyNotMade, match="subset of the principal's scopes"):
        keys.create(scopes=["admin:apikeys"])


def test_a_key_that_may_not_make_keys_says_so_and_still_lists_them(keys, closed_server):
    key = keys.create()
    context, _ = Context.from_any_uri(closed_server.uri, api_key=key.secret)
    limited = ApiKeys(context)
    assert "may not make keys" in limited.overview().unavailable
    assert [listed.in_use for listed in limited.list()] == [True]
    with pytest.raises(KeysUnavailable, match="may not make keys"):
        limited.create()
    with pytest.raises(KeysUnavailable, match="may not"):
        limited.revoke(key.first_eight)


def test_nobody_has_no_keys(closed_server, public_server):
    for server in (closed_server, public_server):
        context, _ = Context.from_any_uri(server.uri)
        assert "Sign in" in ApiKeys(context).overview().unavailable
        for call in (ApiKeys(context).create, ApiKeys(context).list):
            with pytest.raises(KeysUnavailable, match="Sign in"):
                call()


def test_a_server_with_one_key_for_everybody_makes_none():
    with TiledServer(providers=[]) as server:
        keys = ApiKeys(Context.from_any_uri(server.uri)[0])
        assert "one key for everybody" in keys.overview().unavailable
        for call in (keys.create, keys.list, lambda: keys.revoke("1a2b3c4d")):
            with pytest.raises(KeysUnavailable, match="one key for everybody"):
                call()


def test_a_server_whose_keys_are_disabled_makes_none(context, keys):
    context.server_info.authentication.links.apikey = ""
    assert "makes no API keys" in keys.overview().unavailable
    with pytest.raises(KeysUnavailable, match="makes no API keys"):
        keys.create()


def test_a_key_that_expired_or_was_revoked_says_that_it_does_not_work(keys, closed_server):
    key = keys.create()
    context, _ = Context.from_any_uri(closed_server.uri, api_key=key.secret)
    keys.revoke(key.first_eight)
    with pytest.raises(KeysUnavailable, match="Invalid API key"):
        ApiKeys(context).list()


def test_the_hundredth_key_is_the_last_and_the_sentence_says_what_to_do():
    with TiledServer(allow_anonymous_access=False) as server:
        context = sign_in_as(server, remember_me=False)
        keys = ApiKeys(context)
        for _ in range(100):
            context.http_client.post(
                context.server_info.authentication.links.apikey,
                json={"scopes": ["read:data"], "expires_in": 600, "note": "one of many"},
            ).raise_for_status()
        assert keys.list().of_limit == "100 of 100"
        assert keys.overview().full
        with pytest.raises(KeyNotMade, match="Revoke one"):
            keys.create()
        first = keys.list()[0].first_eight
        keys.revoke(first)
        assert keys.create().first_eight != first


def test_a_server_that_is_gone_is_said_within_seconds():
    with TiledServer(allow_anonymous_access=False) as server:
        keys = ApiKeys(sign_in_as(server, remember_me=False))
        server.stop()
        with pytest.raises(KeysUnavailable, match="Cannot reach") as caught:
            keys.create()
        assert caught.value.__context__ is None


def test_an_account_whose_keys_the_server_cannot_list_gets_a_sentence_at_once_and_no_further_key():
    with TiledServer(allow_anonymous_access=False) as server:
        context = sign_in_as(server, remember_me=False)
        keys = ApiKeys(context)
        # As other programs make them. Tiled's server keeps such a key, and fails at once and ever after.
        body = {"scopes": ["read:data"], "expires_in": 600, "note": "x" * 256}
        assert context.http_client.post(context.server_info.authentication.links.apikey, json=body).status_code == 500
        begun = time.monotonic()
        for call in (keys.create, keys.list):
            with pytest.raises(KeysUnavailable, match="500"):
                call()
        assert time.monotonic() - begun < 20
