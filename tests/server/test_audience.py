"""Every kind of credential, on every occasion, is led to every wrong place: how much of it arrives there? Nothing."""

from __future__ import annotations

import base64
import json
import time
from contextlib import suppress
from urllib.parse import quote_plus

import httpx
import pytest
from tiled.profiles import load_profiles

from tiled_jupyter import Context, attach, disable, enable
from tiled_jupyter.errors import TiledJupyterError
from tiled_jupyter.keys import choice as which_key
from tiled_jupyter.keys.api_keys import ApiKeys
from tiled_jupyter.session import registry
from tiled_jupyter.session.ensure import ensure
from tiled_jupyter.sign_in import sign_ins
from tiled_jupyter.sign_in.sign_out import sign_out_of
from tiled_jupyter.state.states import AwaitingAuthorization, SignedIn, SignedOut

from .hostile_server import HostileServer, Reply, code, device, password, untrusted
from .sessions import another_kernel
from .shown import Shown, settle

PASSWORD, KEY, DEVICE_CODE = "canary-passw0rd", "ca7a" * 18, "d3v1ce-c0de-canary"
REFRESH, ID_TOKEN = "canary-refresh", "canary-id-token"
PATHS = (
    "auth/whoami",
    "auth/apikey",
    "auth/session/refresh",
    "auth/session/revoke",
    "auth/provider/demo/token",
    "auth/provider/demo/poll",
    "metadata/",
)


def access(*, lasts: float, who="alice", by="tiled"):
    """Return an access token as Tiled makes them, which ends so many seconds from now."""
    claims = {"sub": who, "iss": by, "exp": time.time() + lasts, "sid": "5" * 32}
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.canary-access"


def tokens(*, lasts=900.0, **changes):
    return {"access_token": access(lasts=lasts), "refresh_token": REFRESH, "id_token": ID_TOKEN, **changes}


@pytest.fixture
def tiled():
    with HostileServer() as server:
        server.replies["auth/provider/demo/token"] = Reply(200, tokens())
        server.replies["auth/session/refresh"] = Reply(200, tokens(refresh_token="another-refresh"))
        server.replies["auth/provider/demo/authorize"] = Reply(200, code(server.api_uri, device_code=DEVICE_CODE))
        server.replies["auth/provider/demo/poll"] = Reply(200, tokens())
        server.replies["auth/apikey"] = Reply(200, {"first_eight": KEY[:8], "secret": KEY, "scopes": ["inherit"]})
        server.replies["metadata/"] = Reply(200, {"data": {}})
        yield server


@pytest.fixture
def elsewhere():
    """Somebody who would answer everything, and has no business with any of it."""
    with HostileServer() as server:
        server.replies.update(dict.fromkeys(("token", "auth/session/refresh"), Reply(200, tokens())))
        yield server


@pytest.fixture
def provider():
    """An identity provider, as far as sessions need one."""
    with HostileServer() as server:
        configuration = {"revocation_endpoint": f"{server.uri}/revoke", "issuer": server.uri}
        server.replies["/.well-known/openid-configuration"] = Reply(200, configuration)
        server.replies["/token"] = Reply(200, tokens(refresh_token="another-refresh"))
        server.replies["/device"] = Reply(
            200, {"device_code": DEVICE_CODE, "user_code": "ABCD", "verification_uri": server.uri, "interval": 1}
        )
        yield server


def held(server, *secrets):
    """Return which secrets a server was sent."""
    return {secret for secret in secrets for request in server.seen if request.holds(secret)}


EVERYTHING = (PASSWORD, KEY, DEVICE_CODE, REFRESH, ID_TOKEN, "canary-access")


def of_provider(tiled, provider):
    """Make the server leave its sign-ins to a provider."""
    links = {
        "auth_endpoint": f"{provider.uri}/device",
        "token_endpoint": f"{provider.uri}/token",
        "client_id": "tiled-cli",
    }
    tiled.about["authentication"]["providers"] = [device(tiled.api_uri, links=links)]
    tiled.about["authentication"]["links"]["refresh_session"] = links["token_endpoint"]


def of_its_own(tiled):
    tiled.about["authentication"]["providers"] = [password(tiled.api_uri)]
    tiled.about["authentication"]["links"]["refresh_session"] = f"{tiled.api_uri}auth/session/refresh"


def new_kernel():
    """Forget what this process knows of sessions; what is on disk stays."""
    for context in registry.contexts():
        context.http_client.auth = None
        context.close()
    another_kernel()


def signed_in(tiled, given, **options):
    context = Context(tiled.api_uri, **options)
    context.configure_auth(given)
    tiled.forget()
    return context


# -- where it is led -------------------------------------------------------------------------------------


def by_link(tiled, elsewhere, monkeypatch):
    links = tiled.about["authentication"]["links"]
    tiled.about["authentication"]["links"] = {k: v.replace(tiled.uri, elsewhere.uri) for k, v in links.items()}
    tiled.about["links"] = {"self": elsewhere.api_uri}
    for spec in tiled.about["authentication"]["providers"]:
        spec["links"] = {k: v.replace(tiled.uri, elsewhere.uri) for k, v in spec["links"].items()}
    moved = code(elsewhere.api_uri, device_code=DEVICE_CODE)
    tiled.replies["auth/provider/demo/authorize"] = Reply(200, moved)


def by_redirect(status):
    def redirected(tiled, elsewhere, monkeypatch):
        for path in PATHS:
            tiled.replies[path] = Reply(status, b"", {"location": f"{elsewhere.api_uri}{path}"})

    return redirected


def by_proxy(tiled, elsewhere, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, elsewhere.uri)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)


PLACES = {
    "link": by_link,
    "redirect 302": by_redirect(302),
    "redirect 307": by_redirect(307),
    "proxy": by_proxy,
}

# -- on which occasion -----------------------------------------------------------------------------------


def resume(tiled):
    context, _ = Context.from_any_uri(tiled.uri)
    context.use_cached_tokens()
    return context


def read(context, tiled, elsewhere):
    context.http_client.get(f"{tiled.api_uri}metadata/")
    context.http_client.get(f"{elsewhere.api_uri}metadata/")  # as a node's link may say


def keys(context, tiled, elsewhere):
    for ask in (ApiKeys(context).list, ApiKeys(context).create, lambda: ApiKeys(context).revoke(KEY[:8])):
        with suppress(TiledJupyterError):
            ask()
    with suppress(TiledJupyterError):
        context.which_api_key()


def listed_sign_ins(context, tiled, elsewhere):
    for ask in (lambda: sign_ins.listed(context), lambda: sign_ins.end(context, "5" * 32)):
        with suppress(TiledJupyterError):
            ask()


def ends_everywhere(context, tiled, elsewhere):
    sign_out_of(context, everywhere=True)


def logs_out(context, tiled, elsewhere):
    context.logout()


def renews(context, tiled, elsewhere):
    context.force_auth_refresh()


def lasts(context, tiled, elsewhere):
    ensure(context, 100.0)


def is_led_by_its_own_links(context, tiled, elsewhere):
    context.whoami()
    context.admin.list_principals()


OCCASIONS = {
    "read": read,
    "keys": keys,
    "sign-ins": listed_sign_ins,
    "sign-out": ends_everywhere,
    "logout": logs_out,
    "renewal": renews,
    "ensure": lasts,
    "whoami": is_led_by_its_own_links,
}


def attempt(act, *given):
    """Do something that may well fail, here or in Tiled's code: what arrives is what counts."""
    with suppress(Exception):
        act(*given)
    settle()


pytestmark = pytest.mark.filterwarnings("ignore:Your sign-in was made with", "ignore:.* leads to another address")


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("expired", [False, True], ids=["fresh", "expired"])
@pytest.mark.parametrize("place", PLACES)
def test_a_saved_sign_in_goes_nowhere_but_to_its_server(tiled, elsewhere, monkeypatch, place, expired, occasion):
    signed_in(tiled, tokens(lasts=-1.0 if expired else 900.0))
    new_kernel()
    PLACES[place](tiled, elsewhere, monkeypatch)
    attempt(lambda: OCCASIONS[occasion](resume(tiled), tiled, elsewhere))
    assert held(elsewhere, *EVERYTHING) == set()
    if place == "proxy":
        assert elsewhere.seen == [] or occasion == "read"  # not even a question
        assert held(tiled, REFRESH if expired else "canary-access") != set()


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("place", PLACES)
def test_a_living_session_goes_nowhere_but_to_its_server(tiled, elsewhere, monkeypatch, place, occasion):
    context = signed_in(tiled, tokens(lasts=-1.0))
    PLACES[place](tiled, elsewhere, monkeypatch)
    attempt(OCCASIONS[occasion], context, tiled, elsewhere)
    attempt(lambda: OCCASIONS[occasion](resume(tiled), tiled, elsewhere))  # a second client, which is told anew
    assert held(elsewhere, *EVERYTHING) == set()


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("how", ["given", "in the address", "in the environment", "used", "enabled", "attached"])
@pytest.mark.parametrize("place", PLACES)
def test_a_key_goes_nowhere_but_to_its_server(tiled, elsewhere, monkeypatch, place, how, occasion):
    def connect():
        if how == "in the environment":
            monkeypatch.setenv("TILED_API_KEY", KEY)
        if how == "in the address":
            return Context.from_any_uri(f"{tiled.uri}?api_key={KEY}")[0]
        if how == "used":
            context = Context(tiled.api_uri)
            which_key.use(context, KEY, bind=True)
            return context
        if how in ("enabled", "attached"):
            from tiled.client import context as theirs

            if how == "attached":
                return attach(theirs.Context(tiled.api_uri, api_key=KEY))
            enable()
            try:
                return theirs.Context.from_any_uri(f"{tiled.uri}?api_key={KEY}")[0]
            finally:
                disable()
        return Context(tiled.api_uri, api_key=KEY if how == "given" else None)

    context = connect()
    PLACES[place](tiled, elsewhere, monkeypatch)
    attempt(OCCASIONS[occasion], context, tiled, elsewhere)
    with suppress(TiledJupyterError):
        attempt(OCCASIONS[occasion], connect(), tiled, elsewhere)
    assert held(elsewhere, *EVERYTHING) == set()


@pytest.mark.parametrize("place", PLACES)
def test_a_password_goes_nowhere_but_to_its_server(tiled, elsewhere, monkeypatch, place):
    PLACES[place](tiled, elsewhere, monkeypatch)
    shown = Shown()
    shown.connect(tiled.uri)
    shown.session.methods.sign_in("demo", "alice", PASSWORD, remember=True)
    shown.until(lambda state: isinstance(state, SignedIn | SignedOut))
    settle()
    assert held(elsewhere, *EVERYTHING) == set()
    if place == "proxy":
        assert elsewhere.seen == []
        assert held(tiled, PASSWORD) == {PASSWORD}


@pytest.mark.parametrize("place", PLACES)
def test_a_device_code_goes_nowhere_but_to_its_server(tiled, elsewhere, monkeypatch, place):
    tiled.about["authentication"]["providers"] = [device(tiled.api_uri)]
    PLACES[place](tiled, elsewhere, monkeypatch)
    shown = Shown()
    shown.connect(tiled.uri)
    shown.session.methods.begin("demo", remember=True)
    state = shown.until(lambda state: isinstance(state, SignedIn | SignedOut | AwaitingAuthorization))
    if isinstance(state, AwaitingAuthorization):
        shown.until(lambda state: isinstance(state, SignedIn | SignedOut))
    settle()
    assert held(elsewhere, *EVERYTHING) == set()
    if place == "proxy":
        assert held(tiled, DEVICE_CODE) == {DEVICE_CODE}


@pytest.mark.parametrize("mode", ["internal", "external"])
@pytest.mark.parametrize("place", PLACES)
def test_what_is_typed_at_a_terminal_goes_nowhere_but_to_its_server(tiled, elsewhere, monkeypatch, place, mode):
    if mode == "external":
        tiled.about["authentication"]["providers"] = [device(tiled.api_uri)]
    monkeypatch.setattr("tiled_jupyter.kernel.front_end.has_terminal", lambda: True)
    monkeypatch.setattr("tiled.client.context.username_input", lambda: "alice")
    monkeypatch.setattr("tiled.client.context.password_input", lambda: PASSWORD)
    monkeypatch.setattr("webbrowser.open", lambda *_: True)
    PLACES[place](tiled, elsewhere, monkeypatch)
    for prompt in (Context.prompt, None):  # ours, which is Tiled's there; and Tiled's own
        context = Context(tiled.api_uri)
        context.prompt = prompt
        attempt(context.authenticate)
    assert held(elsewhere, *EVERYTHING) == set()


def test_data_that_lies_elsewhere_is_fetched_from_there_without_a_credential(tiled, elsewhere):
    """As from object storage, whose addresses are signed."""
    tiled.replies["metadata/"] = Reply(302, b"", {"location": f"{elsewhere.api_uri}bucket?X-Signature=1"})
    elsewhere.replies["bucket"] = Reply(200, {"data": 7})
    for context in (signed_in(tiled, tokens()), Context(tiled.api_uri, api_key=KEY)):
        assert context.http_client.get(f"{tiled.api_uri}metadata/").json() == {"data": 7}
    assert len(elsewhere.seen) == 2
    assert held(elsewhere, *EVERYTHING) == set()


# -- between a server's own sign-ins and a provider's ----------------------------------------------------


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("living", [False, True], ids=["saved", "living"])
def test_a_servers_own_session_does_not_go_to_a_provider_it_names_later(tiled, provider, elsewhere, occasion, living):
    context = signed_in(tiled, tokens(lasts=-1.0))
    of_provider(tiled, provider)
    if living:
        attempt(OCCASIONS[occasion], context, tiled, elsewhere)
    else:
        new_kernel()
    attempt(lambda: OCCASIONS[occasion](resume(tiled), tiled, elsewhere))
    assert held(provider, *EVERYTHING) == set()
    assert held(elsewhere, *EVERYTHING) == set()


@pytest.mark.parametrize("occasion", OCCASIONS)
@pytest.mark.parametrize("living", [False, True], ids=["saved", "living"])
@pytest.mark.parametrize("then", ["its own", "another provider"])
def test_a_providers_session_does_not_go_to_who_takes_its_place(tiled, provider, elsewhere, then, occasion, living):
    of_provider(tiled, provider)
    context = signed_in(tiled, tokens(lasts=-1.0))
    of_its_own(tiled) if then == "its own" else of_provider(tiled, elsewhere)
    if living:
        attempt(OCCASIONS[occasion], context, tiled, elsewhere)
    else:
        new_kernel()
    attempt(lambda: OCCASIONS[occasion](resume(tiled), tiled, elsewhere))
    assert held(tiled, REFRESH, ID_TOKEN) == set()  # the access token is for the server
    assert held(elsewhere, *EVERYTHING) == set()


@pytest.mark.parametrize("expired", [False, True], ids=["fresh", "expired"])
def test_a_providers_session_is_resumed_renewed_and_ended_at_the_provider(tiled, provider, expired):
    of_provider(tiled, provider)
    signed_in(tiled, tokens(lasts=-1.0 if expired else 900.0))
    new_kernel()
    context = resume(tiled)
    assert context.http_client.auth is not None
    assert held(provider, REFRESH) == ({REFRESH} if expired else set())
    sign_out_of(context, everywhere=True)
    settle()
    assert any(request.path == "/revoke" and b"-refresh" in request.body for request in provider.seen)
    assert held(tiled, REFRESH, ID_TOKEN) == set()


def test_who_is_asked_reads_why_a_saved_sign_in_was_not_sent(tiled, provider, cache):
    signed_in(tiled, tokens(lasts=-1.0))
    new_kernel()
    of_provider(tiled, provider)
    shown = Shown()
    reason = shown.connect(tiled.uri).reason
    assert f"was made with {httpx.URL(tiled.uri).netloc.decode()}" in reason
    assert f"renewed at {provider.uri}, so it was not sent" in reason
    with pytest.warns(UserWarning, match="so it was not sent"):
        assert not Context(tiled.api_uri).use_cached_tokens()


@pytest.mark.filterwarnings("ignore:Using")
def test_tokens_that_plain_tiled_has_saved_belong_to_the_server_they_lie_under(tiled, provider, cache):
    place = cache / "tokens" / quote_plus(tiled.api_uri)
    place.mkdir(parents=True)
    for name, token in tokens(lasts=-1.0).items():
        (place / name).write_text(token)
    context = resume(tiled)
    assert context.http_client.auth is not None
    assert held(tiled, REFRESH) == {REFRESH}
    for name, token in tokens(lasts=-1.0).items():
        (place / name).write_text(token)
    new_kernel()
    of_provider(tiled, provider)
    attempt(resume, tiled)
    assert provider.seen == []


def test_what_is_noted_beside_tokens_is_no_secret_and_ends_with_them(tiled, provider, cache):
    of_provider(tiled, provider)
    given = tokens()
    context = signed_in(tiled, given)
    (place,) = (cache / "tokens").iterdir()
    noted = (place / "made_by.json").read_text()
    assert json.loads(noted)["origin"] == provider.uri
    assert not any(part in noted for token in given.values() for part in token.split(".") if len(part) > 5)
    assert (place / "made_by.json").stat().st_mode & 0o777 == 0o600
    context.forget_saved()
    assert list(place.iterdir()) == []


# -- over a connection that others can read --------------------------------------------------------------


@pytest.fixture
def unencrypted(tiled, cache):
    """The same server by an invalid address of this computer's own."""
    uri = tiled.uri.replace("127.0.0.1", "0.0.0.0")
    tiled.about = json.loads(json.dumps(tiled.about).replace(tiled.uri, uri))
    place = cache / "tokens" / quote_plus(f"{uri}/api/v1/")
    place.mkdir(parents=True)
    for name, token in tokens().items():
        (place / name).write_text(token)
    return uri


@pytest.mark.parametrize("how", ["typed", "in the address", "in the environment", "given", "enabled", "saved"])
def test_no_way_in_sends_anything_over_plain_http_to_another_computer(tiled, unencrypted, monkeypatch, how):
    from tiled.client import from_uri

    sentences = []
    if how in ("typed", "in the address", "in the environment"):
        if how == "in the environment":
            monkeypatch.setenv("TILED_API_KEY", KEY)
        shown = Shown(use_saved=False)
        shown.session.connect(f"{unencrypted}?api_key={KEY}" if how == "in the address" else unencrypted)
        state = shown.until(lambda state: state.kind in ("signed_out", "signed_in", "disconnected"))
        if how == "typed":
            shown.session.methods.use_key(KEY)
            state = shown.rest(SignedOut)
        notice = getattr(state, "key", None)
        sentences += [notice.sentence if notice is not None else state.failure.sentence]
    if how in ("given", "in the address", "in the environment"):
        address = f"{unencrypted}?api_key={KEY}" if how == "in the address" else unencrypted
        with pytest.raises(TiledJupyterError) as raised:
            Context.from_any_uri(address, api_key=KEY if how == "given" else None)
        sentences.append(str(raised.value))
    if how == "enabled":
        enable()
        try:
            with pytest.raises(TiledJupyterError) as raised:
                from_uri(f"{unencrypted}?api_key={KEY}")
        finally:
            disable()
        sentences.append(str(raised.value))
    if how == "saved":
        context, _ = Context.from_any_uri(unencrypted)
        with pytest.warns(UserWarning, match="not encrypted"):
            assert not context.use_cached_tokens()
        sentences.append(context.unsent)
    settle()
    assert held(tiled, *EVERYTHING) == set()
    port = httpx.URL(unencrypted).port
    for sentence in sentences:
        assert "This connection is not encrypted (http://)" in sentence
        assert f"For a server on this computer use http://127.0.0.1:{port}." in sentence


def test_a_site_may_allow_it(tiled, unencrypted, monkeypatch):
    from tiled_jupyter.settings import TiledJupyter

    monkeypatch.setattr("tiled_jupyter.settings.settings", lambda: TiledJupyter(allow_http=True))
    context, _ = Context.from_any_uri(unencrypted, api_key=KEY)
    context.http_client.get(f"{unencrypted}/api/v1/metadata/")
    assert held(tiled, KEY) == {KEY}


# -- over a connection whose other end nobody has looked at ----------------------------------------------


@pytest.mark.filterwarnings("ignore:.*certificate.*")
def test_an_unverified_server_is_said_and_its_provider_is_verified_all_the_same(tmp_path, monkeypatch):
    monkeypatch.setattr("tiled.profiles.paths", [tmp_path])
    monkeypatch.setattr("tiled.profiles._all_paths", [tmp_path, tmp_path])
    load_profiles.cache_clear()
    tls = untrusted(tmp_path)
    with HostileServer(tls=tls) as server, HostileServer(tls=tls) as provider:
        (tmp_path / "lab.yml").write_text(f"lab:\n  uri: {server.uri}\n  verify: false\n")
        of_provider(server, provider)
        shown = Shown(use_saved=False)
        assert shown.connect("lab").server.unverified
        sentence = shown.begin(SignedOut, "demo").failure.sentence
        assert sentence.startswith(f"The certificate of {httpx.URL(provider.uri).netloc.decode()} is not trusted")
        assert provider.seen == []
    load_profiles.cache_clear()


def test_a_verified_server_is_not_said_to_be_unverified(tiled):
    assert not Shown(use_saved=False).connect(tiled.uri).server.unverified
