"""Tiled's Context asks a server what it is before anybody decides to trust it: that answer is read to a limit.

How long it may take is the affair of who makes the Context.
"""

from __future__ import annotations

from typing import Any

import httpx

from ..oauth.exchange import read_bounded


class BoundedFirstAnswer:
    """For a Context to derive from: what it reads while it is made is bounded."""

    _is_asking = False

    def __init__(self, *args: Any, **options: Any) -> None:
        self._is_asking = True
        try:
            super().__init__(*args, **options)
        except BaseException:
            if "http_client" in self.__dict__:
                self.http_client.close()
            raise
        self._is_asking = False
        self.http_client.event_hooks["response"].remove(read_bounded)

    @property
    def http_client(self) -> Any:  # its `auth` is ours, which httpx's types do not know
        """The client that Tiled's Context makes, and asks with at once."""
        return self.__dict__["http_client"]

    @http_client.setter
    def http_client(self, client: httpx.Client) -> None:
        self.__dict__["http_client"] = client
        if self._is_asking:
            client.event_hooks["response"].append(read_bounded)
