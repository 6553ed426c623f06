"""The one settings section, ``c.TiledJupyter``, read from IPython's configuration.

For all users of a hub it can stand in ``/etc/ipython/ipython_config.py``, for one person in a profile.
It guides honest users: who owns the kernel can ignore it. What each does stands in its ``help``, and what it may
be in its ``must``; the table in the documentation is made of these.
"""

from __future__ import annotations

import re
import sys
from typing import Any
from urllib.parse import urlsplit

from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode, validate
from traitlets.config import Config, Configurable

from .errors import BadSetting

_SECTION = "TiledJupyter"
_YES_OR_NO = "be True or False"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class TiledJupyter(Configurable):
    """How the sign-in panel and the API keys behave."""

    servers = List(
        Unicode(), help="Tiled servers to offer, as addresses or names of profiles; the first one is filled in."
    ).tag(config=True, must="be a list of addresses without user, password or key, or of names of profiles")
    allow_unlisted_servers = Bool(default_value=True, help="Sign in to servers that are not in ``servers``, too.").tag(
        config=True, must=_YES_OR_NO
    )
    password_form = Bool(
        default_value=True,
        help="Offer to type passwords. Without it people sign in on a web page, or with an API key.",
    ).tag(config=True, must=_YES_OR_NO)
    allow_http = Bool(
        default_value=False,
        help="Send passwords, keys and tokens over unencrypted ``http://`` to other computers. Dangerous.",
    ).tag(config=True, must=_YES_OR_NO)
    remember = Enum(
        ("ask", "never", "always"),
        default_value="ask",
        help="Whether a sign-in is kept for everyone who uses this computer account: the person is asked, "
        "or it never or always is.",
    ).tag(config=True, must='be "ask", "never" or "always"')
    login_deadline = Float(
        900.0, min=1.0, help="Seconds a cell waits for a sign-in after the page was last heard."
    ).tag(config=True, must="be a number of seconds, 1 at least")
    reauthentication_deadline = Float(
        86400.0, min=1.0, help="Seconds an interrupted cell waits for a sign-in, whether or not its page is there."
    ).tag(config=True, must="be a number of seconds, 1 at least")
    token_source = Unicode(
        help="A function of a hub's single sign-on, called as ``(http_client, providers)`` before anybody is asked. "
        "It gives tokens, or None for the panel; where it fails or takes longer than 4.5 seconds, nobody is signed in.",
    ).tag(config=True, must='be "module:function"')
    max_key_days = Int(
        None, allow_none=True, min=1, help="Days an API key may work at most. Keys that never expire are then refused."
    ).tag(config=True, must="be a whole number of days, 1 at least, or None")
    allow_write_keys = Bool(
        default_value=True,
        help="Make API keys that may change something: data, metadata, users, or other keys.",
    ).tag(config=True, must=_YES_OR_NO)
    allow_copy_key = Bool(
        default_value=True, help="Offer to copy a new API key to the clipboard, besides saving it to a file."
    ).tag(config=True, must=_YES_OR_NO)
    leak_guard = Bool(default_value=True, help="Warn after a cell has run that has an API key written in it.").tag(
        config=True, must=_YES_OR_NO
    )
    help_url = Unicode(
        help="A page that says how to get an account, and whom to ask. The panel links to it, and "
        "sentences about missing access name it."
    ).tag(config=True, must="be an https:// address")
    provider_texts = Dict(
        key_trait=Unicode(),
        value_trait=Unicode(),
        help="What to tell people who choose a way to sign in, by the provider's name: which account, which second "
        "factor.",
    ).tag(config=True, must="be a dictionary of texts by the names of providers")

    @validate("servers")
    def _check_servers(self, proposal: Any) -> Any:
        if any(re.search(r"[@?#\s]", name) or not name for name in proposal.value):
            raise TraitError
        return proposal.value

    @validate("token_source")
    def _check_token_source(self, proposal: Any) -> Any:
        if proposal.value and not re.fullmatch(r"[\w.]+:\w+", proposal.value):
            raise TraitError
        return proposal.value

    @validate("help_url")
    def _check_help_url(self, proposal: Any) -> Any:
        url = urlsplit(proposal.value)  # the page links to nothing else either
        safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in _LOOPBACK)
        if proposal.value and not (safe and url.hostname and "@" not in url.netloc):
            raise TraitError
        return proposal.value


def settings() -> TiledJupyter:
    """Give the settings as they are now: IPython's configuration may change while a kernel lives.

    Raises
    ------
    BadSetting
        Where one of them is not what it must be: nothing is guessed.
    """
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    config = Config() if shell is None else shell.config
    try:
        return TiledJupyter(config=config)
    except (TraitError, ValueError):  # the latter of urlsplit
        wrong = _wrong(config)
    raise BadSetting(wrong)


def _wrong(config: Config) -> str:
    """Say which setting cannot be used; not what it is, because people paste keys in addresses."""
    for name, value in config.get(_SECTION, {}).items():
        try:
            TiledJupyter(config=Config({_SECTION: {name: value}}))
        except (TraitError, ValueError):
            must = TiledJupyter.class_traits()[name].metadata["must"]
            return f"The setting c.{_SECTION}.{name} must {must}. Correct it in IPython's configuration."
    return f"The settings c.{_SECTION} cannot be used. Correct them in IPython's configuration."
