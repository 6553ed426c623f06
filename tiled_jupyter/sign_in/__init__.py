"""From an address to being signed in, and out again.

`session.LoginSession` finds the server and who is signed in there already, one state after the other. It has numbered
attempts to change the state (`attempts`), the ways to sign in (`methods`), and a recipient of the tokens (`recipient`:
a Context, or who called a `hook`). The panel shows those states; nothing here knows how.
"""

__all__ = [
    "api_key",
    "context",
    "first_form",
    "hook",
    "probing",
    "profiles",
    "server",
    "session",
    "sign_ins",
    "sign_out",
    "target",
]
