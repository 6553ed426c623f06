"""A day of a kernel in a minute: what it holds, and what it says, does not grow with the hours.

Everything is real but the time (`clock`) and a server's answers: the kernel, its cell, its panel, sockets and files.
"""

from __future__ import annotations

import base64
import functools
import importlib
import json
import pkgutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import tiled_jupyter
from tests.server.hostile_server import HostileServer, Reply, code, device

from .clock import Clock
from .held import held
from .table import busy, head, row

HOURS = 24.0
SAMPLES = 8  # in that time; the first two are for what is made once
LIFETIME, CODE_LIFETIME, INTERVAL = 900.0, 600.0, 5.0  # seconds: of tokens, of codes, between polls
# From the second sample to the last. A connection of the server, which is in this process too, may end a moment later,
# and Python keeps some things in passing. Objects are those of the garbage collector, blocks those of Python's
# allocator: `tracemalloc` would take twice the time of everything else.
LIMITS = {"threads": 2, "file handles": 4, "widgets": 0, "comms": 0, "contexts": 0, "sessions": 0, "listeners": 0}
LIMITS |= {"objects": 100, "blocks": 1000, "kB in all": 4000}
MOST_MESSAGES = 1200  # an hour: that the kernel is busy every five seconds, which hubs look at, and a ping every ten


class Day:
    """So many hours of this kernel.

    Parameters
    ----------
    hours : float
    """

    def __init__(self, clock: Clock, server: HostileServer, hours: float) -> None:
        self.clock, self.server = clock, server
        self.seconds = 3600 * hours
        self.lives = True
        self.requests: Counter[str] = Counter()
        self.messages: Counter[str] = Counter()
        server.replies["metadata/"] = self._data
        server.replies["auth/session/refresh"] = self._refresh
        server.replies["auth/provider/demo/authorize"] = lambda *_: Reply(
            200, code(server.api_uri, expires_in=CODE_LIFETIME, interval=INTERVAL)
        )
        server.replies["auth/provider/demo/poll"] = Reply(400, {"detail": {"error": "authorization_pending"}})
        server.about["authentication"]["providers"].append(device(server.api_uri, "phone"))

    # -- the server ------------------------------------------------------------------------------------

    def tokens(self, lifetime: float = LIFETIME) -> dict[str, Any]:
        """Return tokens that last so long."""
        claims = json.dumps({"sub": "alice", "exp": self.clock.time() + lifetime}).encode()
        return {
            "access_token": f"e30.{base64.urlsafe_b64encode(claims).decode().rstrip('=')}.c2ln",
            "refresh_token": "r",
        }

    def _data(self, request: Any, _handler: object) -> Reply:
        claims = request.headers["Authorization"].split(".")[1]
        left = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))["exp"] - self.clock.time()
        return Reply(200) if left > 0 else Reply(401, {"detail": "Access token has expired. Refresh token."})

    def _refresh(self, *_: object) -> Reply:
        return Reply(200, self.tokens()) if self.lives else Reply(401, {"detail": "Session has expired."})

    # -- what happens ----------------------------------------------------------------------------------

    def a_cell_waits(self) -> None:
        """The session dies at once; no page answers, and in the end the person signs in in another notebook."""
        from tiled_jupyter.session import tokens as files

        self.lives = False
        with self._signed_in(0.0) as context:

            def person() -> None:
                self.clock.sleep(self.seconds - 60)  # a cell waits for a day at most
                self.lives = True
                files.write_tokens(context.token_directory, self.tokens())

            self._thread(person)
            assert context.http_client.get(f"{context.api_uri}metadata/").status_code == 200

    def a_session_is_refreshed(self) -> None:
        """Data is read every minute."""
        with self._signed_in() as context:
            end = self.clock.monotonic() + self.seconds
            while self.clock.monotonic() < end:
                assert context.http_client.get(f"{context.api_uri}metadata/").status_code == 200
                self.clock.sleep(60)

    def a_panel_counts_down(self) -> None:
        """Nobody approves; whenever a code has expired, somebody asks for another one."""
        from tiled_jupyter import LoginPanel
        from tiled_jupyter.kernel import front_end
        from tiled_jupyter.state.states import SignedOut

        panel = LoginPanel(self.server.uri, remember_me=False)
        front_end.show(panel)
        end = self.clock.monotonic() + self.seconds
        while self.clock.monotonic() < end:
            assert self.clock.wait(lambda: isinstance(panel.session.state, SignedOut), 2 * CODE_LIFETIME)
            failure = panel.session.state.failure
            assert failure is None or failure.kind == "expired", failure
            panel.session.methods.begin("phone", remember=False)
        panel.session.cancel()
        panel.close()
        panel.context.close()

    @contextmanager
    def _signed_in(self, lifetime: float = LIFETIME) -> Iterator[Any]:
        from tiled_jupyter import Context, prompt_for_login

        context, _ = Context.from_any_uri(self.server.uri)
        context.prompt = prompt_for_login
        context.configure_auth(self.tokens(lifetime))
        with context:
            yield context

    # -- what is seen ----------------------------------------------------------------------------------

    def look(self, what: Callable[[], None]) -> list[dict[str, float]]:
        """Do it; return what is held, and was said and asked, at moments that are equally far apart."""
        samples: list[dict[str, float]] = []

        def sample() -> None:
            for _ in range(SAMPLES):
                self.clock.sleep(self.seconds / SAMPLES - 1)  # before what happens at the end
                self.requests.update(self.server.paths())
                self.server.forget()
                samples.append(
                    {
                        **held(),
                        "listeners": _listeners(),
                        "messages": self.messages.total(),
                        "requests": self.requests.total(),
                    }
                )

        self._thread(sample)
        what()
        return samples

    def _thread(self, work: Callable[[], None]) -> None:
        from tiled_jupyter import background

        background.in_background(work)

    @contextmanager
    def heard(self) -> Iterator[None]:
        """Count what the kernel sends to whoever listens."""
        from IPython import get_ipython

        session = get_ipython().kernel.session
        send = session.send

        def counted(stream: Any, message: Any, *arguments: Any, **options: Any) -> Any:
            self.messages[message if isinstance(message, str) else message["header"]["msg_type"]] += 1
            return send(stream, message, *arguments, **options)

        session.send = counted
        try:
            yield
        finally:
            session.send = send


HAPPENS = {
    "a cell waits for its person": Day.a_cell_waits,
    "a session is refreshed": Day.a_session_is_refreshed,
    "a panel counts down and polls": Day.a_panel_counts_down,
}


def _listeners() -> int:
    from IPython import get_ipython

    from tiled_jupyter.session import registry

    shell = get_ipython()
    hooks = [hooks for one in registry.contexts() for hooks in one.http_client.event_hooks.values()]
    events, handlers = shell.events.callbacks.values(), shell.kernel.control_handlers
    return sum(map(len, (*hooks, *events, handlers)))


def of_this_kernel(hours: float) -> dict[str, list[dict[str, float]]]:
    """Do everything in this kernel, one after another, each for so many hours."""
    for module in pkgutil.walk_packages(tiled_jupyter.__path__, "tiled_jupyter."):
        if "demo" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    seen = {}
    with Clock() as clock:
        for name, what in HAPPENS.items():
            with HostileServer() as server:
                day = Day(clock, server, hours)
                with day.heard():
                    seen[name] = day.look(functools.partial(what, day))
    return seen


def check(seen: dict[str, list[dict[str, float]]], hours: float) -> None:
    """Print what has grown between the second sample and the last; an error where it is more than allowed."""
    between = hours * (SAMPLES - 2) / SAMPLES
    print(
        f"{hours:g} hours, compressed ({busy()}); what a kernel holds when a quarter of them is over, and at the end:"
    )
    head("", *LIMITS, "messages an hour", "requests an hour")
    wrong = []
    for name, samples in seen.items():
        before, after = samples[1], samples[-1]
        hourly = (f"{(after[what] - before[what]) / between:.0f}" for what in ("messages", "requests"))
        row(name, *(f"{before[what]:.0f}, {after[what]:.0f}" for what in LIMITS), *hourly)
        wrong += [(name, what) for what, limit in LIMITS.items() if after[what] - before[what] > limit]
        if (after["messages"] - before["messages"]) / between > MOST_MESSAGES:
            wrong.append((name, "messages"))
    assert not wrong, f"grows: {wrong}"


def soak() -> None:
    """Measure a day of each."""
    check(in_a_kernel(HOURS), HOURS)


IN_A_KERNEL = """
%load_ext tiled_jupyter
import sys
sys.path.insert(0, {!r})
from tests.soak.day import of_this_kernel
of_this_kernel({})
"""


def in_a_kernel(hours: float) -> dict[str, list[dict[str, float]]]:
    """Do so in a kernel of its own."""
    from tests.server.herd import Notebook

    with tempfile.TemporaryDirectory(prefix="day-") as directory:
        notebook = Notebook(Path(directory, "kernel.json"))
        try:
            notebook.begin(IN_A_KERNEL.format(str(Path.cwd()), hours))
            seen: dict[str, list[dict[str, float]]] = notebook.result(may_ask=True)
            return seen
        finally:
            notebook.close()
