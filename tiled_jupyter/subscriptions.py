"""Tiled's subscriptions, where the thread that is to receive ends before it is connected.

``Subscription.start_in_thread`` waits for ever for such a thread. Subscribing itself is Tiled's.
"""

from __future__ import annotations

import threading
from typing import Any


def is_subscribing() -> bool:
    """Whether this thread is a subscription's that begins: it makes a key for a minute, and revokes it itself."""
    return _waits_for(_subscription())


def end_what_could_not_begin() -> None:
    """Disconnect the subscription whose thread this is, if it is one's, and let go of who waits for it."""
    subscription = _subscription()
    if _waits_for(subscription):
        subscription.disconnect(wait=False)
        subscription._connected_event.set()


def _subscription() -> Any:
    return getattr(getattr(threading.current_thread(), "_target", None), "__self__", None)


def _waits_for(subscription: Any) -> bool:
    connected = getattr(subscription, "_connected_event", None)
    return isinstance(connected, threading.Event) and not connected.is_set()
