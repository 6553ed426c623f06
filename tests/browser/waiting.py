"""Wait for a condition that is not in the page: the server's REST API, a file, a process.

What is in the page is waited for by Playwright's own `expect` and `wait_for_function`.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
# From the stop button to the wait's end, in seconds.
STOPPED_WITHIN = 0.5


def until(condition: Callable[[], T], what: str, timeout: float = PATIENCE) -> T:
    """Give the first true result of a condition.

    Parameters
    ----------
    condition : callable
        Asked every 50 ms.
    what : str
        What is waited for, for the error message.
    timeout : float
        In seconds.

    Raises
    ------
    TimeoutError
        If the condition is still false at the end.
    """
    deadline = time.monotonic() + timeout
    pause = threading.Event()
    while not (result := condition()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"After {timeout:g} s still waiting for {what}.")
        pause.wait(0.05)
    return result
