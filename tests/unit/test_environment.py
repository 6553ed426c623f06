"""Proxies of the environment: what httpx would use is known, what it cannot use is said, and no password is."""

from __future__ import annotations

import os
import ssl

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tiled_jupyter.oauth.environment import broken, proxy_for

TLS = ssl.create_default_context()
NAMES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy", "NO_PROXY", "no_proxy")
pieces = st.sampled_from(
    [
        "http://",
        "https://",
        "socks5://",
        "s3cr3t:s3cr3t@",
        "p.example",
        ":3128",
        "[::1]",
        ",",
        "*",
        ".example",
        "/",
        ":",
        "%",
    ]
)
values = st.lists(pieces | st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=2), max_size=5)


def only(monkeypatch, **variables):
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)


@given(st.dictionaries(st.sampled_from(NAMES), values.map("".join), max_size=3))
@example({"NO_PROXY": "localhost,[::1]"})
@example({"HTTP_PROXY": "s3cr3t:s3cr3t@http://"})
@example({"HTTPS_PROXY": "socks5://s3cr3t:s3cr3t@p.example"})
def test_whatever_breaks_every_connection_is_said_without_a_password(variables):
    with pytest.MonkeyPatch.context() as monkeypatch:
        only(monkeypatch, **variables)
        try:
            httpx.Client(verify=TLS).close()
            works = True
        except Exception:  # noqa: BLE001 - of whatever kind
            works = False
        said = broken()
        assert works or said is not None
        assert said is None or (said.isprintable() and "s3cr3t:" not in said)
        proxy = proxy_for("https://t.example/")
        assert "s3cr3t:" not in str(proxy)


@given(
    st.lists(
        st.sampled_from(
            ["*", "t.example", ".t.example", "example", ".example", "x.t.example", "T.EXAMPLE", " ", "ample"]
        ),
        max_size=3,
    ),
    st.sampled_from(["t.example", "x.t.example", "at.example", "127.0.0.1"]),
)
def test_a_proxy_is_named_where_httpx_uses_one(exceptions, host):
    with pytest.MonkeyPatch.context() as monkeypatch:
        only(monkeypatch, ALL_PROXY="http://p.example:3128", NO_PROXY=",".join(exceptions))
        url = httpx.URL(f"https://{host}/")
        with httpx.Client(verify=TLS) as http:
            used = http._transport_for_url(url) is not http._transport
        proxy = proxy_for(str(url))
        assert (proxy is not None) == (used and host != "127.0.0.1")
        assert proxy is None or str(proxy) == "proxy p.example:3128 (ALL_PROXY)"


def test_the_proxy_for_the_scheme_comes_before_that_for_all(monkeypatch):
    only(
        monkeypatch,
        ALL_PROXY="http://all.example",
        https_proxy="http://secure.example",
        HTTPS_PROXY="http://upper.example",
    )
    assert str(proxy_for("https://t.example")) == "proxy secure.example (https_proxy)"
    assert str(proxy_for("http://t.example")) == "proxy all.example (ALL_PROXY)"
    assert proxy_for("http://localhost:8000") is None
