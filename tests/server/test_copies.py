"""A copy stays in the process: it needs no rules of pickling, and goes on with the same sign-in."""

from __future__ import annotations

import copy
import pickle

import pytest

from tiled_jupyter import from_context
from tiled_jupyter.oauth.audience import NotSent
from tiled_jupyter.session import registry

from .sessions import sign_in_as


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
@pytest.mark.parametrize("remember", [True, False])
def test_a_copy_of_a_context_shares_the_session(closed_server, how, remember):
    context = sign_in_as(closed_server, remember_me=remember)
    twin = how(context)
    assert type(twin) is type(context)
    assert twin.http_client is not context.http_client
    assert twin.http_client.auth is context.http_client.auth
    assert twin in registry.contexts(context.api_uri)
    assert list(from_context(twin)) == list(from_context(context))
    assert repr(twin) == repr(context)
    assert twin.admin.context is twin
    assert (twin.client_id, twin.scopes, twin.prompt) == (context.client_id, context.scopes, context.prompt)
    with pytest.raises(NotSent):
        twin.http_client.post("http://127.0.0.2:9/")
    context.logout()
    assert not twin.authenticated


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_context_keeps_its_key(context, how):
    key = context.create_api_key(expires_in=600)
    context.http_client.auth, context.api_key = None, key["secret"]
    twin = how(context)
    assert twin.api_key == key["secret"]
    twin.api_key = None
    assert context.api_key == key["secret"]


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_client_reads_on(closed_server, how):
    client = from_context(sign_in_as(closed_server, remember_me=False))
    twin = how(client)
    assert list(twin) == list(client)
    with pytest.raises(pickle.PicklingError):  # a journey is another matter
        pickle.dumps(twin)
