"""An API key that was just made: the one object that holds its secret, until it is dismissed.

It can be saved, used and named in snippets, and looks like what Tiled's ``create_api_key`` returns. Its secret is
in no representation of it, and it cannot be pickled. Asks no server.
"""

from __future__ import annotations

import copy
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

from ..address import host_of
from ..errors import KeysUnavailable
from ..session import key_files
from ..text import Masked
from . import choice as which_key
from . import jobs

_DISMISSED = "This key was dismissed, and cannot be shown again. Make another one."


class NewApiKey(dict[str, Any]):
    """An API key with its secret: the dictionary that Tiled gives, whose representation hides the secret.

    Parameters
    ----------
    answer : dict
        What the server answered: ``first_eight``, ``secret``, ``note``, ``scopes``, ``access_tags`` …
    expires : datetime or None
        None for never.
    context : tiled.client.context.Context
        Of the server that made it.
    runs_for : int, optional
        Seconds that the job runs, for the time limits in snippets.
    made_as : mapping, optional
        As what it was made, as its file says it; see `tiled_jupyter.session.key_files.KeyFile`.

    Attributes
    ----------
    first_eight : str
        Names the key; no secret.
    note : str
    expires : datetime or None
    scopes : tuple of str
    saved_to : Path or None
        The file it was last saved to.
    """

    __slots__ = ("_context", "_made_as", "_runs_for", "expires", "saved_to")

    def __init__(
        self,
        answer: Mapping[str, Any],
        expires: datetime | None,
        context: Any,
        runs_for: int | None = None,
        made_as: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__({**answer, "secret": Masked(answer["secret"])})
        self._context = context
        self._runs_for = runs_for
        self._made_as = made_as
        self.expires = expires
        self.saved_to: Path | None = None

    @property
    def secret(self) -> str:
        """The key itself; `print` shows it, a cell that ends in it does not."""
        secret: str = self["secret"]
        return secret

    @property
    def first_eight(self) -> str:
        """The first eight characters."""
        return str(self["first_eight"])

    @property
    def api_uri(self) -> str:
        """The server it is for."""
        return str(self._context.api_uri)

    @property
    def note(self) -> str | None:
        """What it is for."""
        note: str | None = self.get("note")
        return note

    @property
    def scopes(self) -> tuple[str, ...]:
        """What it may do."""
        return tuple(self.get("scopes") or ())

    def save(self, path: str | Path | None = None, *, beside_notebook: bool = False) -> Path:
        """Write the key to a file for this user alone.

        Parameters
        ----------
        path : str or Path, optional
            By default a file in the user's state directory, named after the server and the key.
        beside_notebook : bool
            Allow a path in the directory of the notebook, where it may be published with it.

        Returns
        -------
        Path

        Raises
        ------
        UnsafePlace
            If others could read or replace it there.
        """
        self.saved_to = key_files.save(
            self.secret, self.api_uri, self.expires, path, beside_notebook=beside_notebook, made_as=self._made_as
        )
        return self.saved_to

    def use(self, *, environment: bool = False) -> str:
        """Use the key in this kernel from now on, for its server alone.

        It takes the place of a sign-in to that server here, and of a key from the environment. Whoever makes a client
        for it later in this kernel uses it too.

        Parameters
        ----------
        environment : bool
            Also put it in ``TILED_API_KEY``, for programs that this kernel starts. Tiled sends that to every server.

        Returns
        -------
        str
            A sentence that says who will receive it.
        """
        server = self.api_uri
        secret = self.secret
        which_key.use(self._context, secret, bind=True)
        if environment:
            os.environ[key_files.VARIABLE] = secret
            return f"This key is in {key_files.VARIABLE} now: Tiled sends it to every server it connects to."
        return f"This key is used for {host_of(server)} in this kernel, and sent to no other server."

    def snippet(self, kind: jobs.Kind) -> str:
        """Write down how a job gets the key, without the key; see `tiled_jupyter.keys.jobs.snippet`.

        Raises
        ------
        ValueError
            If there is no such kind, or no file yet that it could name.
        """
        if self.saved_to is None:
            raise ValueError("Save the key first: a snippet names its file.")
        return jobs.snippet(
            kind, self.saved_to, self.api_uri, note=self.note, expires=self.expires, runs_for=self._runs_for
        )

    def dismiss(self) -> None:
        """Forget the secret. Where it was not saved or copied, the key is of no use any more: revoke it."""
        self.pop("secret", None)

    def __missing__(self, name: str) -> NoReturn:
        if name == "secret":
            raise KeysUnavailable(_DISMISSED)
        raise KeyError(name)

    def __repr__(self) -> str:
        until = "never expires" if self.expires is None else f"expires {self.expires:%Y-%m-%d %H:%M %Z}"
        return f"<{type(self).__name__} {self.first_eight}…, {self.note!r}, {until}>"

    def __hash__(self) -> int:  # type: ignore[override]
        return hash(self.first_eight)

    def __copy__(self) -> dict[str, Any]:
        return dict(self)

    def __deepcopy__(self, memo: dict[int, Any]) -> dict[str, Any]:
        return copy.deepcopy(dict(self), memo)

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError("An API key is not pickled: that would be a copy of it. Save it to a file and name the file.")
