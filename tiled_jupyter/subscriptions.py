"""Tiled's subscriptions, where the thread that is to receive ends before it is connected.

``Subscription.start_in_thread`` waits for ever for such a thread. Subscribing itself is Tiled's.
"""

from __future__ import annotations

import threading


def end_what_could_not_begin() -> None:
    """Disconnect the subscription whose thread this is, if it is one's, and let go of who waits for it."""
    subscription = getattr(getattr(threading.current_thread(), "_target", None), "__self__", None)
    connected = getattr(subscription, "_connected_event", None)
    if isinstance(connected, threading.Event) and not connected.is_set():
        subscription.disconnect(wait=False)  # type: ignore[union-attr]  # it has the event, so it is one
        connected.set()
