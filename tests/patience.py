"""How long a test waits for what should happen at once, before it fails.

Nothing is measured with it: a machine that is ten times as busy needs ten times as long. A test about time says
which, with the fault table's seconds or with `tests.server.shown.at_once`.
"""

PATIENCE = 120.0  # seconds
