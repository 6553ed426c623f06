"""The Context that clients are made of: a `reauthentication.Context` that knows about API keys."""

from __future__ import annotations

from typing import Any

from . import live, reauthentication
from .api_keys import ApiKeys
from .new_key import NewApiKey
from .scopes import INHERIT, READ
from .settings import settings


class Context(reauthentication.Context):
    """A Tiled Context that makes one key for one call, and shares the key that this kernel shall use.

    Parameters are those of `tiled.client.context.Context`.
    """

    api_key: Any  # a property of Tiled's
    key_is_shared: bool = False

    def __init__(self, uri: str, **options: Any) -> None:
        super().__init__(uri, **options)
        self._share_key()

    def take_over(self) -> None:
        """Begin to be one of ours; see `reauthentication.Context.take_over`."""
        super().take_over()
        self._share_key()

    def create_api_key(
        self,
        scopes: Any = None,
        expires_in: int | str | None = None,
        note: str | None = None,
        access_tags: Any = None,
    ) -> NewApiKey:
        """Make an API key; see `tiled.client.context.Context.create_api_key`, whose parameters and defaults these are.

        Returns
        -------
        NewApiKey
            With ``["secret"]``, like Tiled's dictionary, and a representation that does not show it.
        """
        if scopes is None:
            scopes = [INHERIT] if settings().allow_write_keys else READ
        return ApiKeys(self).create(expires_in, note, scopes, access_tags)

    def forget(self) -> str | None:
        """Stop being signed in, in this kernel only; see `reauthentication.Context.forget`."""
        for context in self._sharing():
            context.api_key = None
            context.key_is_shared = False
        return super().forget()

    def _share_key(self) -> None:
        sharing = self._sharing()
        if sharing and self.api_key is None and self.http_client.auth is None:
            self.api_key, self.key_is_shared = sharing[0].api_key, True

    def _sharing(self) -> list[Any]:
        """Give the Contexts of this server whose key `NewApiKey.use` set."""
        return [context for context in live.contexts(self.api_uri) if getattr(context, "key_is_shared", False)]
