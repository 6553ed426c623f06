"""What a person writes in a cell, a script or at a terminal.

Magics, the command line for keys, `attaching.enable`, `enabling.from_uri`, and the start-up file that loads them. Every
other room works without it.
"""

__all__ = ["attaching", "enabling", "extension", "key_command", "startup", "support"]
