"""What can go wrong, as a tree.

* TiledJupyterError
  + LoginFailed         the login ended without a sign-in; ``.reason`` is a kind of `states.Failure`
  + LoginCancelled      the person pressed Cancel, or signed in elsewhere was refused
  + CannotPrompt        nobody can be asked here (nbclient, papermill, a script, Voilà, start-up files)
  + IdentityChanged     somebody else signed in than the one whose session had ended; nothing was sent as them
  + KeysUnavailable     this server or this sign-in has no API keys, or says nothing of them now
  + KeyNotMade          no API key was made, or one was made and lost on the way, and is revoked if it was found
  + BadSetting          c.TiledJupyter holds something that cannot be used

Messages are sentences for the person at the notebook. They never hold a password, token or key, and
exceptions are raised ``from None`` where their cause could: the request of an httpx error holds the form.

Where Tiled raises an error of its own, ours is that one too: a `RuntimeError` here, the others in `tiled_errors`.
"""

from __future__ import annotations


class TiledJupyterError(Exception):
    """Base of everything this package raises on purpose."""


class LoginFailed(TiledJupyterError, RuntimeError):
    """The login ended without a sign-in.

    Parameters
    ----------
    sentence : str
        What happened and what to do.
    reason : str
        One of the kinds of `tiled_jupyter.state.states.Failure`.
    """

    def __init__(self, sentence: str, reason: str = "server") -> None:
        super().__init__(sentence)
        self.reason = reason


class LoginCancelled(TiledJupyterError):
    """The person said no."""


class CannotPrompt(TiledJupyterError):
    """There is nobody to ask in this context."""


class IdentityChanged(TiledJupyterError):
    """Somebody else signed in than the one whose session had ended."""


class KeysUnavailable(TiledJupyterError, RuntimeError):
    """There are no API keys to make, list or revoke here, or not now.

    Parameters
    ----------
    sentence : str
        What happened and what to do.
    passing : bool
        Whether the same may succeed a little later.
    """

    def __init__(self, sentence: str, *, passing: bool = False) -> None:
        super().__init__(sentence)
        self.passing = passing


class KeyNotMade(TiledJupyterError):
    """The request for an API key gave none."""


class BadSetting(TiledJupyterError, ValueError):
    """A setting of ``c.TiledJupyter`` is not what it must be."""
