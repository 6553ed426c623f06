"""A session dies in the middle of somebody's work: one refresh, one prompt, and every request goes on."""

from __future__ import annotations

import gc
import os
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy
import pytest
from tiled.client.auth import CannotRefreshAuthentication

from tests.patience import PATIENCE
from tiled_jupyter import CannotPrompt, Context, IdentityChanged, LoginCancelled, LoginFailed, from_context
from tiled_jupyter.kernel import cells
from tiled_jupyter.session import prompts

from .sessions import REFRESH, Hook, another_kernel, get, kill, let_expire, signed_in

THREADS = 64
REFUSED_REFRESH = f'{REFRESH} HTTP/1.1" 401'


def count(server, request):
    return server.log.count(request)


def at_once(context, threads=THREADS):
    """Make a request from many threads at the same time; return the results, errors included."""
    barrier = threading.Barrier(threads)

    def request(_):
        barrier.wait()
        try:
            return get(context).status_code
        except Exception as error:  # noqa: BLE001 - looked at by the tests
            return error

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(request, range(threads)))


@pytest.mark.parametrize("remember_me", [True, False])
def test_threads_on_an_expired_token_make_one_refresh(short_server, remember_me):
    hook = Hook()
    context = signed_in(short_server, hook, remember_me=remember_me)
    let_expire(context)
    before, begun = count(short_server, REFRESH), time.monotonic()
    assert at_once(context) == THREADS * [200]
    # One for each time it expires: on a busy machine the new token may do so meanwhile.
    assert 1 <= count(short_server, REFRESH) - before <= 1 + (time.monotonic() - begun) // 3
    assert hook.calls == 1


@pytest.mark.parametrize("remember_me", [True, False])
def test_threads_on_a_dead_session_make_one_prompt(short_server, remember_me):
    hook = Hook()
    context = signed_in(short_server, hook, remember_me=remember_me)
    kill(context)
    before = count(short_server, REFUSED_REFRESH)
    assert at_once(context) == THREADS * [200]
    assert count(short_server, REFUSED_REFRESH) - before <= 1
    assert hook.calls == 2
    assert context.remembered is remember_me


def test_the_prompt_learns_the_occasion_and_gets_a_client_of_its_own(short_server):
    hook = Hook()
    context = signed_in(short_server, hook)
    kill(context)
    assert get(context).status_code == 200
    first, again = hook.occasions
    assert (first.reason, first.resuming) == (None, False)
    assert again.resuming
    assert again.identity.id == "alice"
    assert "has ended" in again.reason
    assert str(short_server.port) in again.reason


def test_a_prompt_that_needs_connections_finds_them_though_all_requests_wait(short_server):
    hook = Hook()
    context = signed_in(short_server, hook)
    kill(context)
    waiting = threading.Barrier(2, timeout=PATIENCE)
    hook.before = waiting.wait
    with ThreadPoolExecutor(40) as pool:
        requests = [pool.submit(get, context) for _ in range(40)]
        waiting.wait()  # the prompt is open; more requests than the pool has connections wait for it
        assert [request.result(PATIENCE).status_code for request in requests] == 40 * [200]
    assert hook.calls == 2


def test_two_clients_of_a_server_that_die_together_cause_one_prompt(short_server):
    hook = Hook()
    one = signed_in(short_server, hook)
    other, _ = Context.from_any_uri(short_server.uri)
    other.prompt = hook
    assert other.use_cached_tokens()
    kill(one)
    with ThreadPoolExecutor(2) as pool:
        assert [r.status_code for r in pool.map(get, [one, other])] == [200, 200]
    assert hook.calls == 2


def test_a_login_of_the_same_person_heals_every_client_of_the_server(short_server):
    one, hook = signed_in(short_server), Hook()
    other = signed_in(short_server, hook)
    kill(one)
    one.authenticate()
    assert get(other).status_code == 200
    assert hook.calls == 1


def test_fault_10_data_is_read_through_a_token_that_expires_and_nobody_notices(short_server, capfd):
    context = signed_in(short_server, hook := Hook())
    array = from_context(context, "dask")["alice/heating_scan/images"].read()
    capfd.readouterr()
    expected = array.compute(scheduler="threads")
    let_expire(context)
    begun = time.monotonic()
    numpy.testing.assert_array_equal(array.compute(scheduler="threads"), expected)
    assert time.monotonic() - begun < 15
    assert hook.calls == 1
    assert capfd.readouterr() == ("", "")


def test_data_is_read_through_a_dead_session(short_server):
    context = signed_in(short_server, hook := Hook())
    client = from_context(context)
    expected = client["alice/heating_scan/images"].read()
    for structure_clients in ("numpy", "dask"):
        array = from_context(context, structure_clients)["alice/heating_scan/images"]
        kill(context)
        numpy.testing.assert_array_equal(numpy.asarray(array.read()), expected)
    kill(context)
    assert "alice" in list(client)
    assert hook.calls == 4


def test_cancel_fails_all_who_wait_and_nobody_is_asked_again(short_server):
    hook = Hook()
    context = signed_in(short_server, hook)
    kill(context)

    def cancel():
        raise LoginCancelled("You cancelled at 14:02.")

    hook.before = cancel
    errors = at_once(context)
    assert {type(error).__name__ for error in errors} == {"ReauthenticationCancelled"}
    assert all(isinstance(error, LoginCancelled) and isinstance(error, CannotRefreshAuthentication) for error in errors)
    assert len({id(error) for error in errors}) == THREADS
    assert hook.calls == 2
    for _ in range(3):
        with pytest.raises(LoginCancelled, match="You cancelled at 14:02"):
            get(context)
    assert hook.calls == 2


def test_a_refusal_counts_until_another_cell_starts_or_somebody_signs_in(short_server, monkeypatch):
    hook = Hook()
    context = signed_in(short_server, hook)
    kill(context)
    hook.before = lambda: 1 / 0
    monkeypatch.setattr(cells, "began_after", lambda moment: cell != 1)
    cell = 1
    for _ in range(2):
        with pytest.raises(LoginFailed, match="ZeroDivisionError"):
            get(context)
    assert hook.calls == 2
    cell = 2
    with pytest.raises(LoginFailed):
        get(context)
    assert hook.calls == 3
    cell = 1
    hook.before = lambda: None
    context.authenticate()
    assert get(context).status_code == 200


@pytest.mark.parametrize("answer", [None, {}, {"access_token": 7}])
def test_a_prompt_without_an_access_token_fails_once(short_server, answer):
    context = signed_in(short_server)
    kill(context)
    calls = []
    context.prompt = lambda http_client, providers: (calls.append(1), answer)[1]
    assert {str(error) for error in at_once(context, 8)} == {"The prompt gave no access token. Try to sign in again."}
    assert len(calls) == 1


def test_somebody_else_at_the_prompt_resumes_nothing(short_server):
    hook = Hook()
    context = signed_in(short_server, hook)
    kill(context)
    hook.name = "bob"
    asked, revoked = (
        count(short_server, "GET /api/v1/metadata"),
        count(short_server, "POST /api/v1/auth/session/revoke"),
    )
    with pytest.raises(IdentityChanged, match="Only alice"):
        get(context)
    assert count(short_server, "GET /api/v1/metadata") == asked  # its token is known to have expired
    assert count(short_server, "POST /api/v1/auth/session/revoke") == revoked + 1  # bob's, which nobody will use


def test_somebody_else_in_another_kernel_changes_nobody(short_server):
    context = signed_in(short_server)
    other_kernel = Hook("bob")
    foreign, _ = Context.from_any_uri(short_server.uri)
    foreign.authenticate(prompt_for_reauthentication=other_kernel)
    let_expire(context)
    assert repr(context) == "<Context authenticated as 'alice'>"
    assert get(context).status_code == 200
    assert context.whoami()["identities"][0]["id"] == "alice"
    assert not context.remembered  # what lies there is bob's now, and stays so
    assert repr(foreign) == "<Context authenticated as 'bob'>"
    again, _ = Context.from_any_uri(short_server.uri)
    assert again.use_cached_tokens()
    assert repr(again) == "<Context authenticated as 'bob'>"


def test_where_the_files_vanish_a_kernel_goes_on_from_memory_and_writes_none(short_server, cache):
    context = signed_in(short_server)
    context.forget_saved()
    let_expire(context)
    assert get(context).status_code == 200
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []


def test_a_refresh_by_another_kernel_is_adopted(short_server):
    hook = Hook()
    context = signed_in(short_server, hook)
    another_kernel()
    other_kernel, _ = Context.from_any_uri(short_server.uri)
    let_expire(context)
    assert other_kernel.use_cached_tokens()
    refreshes = count(short_server, REFRESH)
    assert get(context).status_code == 200
    assert count(short_server, REFRESH) - refreshes <= 1  # none, unless the new one expired meanwhile
    assert hook.calls == 1
    other_kernel.close()


def test_who_may_not_is_neither_asked_nor_signed_out(short_server):
    hook = Hook()
    context = signed_in(short_server, hook)
    refreshes = count(short_server, REFRESH)
    response = get(context, "auth/principal")
    assert response.status_code == 401
    assert "Not enough permissions" in response.text
    assert count(short_server, REFRESH) == refreshes
    assert hook.calls == 1
    assert get(context).status_code == 200


def test_nothing_the_person_has_not_asked_for_prompts(short_server):
    context = signed_in(short_server, hook := Hook())
    client = from_context(context)
    kill(context)
    assert repr(context) == "<Context (session ended)>"
    with pytest.raises(LoginFailed, match="%tiled_login"):
        repr(client)
    client._ipython_key_completions_()  # Tiled keeps its errors to itself
    with prompts.quietly(), pytest.raises(LoginFailed):
        context.whoami()
    assert context.resume_saved() is None
    del client
    gc.collect()
    assert hook.calls == 1


def test_a_body_that_cannot_be_sent_again_is_refused_and_the_session_renewed_in_time(short_server, monkeypatch):
    context = signed_in(short_server, hook := Hook())
    sent = []

    def body():
        sent.append(1)
        yield b"{}"

    url = f"{context.api_uri}metadata/"
    kill(context)
    with monkeypatch.context() as patch:
        patch.setattr("tiled_jupyter.session.auth.time.time", lambda: 0.0)  # a clock that is behind knows nothing yet
        with pytest.raises(LoginFailed, match="not sent again"):
            context.http_client.post(url, content=body())
    assert (len(sent), hook.calls) == (1, 1)
    response = context.http_client.post(url, content=body())  # known to be over before anything is sent
    assert response.status_code != 401
    assert (len(sent), hook.calls) == (2, 2)


def test_a_token_known_to_have_expired_is_not_sent_but_renewed(short_server):
    context = signed_in(short_server, hook := Hook())
    let_expire(context)
    refused = short_server.log.count('1.1" 401')
    assert get(context).status_code == 200
    assert short_server.log.count('1.1" 401') == refused
    assert hook.calls == 1


def test_a_clock_that_is_a_year_ahead_makes_no_refresh_for_every_request(closed_server, monkeypatch):
    context = signed_in(closed_server)
    refreshes = count(closed_server, REFRESH)
    a_year_ahead = time.time() + 365 * 86400
    monkeypatch.setattr("tiled_jupyter.session.auth.time.time", lambda: a_year_ahead)
    assert [get(context).status_code for _ in range(5)] == 5 * [200]
    assert count(closed_server, REFRESH) == refreshes + 1  # whose answer shows that the clock is wrong


def test_a_server_that_signs_with_another_key_is_a_session_that_has_ended(short_server):
    context = signed_in(short_server, hook := Hook())
    short_server.restart(secret_key=os.urandom(32).hex())
    assert get(context).status_code == 200
    assert hook.calls == 2
    assert hook.occasions[-1].resuming
    assert "has ended" in hook.occasions[-1].reason


def test_a_server_that_is_down_is_tileds_error_and_costs_no_session(short_server):
    context = signed_in(short_server, hook := Hook())
    let_expire(context)
    short_server.stop()
    begun = time.monotonic()
    with pytest.raises(httpx.ConnectError):
        get(context)
    assert time.monotonic() - begun < 15
    short_server.start()
    assert get(context).status_code == 200
    assert hook.calls == 1
    assert context.remembered


def test_no_token_in_what_is_raised(short_server):
    context = signed_in(short_server, hook := Hook())
    kill(context)
    hook.before = lambda: 1 / 0
    tokens = list(context.http_client.auth.tokens.values())
    with pytest.raises(LoginFailed) as caught:
        get(context)
    seen, errors = set(), [caught.value]
    while errors:
        error = errors.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        errors += [error.__cause__, error.__context__]
        shown = f"{error!r} {error.args!r} {vars(error)!r}"
        assert not any(token in shown for token in tokens)


def test_nothing_prompts_in_a_fork(short_server):
    context = signed_in(short_server, hook := Hook())
    kill(context)
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        try:
            get(context)
            said = "no error"
        except CannotPrompt as error:
            said = f"CannotPrompt {error}"
        except BaseException as error:  # noqa: BLE001 - told to the parent
            said = f"another error: {error!r}"
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        said = answer.read()
    assert said.startswith("CannotPrompt The Tiled sign-in has ended, and this process was forked")
    assert "Sign in from the notebook, or give this process an API key in TILED_API_KEY." in said
    os.waitpid(pid, 0)
    assert hook.calls == 1
    assert get(context).status_code == 200  # and the notebook's own process is asked as ever
    assert hook.calls == 2
