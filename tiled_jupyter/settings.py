"""The one settings section, ``c.TiledJupyter``, read from IPython's configuration.

For all users of a hub it can stand in ``/etc/ipython/ipython_config.py``, for one person in a profile.
It guides honest users: who owns the kernel can ignore it.
"""

from __future__ import annotations

import sys

from traitlets import Bool, Enum, Float, Int, List, Unicode
from traitlets.config import Configurable


class TiledJupyter(Configurable):
    """How the sign-in panel and the API keys behave."""

    servers = List(
        Unicode(), help="Tiled servers to offer, as addresses or names of profiles; the first one is filled in."
    ).tag(config=True)
    allow_http = Bool(
        default_value=False,
        help="Send passwords over unencrypted http:// to other computers than this one. Dangerous.",
    ).tag(config=True)
    remember = Enum(
        ("ask", "never", "always"),
        default_value="ask",
        help="Whether a sign-in is kept for everyone who uses this computer account: the person is asked, "
        "or it never or always is.",
    ).tag(config=True)
    login_deadline = Float(
        900.0, min=1.0, help="Seconds a cell waits for a sign-in after the page was last heard."
    ).tag(config=True)
    reauthentication_deadline = Float(
        86400.0, min=1.0, help="Seconds an interrupted cell waits for a sign-in, whether or not its page is there."
    ).tag(config=True)
    token_source = Unicode(
        help="``module:function``, called as (http_client, providers) before anybody is asked. It gives tokens, "
        "or None for the panel; where it fails or takes longer than 4.5 seconds, nobody is signed in.",
    ).tag(config=True)
    max_key_days = Int(
        None, allow_none=True, min=1, help="Days an API key may work at most. Keys that never expire are then refused."
    ).tag(config=True)
    allow_write_keys = Bool(
        default_value=True,
        help="Make API keys that may change something: data, metadata, users, or other keys.",
    ).tag(config=True)
    allow_copy_key = Bool(
        default_value=True, help="Offer to copy a new API key to the clipboard, besides saving it to a file."
    ).tag(config=True)
    leak_guard = Bool(default_value=True, help="Warn after a cell has run that has an API key written in it.").tag(
        config=True
    )


def settings() -> TiledJupyter:
    """Give the settings as they are now: IPython's configuration may change while a kernel lives."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return TiledJupyter() if shell is None else TiledJupyter(config=shell.config)
