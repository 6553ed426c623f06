"""Tiled's subscriptions, where the thread that is to receive ends before it is connected.

``Subscription.start_in_thread`` waits for ever for such a thread. Subscribing itself is Tiled's.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any


def beginning() -> Any:
    """Give the subscription that begins in this thread, or None: it makes a key for a minute, and revokes it itself."""
    subscription = getattr(getattr(threading.current_thread(), "_target", None), "__self__", None)
    connected = getattr(subscription, "_connected_event", None)
    return subscription if isinstance(connected, threading.Event) and not connected.is_set() else None


@contextlib.contextmanager
def ended_with(subscription: Any) -> Iterator[None]:
    """Where the block fails, disconnect the subscription and let go of who waits for it."""
    try:
        yield
    except BaseException:
        subscription.disconnect(wait=False)
        subscription._connected_event.set()
        raise
