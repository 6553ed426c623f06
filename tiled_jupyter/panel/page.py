"""A widget that talks with its page: sends messages, hears each letter once, and leaves no trace in a notebook.

anywidget is named here alone. Nothing of a login is ever a synced trait, because traits are broadcast to
whoever asks and are saved in notebooks; what a person types comes as a buffer, never in JSON.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
from ipywidgets import widget_serialization
from traitlets import Bool, Instance, Unicode

from ..background import in_background
from ..kernel import cells, front_end
from ..kernel.mailbox import Letter, say_busy_after_this
from ..kernel.memory import of_kernel
from ..kernel.waiting import Wait
from ..settings import TiledJupyter
from ..state import wire
from ..state.states import Disconnected, State
from ..state.wire import Remember, Transport

if TYPE_CHECKING:
    from ..state.account import KeyInCell

NEUTRAL_TEXT = "Tiled sign-in. Run the cell again to use it."


def _static(name: str) -> str:
    """Return the text and not the path: of a path anywidget keeps every widget that was ever made, to reload it."""
    return (Path(__file__).parent / "static" / name).read_text(encoding="utf-8")


class PanelCode(anywidget.AnyWidget):
    """What draws panels: one of them serves all panels of this kernel."""

    _esm = _static("code.js")
    _css = _static("panel.css")
    script = Unicode(_static("panel.js"), read_only=True).tag(sync=True)

    @classmethod
    def of_kernel(cls) -> PanelCode:
        """Return the one of this kernel, made anew where somebody has closed all widgets."""
        made = of_kernel(dict[str, PanelCode], "of the page")
        if "code" not in made or made["code"].comm is None:
            made["code"] = cls()
        return made["code"]


class Page(anywidget.AnyWidget):
    """The page's counterpart in the kernel.

    Parameters
    ----------
    settings : TiledJupyter
    remember_me : bool or None
        What the programmer wants; None leaves it to the settings, and in Voilà nothing is kept unless they say so.
    **traits
        ipywidgets' layout and such.

    Attributes
    ----------
    neutral : dict
        What a saved notebook keeps of the panel: nobody's name, and no server.
    resuming : bool
        Whether an interrupted request waits for the login.
    waits : list of Wait
        Of those who wait for the page.
    heard_at : float or None
        When the page last gave a sign of life, on the monotonic clock.
    has_control : bool or None
        Whether the page that was heard last could use the control channel; None before the first.
    """

    neutral = front_end.bundle(NEUTRAL_TEXT)

    _esm = _static("loader.js")
    code = Instance(PanelCode, allow_none=True, read_only=True).tag(sync=True, **widget_serialization)

    # What a notebook opened later, without a kernel, knows of this panel: nothing.
    inactive = Bool(default_value=True, read_only=True).tag(sync=True)

    panel_id = Unicode(read_only=True).tag(sync=True)  # for a page, which does not tell a panel its model's

    _own_layout: Any = None  # also of a panel that a wrong setting has kept from being made

    def __init__(self, settings: TiledJupyter, *, remember_me: bool | None, **traits: Any) -> None:
        self._settings = settings
        self._remember: Remember = settings.remember  # type: ignore[assignment]  # traitlets types an Enum as str
        if remember_me is not None:
            self._remember = "always" if remember_me else "never"
        elif self._remember == "ask" and front_end.is_voila():
            self._remember = "never"  # or the next visitor would be signed in as this one
        self.waits: list[Wait] = []
        self._seen: deque[str] = deque(maxlen=200)
        self._seen_lock = threading.Lock()
        self.heard_at: float | None = None
        self.has_control: bool | None = None
        self.resuming = False
        self._profiles: list[str] | None = None
        super().__init__(**traits)
        # Without a comm it is not touched: ipywidgets makes it at the first look, with a comm of its own.
        self._own_layout = None if self.comm is None or "layout" in traits else self.layout
        self.on_msg(self._on_page_message)

    def open(self) -> None:
        """Open a comm, but not in the notebook of a pipeline: what it leaves behind names nobody and nothing."""
        if front_end.has_page():
            self.set_trait("code", PanelCode.of_kernel())
            self.set_trait("panel_id", uuid.uuid4().hex)
            super().open()

    def close(self) -> None:
        """Close the comm, and that of the layout made for it: through it a page would keep every panel it has shown."""
        super().close()
        if self._own_layout is not None:
            self._own_layout.close()

    def obey(self, command: wire.Command, typed: str) -> None:
        """Do what the page says.

        Parameters
        ----------
        command : Command
        typed : str
            What came beside it in a buffer: a password, an address or an API key.
        """
        raise NotImplementedError

    @property
    def shown(self) -> State | KeyInCell:
        """What the page shows."""
        raise NotImplementedError

    @property
    def comm_id(self) -> str:
        """The comm's name, by which its messages are known."""
        return str(self.model_id) if self.comm is not None else ""

    @property
    def saves(self) -> bool:
        """Whether a sign-in may lie on disk."""
        return self._remember != "never"

    @property
    def is_asked_elsewhere(self) -> bool:
        """Whether another panel has the form for what this one shows."""
        return False

    def publish(self) -> None:
        """Send the state to the page, and what it needs beside it."""
        waits = tuple(self.waits)
        elsewhere = self.is_asked_elsewhere
        a_cell_waits = (waits or elsewhere) and cells.current() is not None
        surroundings = wire.Surroundings(
            now=time.time(),
            waiting=bool(waits),
            transport=waits[0].channel if waits else "shell",
            comm=self.comm_id,
            servers=list(dict.fromkeys([*self._settings.servers, *(self._profiles or ())])),
            remember=self._remember,
            elsewhere=elsewhere,
            cell=front_end.cell_number() if a_cell_waits else None,
            resuming=self.resuming,
            exposed=front_end.is_exposed(),
            only_control=any(wait.only_control for wait in waits),
            help_url=self._settings.help_url,
        )
        message = wire.encode_state(self.shown, surroundings)
        if self.comm is not None and self.code is not None and self.heard_at is None:
            # The page may not listen to the panel yet. Before it is told itself, or it may begin in between.
            self.code.send({"panel": self.panel_id, "message": message})
        self.send(message)
        # After the form, once a page shows it: they may take a second.
        is_drawn = self.heard_at is not None and isinstance(self.shown, Disconnected)
        if self._profiles is None and is_drawn and self.looks_for_names:
            self._profiles = []
            in_background(self._offer_profiles)

    @property
    def looks_for_names(self) -> bool:
        """Whether it is time to look for saved names of servers, which needs httpx."""
        return True

    def _offer_profiles(self) -> None:
        from ..sign_in import profiles  # which a panel is shown without

        self._profiles = profiles.names()
        if self._profiles:
            self.publish()

    def ping(self, transport: Transport) -> None:
        """Ask the page for a sign of life."""
        self.send(wire.encode_ping(transport, self.comm_id))

    def receive(self, letter: Letter) -> None:
        """Take a letter, from whatever thread; copies and what is not ours are ignored."""
        message = wire.parse(letter.content)
        if message is None:
            self.log.warning("The sign-in panel ignored a message that is not one of its own.")
            return
        message_id, command = message
        with self._seen_lock:
            if message_id in self._seen:
                return
            self._seen.append(message_id)
        self.heard_at = time.monotonic()
        if isinstance(command, wire.Alive | wire.Ready | wire.Pong):
            self.has_control = command.control
        self.obey(command, letter.typed)

    def _on_page_message(self, _widget: object, content: object, buffers: list[Any]) -> None:
        self.receive(Letter.of(content, buffers))
        say_busy_after_this()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if self.comm is None:
            return self.neutral, {}
        # What a saved notebook keeps of the panel names no person, server or code.
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle, {})
        return {**(data or {}), **self.neutral}, metadata
