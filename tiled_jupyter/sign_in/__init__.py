"""From an address to being signed in, and out again.

`session.LoginSession` finds the server, offers its ways to sign in, takes what a person gives and waits with them, one
state after the other. The panel shows those states; nothing here knows how.
"""

__all__ = ["api_key", "context", "hook", "profiles", "server", "session", "sign_ins", "sign_out"]
