"""Servers in this very process: what belongs to a sign-in reaches them as data does, and leaves it not."""

from __future__ import annotations

import time

import httpx
import pytest

from tiled_jupyter import Context, LoginFailed, from_context
from tiled_jupyter.demo.server import configuration
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.session import registry
from tiled_jupyter.session.prompts import Occasion
from tiled_jupyter.session.tokens import tokens_of
from tiled_jupyter.settings import TiledJupyter
from tiled_jupyter.sign_in.hook import Caller
from tiled_jupyter.state.states import SignedIn

from .sessions import password_hook
from .shown import settle
from .tiled_server import PASSWORDS

# Of Tiled's and Starlette's own test client.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    from tiled.server.app import build_app_from_config  # takes seconds, and this file is collected in every process

    directory = tmp_path_factory.mktemp("in-process")
    return build_app_from_config(configuration(directory, allow_anonymous_access=False, access_token_max_age=2))


@pytest.fixture(scope="module")
def in_process(app):
    """One Context, as the app can be started once in a process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("TILED_API_KEY", raising=False)
        context = Context.from_app(app)
    yield context
    context.close()


@pytest.fixture
def context(in_process, cache, monkeypatch):
    monkeypatch.setattr(in_process, "_token_cache", cache / "tokens")
    registry.living().contexts[-1] = in_process
    monkeypatch.setattr(in_process, "close", lambda: None)
    in_process.http_client.auth = in_process.api_key = None
    return in_process


def test_a_session_begins_is_renewed_and_ends_in_this_process(context):
    context.authenticate(prompt_for_reauthentication=password_hook())
    client = from_context(context)
    names = list(client)
    first = tokens_of(context)["access_token"]
    time.sleep(2.5)
    assert list(client) == names
    assert tokens_of(context)["access_token"] != first
    assert context.force_auth_refresh()["access_token"]
    context.logout()
    assert not context.authenticated
    assert not context.use_cached_tokens()


def test_a_session_that_was_revoked_is_asked_for_again(context):
    calls = []
    context.authenticate(prompt_for_reauthentication=password_hook(calls=calls))
    for session in context.whoami()["sessions"]:
        context.revoke_session(session["uuid"])
    time.sleep(2.5)
    assert len(list(from_context(context))) > 0
    assert len(calls) == 2


def test_keys_are_made_and_revoked(context):
    context.authenticate(prompt_for_reauthentication=password_hook("bob"))
    key = context.create_api_key(expires_in=600, note="in process")
    assert key["first_eight"] in {one.first_eight for one in ApiKeys(context).list()}
    ApiKeys(context).revoke(key["first_eight"])
    assert key["first_eight"] not in {one.first_eight for one in ApiKeys(context).list()}


def test_the_panel_signs_in(context):
    caller = Caller(None, Occasion(context, remember=False))
    session = caller.login(lambda state: None, TiledJupyter(), context.server_info.authentication.providers)
    assert session.state.server.providers[0].refusal is None
    session.methods.sign_in("demo", "alice", PASSWORDS["alice"], remember=False)
    settle()
    assert isinstance(session.state, SignedIn)
    assert caller.take_tokens()["access_token"]


def test_the_terminal_signs_in(context, monkeypatch):
    monkeypatch.setattr("tiled.client.context.username_input", lambda: "alice")
    monkeypatch.setattr("tiled.client.context.password_input", lambda: PASSWORDS["alice"])
    monkeypatch.setattr(context, "prompt", None)
    context.authenticate(remember_me=False)
    assert context.whoami()["identities"][0]["id"] == "alice"


def test_the_client_of_a_hook_goes_nowhere_else_and_closing_it_closes_no_server(context):
    with context.prompt_client() as http:
        assert http.get(str(context.api_uri)).status_code == 200
        with pytest.raises(LoginFailed, match="does not get your sign-in"):
            http.get("http://127.0.0.1:9/")
    assert isinstance(context.http_client.get(str(context.api_uri)), httpx.Response)
