"""The one settings section, ``c.TiledJupyter``, read from IPython's configuration.

For all users of a hub it can stand in ``/etc/ipython/ipython_config.py``, for one person in a profile.
It guides honest users: who owns the kernel can ignore it. What each does stands in its ``help``, and what it may
be in its ``must``; the table in the documentation is made of these.
"""

from __future__ import annotations

import functools
import json
import os
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from traitlets import Bool, Dict, Enum, Float, Int, List, TraitError, Unicode, validate
from traitlets.config import Application, Config, Configurable

from .errors import BadSetting
from .text import legible

SWITCH = "TILED_JUPYTER"  # the environment variable that turns the extension off

_SECTION = "TiledJupyter"
_YES_OR_NO = "be True or False"
_ALIKE = 0.85  # of two names, from which on one is taken for a misspelling of the other
_NEVER_SHOWN = ("servers", "token_source", "help_url", "provider_texts")  # people paste keys in addresses
_LONGEST_SHOWN = 20  # characters, fewer than any key has
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
    """Return the settings as they are now: IPython's configuration may change while a kernel lives.

    A name that resembles no setting is left out; `complaints` tells of it.

    Raises
    ------
    BadSetting
        Where a value cannot be used, or a name is misspelt: no restriction is guessed, and none is lost in silence.
    """
    config = _config()
    misspelt = [*_sections(config), *(_no_setting(name) for name in _unknown(config) if _meant(name))]
    if not misspelt:
        written = _written(config)
        try:
            return TiledJupyter(config=Config({_SECTION: Config(written)}))
        except (TraitError, ValueError):  # the latter of urlsplit
            wrong = " ".join(_wrong(written)) or f"The settings c.{_SECTION} cannot be used. Correct them {_where('')}."
    else:
        wrong = " ".join(misspelt)
    raise BadSetting(wrong)


def complaints(application: Application | None = None) -> tuple[str, ...]:
    """Return a sentence for everything about the settings that is not as it should be.

    A name that resembles no setting is not an error, because a configuration file may serve several environments, and
    a newer version in one of them may know it.

    Parameters
    ----------
    application : traitlets.config.Application, optional
        That has loaded the configuration; by default the running one, as the kernel has changed it since.

    Returns
    -------
    tuple of str
        For the person at the notebook. They name the setting, where it was set, and what it may be; they hold no value
        that could have a key in it.
    """
    config = _config() if application is None else application.config
    said = _sections(config, application)
    said += [_no_setting(name, application) for name in _unknown(config)]
    said += _wrong(_written(config), application)
    return (*said, *_wrong_variables())


def _sections(config: Config, application: Application | None = None) -> list[str]:
    """Return a sentence for each section whose name is ours misspelt."""
    return [
        f"c.{name} is not read. Did you mean c.{_SECTION}? Correct it {_where(name, application)}."
        for name in config
        if name != _SECTION and _is_like_ours(name)
    ]


@functools.cache  # settings are read often, and the names stay
def _is_like_ours(name: str) -> bool:
    import difflib  # needed once in a kernel

    return difflib.SequenceMatcher(None, _plain(name), _plain(_SECTION)).ratio() > _ALIKE


def _unknown(config: Config) -> list[str]:
    """Return the names that are no settings."""
    known = TiledJupyter.class_own_traits(config=True)
    return [name for name in config.get(_SECTION, {}) if name not in known]


@functools.cache  # as above
def _meant(name: str) -> str | None:
    """Return the setting that a name resembles, if it does."""
    import difflib  # seldom needed

    return next(iter(difflib.get_close_matches(name, TiledJupyter.class_own_traits(config=True), n=1)), None)


def _no_setting(name: str, application: Application | None = None) -> str:
    """Return a sentence for a name that is no setting."""
    meant = _meant(name)
    what = f"Did you mean {meant}? Correct it" if meant else "Remove it"
    where = _where(name, application)
    return f"c.{_SECTION}.{name} is no setting of this version of tiled_jupyter. {what} {where}."


def _config() -> Config:
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    if shell is None and not Application.initialized():
        return Config()
    config: Config = (Application.instance() if shell is None else shell).config
    return config


def _written(config: Config) -> dict[str, Any]:
    """Return what the configuration holds for the settings that there are."""
    known = TiledJupyter.class_own_traits(config=True)
    return {name: value for name, value in config.get(_SECTION, {}).items() if name in known}


def _wrong(written: dict[str, Any], application: Application | None = None) -> list[str]:
    """Return a sentence for each setting that cannot be used."""
    said = []
    for name, value in written.items():
        try:
            TiledJupyter(config=Config({_SECTION: Config({name: value})}))
        except (TraitError, ValueError):
            must, where = TiledJupyter.class_traits()[name].metadata["must"], _where(name, application)
            said.append(f"The setting c.{_SECTION}.{name}{_shown(name, value)} must {must}. Correct it {where}.")
    return said


def _shown(name: str, value: Any) -> str:
    """Return the value for a sentence, where it is plain that it holds no key."""
    if name in _NEVER_SHOWN or not isinstance(value, bool | int | float | str | None):
        return ""
    short = len(str(value)) <= _LONGEST_SHOWN
    shown = json.dumps(legible(value), ensure_ascii=False) if isinstance(value, str) else repr(value)
    return f" is {shown} and" if short else ""


def _where(name: str, application: Application | None = None) -> str:
    """Return where a name of the configuration was set, the place that counts if there are several."""
    if application is None and Application.initialized():
        application = Application.instance()
    if name and application is not None:
        given = application.cli_config
        if name in given or name in given.get(_SECTION, {}):
            return "on the command line"
        for path in reversed(application.loaded_config_files):
            try:
                lines = Path(path).read_text(encoding="utf-8").splitlines()
            except (OSError, ValueError):
                continue
            found = [number for number, line in enumerate(lines, 1) if _names(name, line)]
            surely = [number for number in found if _SECTION in lines[number - 1]]
            if found:
                return f"in {path}, line {(surely or found)[-1]}"
    return "in IPython's configuration"


def _names(name: str, line: str) -> bool:
    return not line.lstrip().startswith("#") and re.search(rf"\b{re.escape(name)}\b", line) is not None


def _plain(name: str) -> str:
    return name.replace("_", "").casefold()


def _wrong_variables() -> list[str]:
    """Return a sentence for each environment variable of ours that does nothing, or not what it seems to."""
    said = []
    value = os.environ.get(SWITCH, "")
    if value not in ("", "0", "1"):
        shown = f" is {json.dumps(legible(value), ensure_ascii=False)} and" if len(value) <= _LONGEST_SHOWN else ""
        said.append(
            f"The environment variable {SWITCH}{shown} must be 0, which turns tiled_jupyter off, or 1. It is on. "
            "Correct it in the kernel's environment."
        )
    said += [
        f"The environment variable {name} is not read. Settings stand in IPython's configuration, as c.{_SECTION}."
        f"{name.removeprefix(SWITCH).strip('_').lower()}."
        for name in sorted(os.environ)
        if name.startswith(f"{SWITCH}_") and name.removeprefix(f"{SWITCH}_").lower() in TiledJupyter.class_trait_names()
    ]
    return said
