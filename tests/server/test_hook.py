"""The panel of a prompt stays when nobody waits for it any more, and what it offers then is true."""

from __future__ import annotations

import gc
import weakref

import pytest
from ipywidgets import Layout

from tiled_jupyter import LoginCancelled, LoginPanel
from tiled_jupyter.session import registry
from tiled_jupyter.state.states import SignedIn

from .sessions import Hook, get, kill, signed_in
from .shown import asked


@pytest.fixture
def given_up(short_server):
    """A request whose prompt was cancelled, and what the panel still shows."""
    panels = []

    def cancelled(http_client, providers):
        panels.append(asked(http_client, providers))
        panels[0].session.cancel()
        panels[0].session.recipient.leave()
        raise LoginCancelled("No.")

    context = signed_in(short_server, Hook())
    context.prompt = cancelled
    kill(context)
    with pytest.raises(LoginCancelled):
        get(context)
    return context, panels[0]


@pytest.mark.parametrize("remember", [True, False])
def test_who_signs_in_after_a_cancel_is_signed_in_and_asked_no_more(given_up, remember):
    context, panel = given_up
    assert panel.sign_in(remember=remember).identity.id == "alice"
    assert get(context).status_code == 200
    assert context.remembered is remember


def test_a_sign_in_that_came_with_the_stop_button_counts(short_server):
    context = signed_in(short_server, Hook())

    def stopped(http_client, providers):
        panel = asked(http_client, providers)
        panel.sign_in(SignedIn)
        panel.session.recipient.leave()
        raise KeyboardInterrupt

    context.prompt = stopped
    kill(context)
    with pytest.raises(KeyboardInterrupt):
        get(context)
    context.prompt = Hook()
    assert get(context).status_code == 200
    assert context.prompt.calls == 0


def test_a_panel_that_has_folded_keeps_no_context(short_server):
    panels = []

    def answered(http_client, providers):
        panels.append(asked(http_client, providers))
        panels[0].sign_in()
        tokens = panels[0].session.recipient.take_tokens()
        panels[0].session.recipient.leave()
        return tokens

    context = signed_in(short_server, Hook())
    context.prompt = answered
    kill(context)
    assert get(context).status_code == 200
    here = weakref.ref(context)
    context.close()
    registry.living().contexts.clear()  # only in tests are these held
    registry.living().sessions.clear()
    del context
    gc.collect()
    assert here() is None
    assert panels[0].session.state.identity.id == "alice"


def test_of_a_panel_that_is_closed_a_page_is_told_nothing_more(monkeypatch):
    told = []
    panel = LoginPanel()
    assert panel.code is not None
    monkeypatch.setattr(type(panel.code), "send", lambda code, content, buffers=None: told.append(content["panel"]))
    panel.publish()
    assert told == [panel.panel_id]
    panel.close()
    panel.publish()
    assert told == [panel.panel_id]


def test_a_panel_that_nobody_has_any_more_is_gone():
    panel = LoginPanel()
    here = weakref.ref(panel)
    panel.close()
    del panel
    gc.collect()
    assert here() is None


def test_a_closed_panel_takes_its_own_layout_with_it_and_leaves_a_shared_one():
    shared = Layout()
    alone, sharing = LoginPanel(), LoginPanel(layout=shared)
    own = alone.layout
    for panel in (alone, sharing):
        panel.close()
    assert own.comm is None
    assert shared.comm is not None
    shared.close()
