"""What can be the case, as values.

The states of a login and what it becomes (`states`, `events.transition`), the account's tabs (`account`), and the
messages between Python and the page (`wire`). Everything here is pure and of the standard library; nothing does input
or output, and no value holds a secret.
"""

__all__ = ["account", "events", "parts", "states", "wire"]
