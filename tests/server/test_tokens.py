"""Where tokens cannot lie, or nothing can be locked: the person is told once, and goes on."""

from __future__ import annotations

import ctypes
import errno
import os
import subprocess
import sys
import threading

import pytest

from tests.patience import PATIENCE
from tiled_jupyter.session import tokens
from tiled_jupyter.session import tokens as files
from tiled_jupyter.session.tokens import one_kernel_at_a_time
from tiled_jupyter.state.states import SignedOut

from .sessions import Hook, get, let_expire, signed_in
from .shown import Shown, at_once, settle
from .tiled_server import PASSWORDS

KERNEL = """
import errno, fcntl, os, resource, sys, time
from tests.server.sessions import Hook
from tiled_jupyter import Context
def no_locks(number):
    def refuse(*_):
        raise OSError(number, os.strerror(number))
    fcntl.flock = refuse
def full(size):
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
context, _ = Context.from_any_uri(sys.argv[1])
exec(sys.argv[2])
if not context.use_cached_tokens():
    context.authenticate(prompt_for_reauthentication=Hook())
begun = time.monotonic()
for _ in range(3):
    context.force_auth_refresh()
assert time.monotonic() - begun < 45, "it waits for something"  # as three waits for a lock do, of 20 s each
print(context.whoami()["identities"][0]["id"], "saved" if context.remembered else "in memory")
"""


def obey_permissions():
    """Give up the right to write in spite of permissions, which root has."""
    ctypes.CDLL(None).prctl(24, 1, 0, 0, 0)  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE


def kernel(server, fault):
    done = subprocess.run(
        [sys.executable, "-c", KERNEL, server.uri, fault],
        capture_output=True,
        text=True,
        env=dict(os.environ),
        preexec_fn=obey_permissions,
    )
    return done.stdout.strip(), done.stderr


def told(errors):
    """What the person reads of a warning."""
    assert "Traceback" not in errors
    return [line.partition("UserWarning: ")[2] for line in errors.splitlines() if "Warning: " in line]


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_used_without(closed_server, number):
    said, errors = kernel(closed_server, f"no_locks({number})")
    assert (said, errors) == ("alice saved", "")


def test_a_place_that_cannot_be_written_to_keeps_nobody_out(closed_server, cache):
    cache.mkdir()
    cache.chmod(0o500)
    said, errors = kernel(closed_server, "")
    assert said == "alice in memory"
    (sentence,) = told(errors)
    assert "could not be saved" in sentence
    assert "TILED_CACHE_DIR" in sentence
    assert [path for path in cache.rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("size", [0, 100])
def test_a_full_disk_keeps_nobody_out_and_nothing_torn(closed_server, cache, size):
    said, errors = kernel(closed_server, f"full({size})")
    assert said == "alice in memory"
    (sentence,) = told(errors)
    assert "could not be saved (File too large)" in sentence
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []


def test_a_disk_that_is_full_by_now_keeps_what_lies_there(closed_server):
    context = signed_in(closed_server)
    before = files.read_tokens(context.token_directory)
    said, errors = kernel(closed_server, "full(100)")
    assert said == "alice in memory"
    assert len(told(errors)) == 1
    assert files.read_tokens(context.token_directory) == before


def test_the_panel_says_itself_that_nothing_could_be_saved(closed_server, monkeypatch):
    monkeypatch.setenv("TILED_CACHE_DIR", "/dev/null/cache")
    shown = Shown()
    shown.connect(closed_server.uri)
    done = shown.sign_in()  # a warning beside it would be an error
    assert not done.remembered
    assert "could not be saved" in done.provenance
    shown.session.sign_out(everywhere=True)


@pytest.fixture
def waits(monkeypatch):
    """Set once the sign-in waits for another kernel's lock."""
    waits, take = threading.Event(), tokens._take

    def noted(descriptor):
        try:
            take(descriptor)
        except BlockingIOError:
            waits.set()
            raise

    monkeypatch.setattr(tokens, "_take", noted)
    return waits


def test_cancel_does_not_wait_for_another_kernel_and_the_sign_in_is_ended(closed_server, waits):
    shown = Shown()
    shown.connect(closed_server.uri)
    with one_kernel_at_a_time(shown.session.context.token_directory):  # which hangs, as far as the panel knows
        shown.session.methods.sign_in("demo", "bob", PASSWORDS["bob"], remember=True)
        assert waits.wait(PATIENCE)
        with at_once():
            shown.session.cancel()
            assert isinstance(shown.session.state, SignedOut)
            settle()
    assert not shown.session.context.authenticated
    assert files.read_tokens(shown.session.context.token_directory) == {}
    context = signed_in(closed_server, Hook("bob"), remember_me=False)
    assert sorted(context.whoami()["sessions"], key=lambda one: one["expiration_time"])[-2]["revoked"]


def test_a_kernel_that_hangs_keeps_nobody_out_for_long(closed_server, waits):
    shown = Shown()
    shown.connect(closed_server.uri)
    with one_kernel_at_a_time(shown.session.context.token_directory):
        assert shown.sign_in().identity.id == "alice"
    assert waits.is_set()
    assert shown.session.context.remembered


def test_a_sign_out_elsewhere_during_a_refresh_leaves_nothing_on_disk(short_server, monkeypatch):
    context, at_the_server, answered = signed_in(short_server), threading.Event(), threading.Event()
    from tiled_jupyter.session import auth as session_auth

    refresh = session_auth.refresh

    def slow(*arguments):
        tokens = refresh(*arguments)
        at_the_server.set()
        assert answered.wait(PATIENCE)
        return tokens

    monkeypatch.setattr(session_auth, "refresh", slow)
    let_expire(context)
    request = threading.Thread(target=get, args=(context,))
    request.start()
    assert at_the_server.wait(PATIENCE)
    files.remove_tokens(context.token_directory)  # as another kernel does that signs out everywhere
    answered.set()
    request.join()
    assert files.read_tokens(context.token_directory) == {}
    assert not context.remembered
