"""A session that outlives its tokens.

`context.SessionContext` is Tiled's, with a prompt. Its session is refreshed once and asked for once, for however
many threads; it takes over what another kernel has left on disk (`tokens`), and sends the interrupted request again.
Here is also what such a session leaves behind: files, pickles, its end here and on the server (`ending`). Whom it asks
is a callable (`prompts`); it shows nothing.
"""

__all__ = [
    "arrival",
    "auth",
    "bare",
    "context",
    "ending",
    "ensure",
    "identity",
    "key_files",
    "known_servers",
    "lifetime",
    "patience",
    "prompts",
    "registry",
    "revocation",
    "showing",
    "tiled_errors",
    "tokens",
]
