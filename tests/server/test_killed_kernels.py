"""Kernels that die while they refresh: no token is ever torn or somebody else's, no lock dies with its owner."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time

from tiled_jupyter.session import tokens as files
from tiled_jupyter.session.tokens import one_kernel_at_a_time

from .dying import Dying
from .killed_kernels import JWT, kill_kernels, kill_kernels_that_ask
from .sessions import Hook, get, signed_in

AT_ONCE = 10.0  # seconds; a lock that is not let go of is waited for for twenty
FORKS_AND_IS_KILLED = """
import os, signal, sys
from pathlib import Path
from tiled_jupyter.session.tokens import one_kernel_at_a_time
with one_kernel_at_a_time(Path(sys.argv[1])):
    if os.fork() == 0:
        os.write(1, b"forked")
        os.read(0, 1)  # lives as long as the test wants
        os._exit(0)
    os.wait()
"""


def lock_is_free(directory):
    begun = time.monotonic()
    with one_kernel_at_a_time(directory):
        return time.monotonic() - begun < AT_ONCE


def whole_tokens(directory):
    """The tokens that lie there, each of which is whole; files that are being written do not count."""
    found = {path.name: path.read_text() for path in directory.iterdir() if not path.name.startswith(".")}
    assert [name for name, token in found.items() if not JWT.fullmatch(token)] == []
    return found


def test_a_kernel_may_die_between_any_two_steps_of_a_refresh(short_server):
    context = signed_in(short_server, hook := Hook())
    places = []
    with Dying(short_server.uri) as dying:
        for step in itertools.count(1):
            places.append(dying("refresh", step))
            found = whole_tokens(context.token_directory)
            assert set(found) >= {"access_token", "refresh_token"}
            assert files.subject(found["access_token"]) == context.http_client.auth.subject
            assert lock_is_free(context.token_directory)
            context.force_auth_refresh()  # the others go on, with what is there
            if places[-1] == "finished":
                break
    assert not [place for place in places if place.startswith("failed")], places
    assert {place.partition(":")[0] for place in places} == {"tokens.py", "finished"}
    assert len(places) > 30
    assert context.whoami()["identities"][0]["id"] == "alice"
    assert hook.calls == 1


def test_a_kernel_may_die_between_any_two_steps_of_a_sign_in_after_somebody_else(short_server):
    tokens = {}
    for name in ("alice", "bob"):
        context = signed_in(short_server, Hook(name), remember_me=False)
        tokens[name] = {kind: context.http_client.auth.tokens[kind] for kind in ("access_token", "refresh_token")}
    directory = files.private_directory(context.token_directory)
    left = []
    with Dying(short_server.uri) as dying:
        for step in itertools.count(1):
            files.write_tokens(directory, tokens["bob"])
            place = dying("sign-in", step, tokens["alice"])
            found = whole_tokens(directory)
            left.append("-".join(sorted(found)))
            assert any(found.items() <= tokens[name].items() for name in tokens), place  # never of two people
            assert lock_is_free(directory)
            if place == "finished":
                break
    assert found == tokens["alice"]
    assert len(left) > 60
    assert "" in left  # a moment in which nobody is signed in, rather than both


def test_a_lock_dies_with_its_kernel_though_a_fork_of_it_lives(tmp_path):
    directory = tmp_path / "tokens" / "server"
    directory.mkdir(parents=True)
    with subprocess.Popen(
        [sys.executable, "-c", FORKS_AND_IS_KILLED, str(directory)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=dict(os.environ),
    ) as kernel:
        assert os.read(kernel.stdout.fileno(), 6) == b"forked"
        kernel.kill()
        assert lock_is_free(directory)


def test_kernels_that_are_killed_while_they_refresh_harm_nobody(short_server):
    context = signed_in(short_server)
    done = kill_kernels(context, seconds=10)
    assert done["killed"] >= 2
    assert done["reads"] > 1000
    assert get(context).status_code == 200


def test_kernels_that_are_killed_while_they_sign_in_leave_nobody_to_be_asked_twice(short_server):
    done = kill_kernels_that_ask(signed_in(short_server), deaths=2)
    assert done["killed"] >= 2


def test_what_a_killed_kernel_has_left_goes_with_the_sign_out(short_server, cache):
    context = signed_in(short_server)
    (context.token_directory / ".refresh_token.a1b2c3").write_text("half a tok")
    context.forget_saved()
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []
    assert files.read_tokens(context.token_directory) == {}
