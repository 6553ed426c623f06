"""What a person writes in a cell or a script.

Magics, `attaching.enable`, `enabling.from_uri`, and the start-up file that loads them. Every other room works without
it.
"""

__all__ = ["attaching", "enabling", "extension", "startup", "support"]
