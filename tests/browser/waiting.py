"""Wait for a condition that is not in the page: the server's REST API, a file, a process.

What is in the page is waited for by Playwright's own `expect` and `wait_for_function`.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, TypeVar

from playwright.sync_api import expect

from tests.patience import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

T = TypeVar("T")
# From the stop button to the wait's end, in seconds: what is promised where the machine has nothing else to do.
_STOPPED_WITHIN = 0.5
#: A cell that knows nothing of the product, and how long it takes from the stop button to its end.
SLEEPING = """
import time
try:
    print("sleeps", flush=True)
    time.sleep(3600)
except KeyboardInterrupt:
    print("woken", time.time())
"""


def stopped_in_time(notebook: Notebook, sleeping: int, took: float) -> None:
    """See that a wait ended at once after the stop button, as far as this machine does anything at once.

    Parameters
    ----------
    notebook : Notebook
        Nothing runs in it.
    sleeping : int
        Index of the cell `SLEEPING`. It is stopped too where the wait took longer than is promised.
    took : float
        Seconds from the stop button to the end of the wait.
    """
    if took < _STOPPED_WITHIN:
        return
    plain = []
    for _ in range(2):
        notebook.run(sleeping)
        expect(notebook.output_area(sleeping)).to_contain_text("sleeps")
        clicked = notebook.stop()
        plain.append(float(notebook.cell_done(sleeping).split("woken ")[1].split()[0]) - clicked)
    assert took < _STOPPED_WITHIN + 2 * max(plain), f"{took:.2f} s, and {plain} for a cell that sleeps"


def until(condition: Callable[[], T], what: str, timeout: float = PATIENCE) -> T:
    """Return the first true result of a condition.

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
