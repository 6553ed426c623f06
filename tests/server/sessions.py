"""Sessions that are made, let expire and killed, and the person who signs in again."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager

import httpx
from tiled.client.context import Context as TiledContext
from tiled.client.utils import retry_context

from tests.approval import approve_without_a_page
from tiled_jupyter import Context
from tiled_jupyter.kernel import memory
from tiled_jupyter.oauth.password import password_grant, revoke_session
from tiled_jupyter.session import prompts, registry

from .tiled_server import PASSWORDS

REFRESH = "POST /api/v1/auth/session/refresh"  # in a server's log


def another_kernel():
    """Go on as in another kernel, which knows nothing of what this one has done.

    Returns
    -------
    registry.Living
        Its Contexts and sessions, which it holds: they are closed at the end of the test.
    """
    memory._kernel = memory.Memory()
    living = registry.living()
    living.contexts, living.sessions = {}, {}
    _kernels.append(living)
    return living


_kernels = []


def end_kernels():
    """Close the Contexts of all kernels since the last time: Tiled leaves that to the end of the process."""
    while _kernels:
        for context in _kernels.pop().contexts.values():
            context.close()


class Hook:
    """A person with a password, who can be told to behave otherwise."""

    def __init__(self, name="alice") -> None:
        self.name = name
        self.calls = 0
        self.occasions = []
        self.before = lambda: None

    def __call__(self, http_client, providers):
        self.calls += 1
        self.occasions.append(prompts.occasion.get())
        self.before()
        return password_grant(http_client, providers[0].links["auth_endpoint"], self.name, PASSWORDS[self.name])


class DeviceHook(Hook):
    """A person with a browser, who approves without looking; `flow` is one of `device_flow`."""

    def __init__(self, server, flow, name="alice") -> None:
        super().__init__(name)
        self.server, self.flow = server, flow

    def __call__(self, http_client, providers):
        self.calls += 1
        self.occasions.append(prompts.occasion.get())
        self.before()
        with httpx.Client(trust_env=False) as http:
            login = self.flow(http, self.server)
            approve_without_a_page(login.page, user=self.name, user_code=login.user_code)
            return login.poll().json()


def signed_in(server, hook=None, **options):
    context, _ = Context.from_any_uri(server.uri)
    context.authenticate(prompt_for_reauthentication=hook or Hook(), **options)
    return context


def let_expire(context):
    """Wait until the server no longer takes the access token."""
    headers = {"Authorization": f"Bearer {context.http_client.auth.tokens['access_token']}"}
    pause = threading.Event()
    while httpx.get(f"{context.api_uri}metadata/", headers=headers).status_code == 200:
        pause.wait(0.1)


def kill(context):
    """End the session of a Context on the server, as from another notebook, and wait until its token has expired."""
    with context.bare_client() as http:
        revoke_session(http, str(context.api_uri), context.http_client.auth.tokens["refresh_token"])
    let_expire(context)


def get(context, path="metadata/"):
    """Read as Tiled's client does: a connection may be closed, being idle, at the moment at which it is used again."""
    for attempt in retry_context(on=httpx.ReadError):
        with attempt:
            return context.http_client.get(f"{context.api_uri}{path}")
    raise AssertionError("`retry_context` ends by raising")


@contextmanager
def janitor_of(server):
    """Yield Bob in another program, Tiled's own client, who revokes the keys that the block has left."""
    with TiledContext(f"{server.uri}/api/v1/") as context:
        endpoint = context.server_info.authentication.providers[0].links["auth_endpoint"]
        with httpx.Client() as http:
            context.configure_auth(password_grant(http, endpoint, "bob", PASSWORDS["bob"]), remember_me=False)
        yield context
        for key in context.whoami()["api_keys"]:
            context.revoke_api_key(key["first_eight"])


def password_hook(name="alice", calls=None):
    """Make the prompt hook of Tiled's older documentation, with somebody who knows the password."""

    def my_prompt(http_client, providers):
        if calls is not None:
            calls.append((http_client, dict(http_client.headers), dict(http_client.cookies)))
        return password_grant(http_client, providers[0].links["auth_endpoint"], name, PASSWORDS[name])

    return my_prompt


def sign_in_as(server, name="alice", **options) -> Context:
    """Sign in with a password, by a hook."""
    context, _ = Context.from_any_uri(server.uri)
    context.authenticate(prompt_for_reauthentication=password_hook(name), **options)
    return context


def end_all_sessions(server):
    """Sign with another key from now on: every session is over at once."""
    server.restart(secret_key=os.urandom(32).hex())
