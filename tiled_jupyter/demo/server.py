"""The demo's Tiled server: its configuration, and a process that serves it on loopback.

``python -m tiled_jupyter.demo.server --port 8000 --directory DIR`` serves until SIGTERM or SIGINT. Token
lifetimes and providers can be set, for tests. The key that signs tokens and a single user's come from Tiled's own
environment variables, and not from the command line, where other users of the machine could read them.
Starts nothing else and opens no browser: that is `tiled_jupyter.demo.__main__`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

HOST = "127.0.0.1"
# Made up, and printed at every start: they guard computed data on a loopback address.
PASSWORDS = {"alice": "wonderland", "bob": "builder"}
# Seconds: nobody who tries notebook 03 wants to wait 15 minutes for a session to be over.
ACCESS_TOKENS_LAST = 5
CONFIRMATION = "You have signed in as {id}."


def password_provider(name: str = "demo", users: Mapping[str, str] = PASSWORDS) -> dict[str, Any]:
    """Describe a provider that knows people by password.

    Parameters
    ----------
    name : str
        What the server calls it.
    users : mapping
        Passwords by name; alice and bob if left out.
    """
    return {
        "provider": name,
        "authenticator": "tiled.authenticators:DictionaryAuthenticator",
        "args": {"users_to_passwords": dict(users), "confirmation_message": CONFIRMATION},
    }


def openid_provider(uri: str, name: str = "openid") -> dict[str, Any]:
    """Describe the demo's OpenID provider (`tiled_jupyter.demo.provider`), with Tiled's own device flow before it.

    Parameters
    ----------
    uri : str
        Where the provider listens.
    name : str
        What the server calls it.
    """
    return {
        "provider": name,
        "authenticator": "tiled.authenticators:OIDCAuthenticator",
        "args": {
            "audience": "tiled",
            "client_id": "tiled",
            "client_secret": "tiled-secret",
            "well_known_uri": f"{uri}/.well-known/openid-configuration",
            "user_id_claim": "preferred_username",
            "confirmation_message": CONFIRMATION,
        },
    }


def configuration(
    directory: Path,
    *,
    access_token_max_age: float | None = None,
    refresh_token_max_age: float | None = None,
    session_max_age: float | None = None,
    allow_anonymous_access: bool = True,
    providers: Sequence[Mapping[str, Any]] | None = None,
    writable: bool = False,
) -> dict[str, Any]:
    """Return the configuration of a Tiled server with the demo's data and users.

    Parameters
    ----------
    directory : Path
        Holds the authentication database, which outlives a restart.
    access_token_max_age, refresh_token_max_age, session_max_age : float, optional
        Lifetimes in seconds; Tiled's own (15 minutes, a week, a year) if left out.
    allow_anonymous_access : bool
        Whether the public data can be read without signing in.
    providers : sequence of dict, optional
        Instead of the one password provider; as in Tiled's configuration file. With none the server is for
        a single user, who has the key in Tiled's own ``TILED_SINGLE_USER_API_KEY`` and sees everything.
    writable : bool
        Serve, instead of the demo's data, an empty catalog in `directory`, in which everybody who has signed in
        writes and of which updates are streamed.
    """
    trees = [{"path": "/", "tree": "tiled_jupyter.demo.data:tree"}]
    if providers is not None and not providers:
        return {"trees": trees, "authentication": {"allow_anonymous_access": allow_anonymous_access}}
    lifetimes = {
        "access_token_max_age": access_token_max_age,
        "refresh_token_max_age": refresh_token_max_age,
        "session_max_age": session_max_age,
    }
    served = {
        "trees": trees,
        "access_control": {"access_policy": "tiled_jupyter.demo.access:DemoAccessPolicy", "args": {}},
    }
    return {
        **(_empty_catalog(Path(directory).resolve()) if writable else served),
        "authentication": {
            "providers": list(providers) if providers is not None else [password_provider()],
            "allow_anonymous_access": allow_anonymous_access,
            **{name: seconds for name, seconds in lifetimes.items() if seconds is not None},
        },
        "database": {
            "uri": f"sqlite:///{Path(directory).resolve() / 'authentication.db'}",
            "init_if_not_exists": True,
        },
    }


def _empty_catalog(directory: Path) -> dict[str, Any]:
    database = directory / "catalog.db"
    return {
        "catalog": {
            "uri": f"sqlite:///{database}",
            "writable_storage": [str(directory / "data")],
            "init_if_not_exists": not database.exists(),  # looking takes another process some seconds
        },
        "streaming_cache": {"uri": "memory"},
    }


def parser() -> argparse.ArgumentParser:
    """Return the parser of the server's command line."""
    options = argparse.ArgumentParser(prog="python -m tiled_jupyter.demo.server", description=__doc__.split("\n")[0])
    options.add_argument("--port", type=int, required=True)
    options.add_argument("--directory", type=Path, required=True, help="where the authentication database is kept")
    options.add_argument("--access-token-max-age", type=float, metavar="SECONDS")
    options.add_argument("--refresh-token-max-age", type=float, metavar="SECONDS")
    options.add_argument("--session-max-age", type=float, metavar="SECONDS")
    options.add_argument("--require-login", action="store_true", help="show nothing to anonymous users")
    options.add_argument("--providers", type=Path, metavar="FILE", help="JSON list of other providers")
    options.add_argument("--root-path", metavar="PATH", default="", help="prefix below which a proxy shows it")
    options.add_argument("--writable", action="store_true", help="serve an empty catalog to write in")
    return options


def do_without_sparse() -> None:
    """Make Tiled's server importable where sparse is not installed.

    Tiled 0.2.20 (`tiled.adapters.protocols`) names ``sparse.COO`` in the annotations of two methods, and imports the
    package for that. It would bring numba, 200 MB. Afterwards sparse is not there, as before.
    """
    if find_spec("sparse") is None:
        import dask.array  # noqa: F401  before: it asks sparse for more, where it finds one

        sys.modules["sparse"] = stand_in = ModuleType("sparse")
        stand_in.COO = type("COO", (), {})  # type: ignore[attr-defined]
        try:
            import tiled.adapters.protocols  # noqa: F401
        finally:
            del sys.modules["sparse"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until stopped."""
    options = parser().parse_args(arguments)
    do_without_sparse()
    import uvicorn
    from tiled.server.app import build_app_from_config

    app = build_app_from_config(
        configuration(
            options.directory,
            access_token_max_age=options.access_token_max_age,
            refresh_token_max_age=options.refresh_token_max_age,
            session_max_age=options.session_max_age,
            allow_anonymous_access=not options.require_login,
            providers=json.loads(options.providers.read_text()) if options.providers else None,
            writable=options.writable,
        )
    )
    uvicorn.run(app, host=HOST, port=options.port, root_path=options.root_path)


if __name__ == "__main__":
    main()
