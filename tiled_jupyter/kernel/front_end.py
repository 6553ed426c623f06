"""Who sits in front of this kernel, and what can be shown to them: IPython, asked in one place."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from html import escape
from pathlib import Path
from typing import Any, Literal, TypeAlias


def bundle(text: str) -> dict[str, str]:
    """Return a text as outputs have it."""
    return {"text/plain": text, "text/html": f"<p>{text}</p>" if text else ""}


def shell() -> Any:
    """Return IPython's shell, without importing IPython where nobody else has."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def kernel() -> Any:
    """Return the kernel this code runs in, or None."""
    return getattr(shell(), "kernel", None)


def has_terminal() -> bool:
    """Whether a person sits at a real terminal, where Tiled's own prompt serves."""
    return kernel() is None and sys.stdin is not None and sys.stdin.isatty() and sys.stdout.isatty()


def has_console() -> bool:
    """Whether the kernel works for ``jupyter console``, qtconsole or Spyder: they allow stdin, and show no widget.

    They say nothing of a cell with what they ask to be run, and start a kernel that has no notebook's name.
    """
    return _says_nothing_of_a_cell() and bool(getattr(kernel(), "_allow_stdin", False)) and not _is_jupyter_run()


def asks_on_stdin() -> bool:
    """Whether Tiled's own prompt reaches a person, and a page cannot."""
    return has_terminal() or has_console()


Nobody: TypeAlias = Literal["start-up", "voila", "unattended"]


def nobody() -> Nobody | None:
    """Return why there is nobody who could answer a question; None where there may be somebody.

    Returns
    -------
    {"start-up", "voila", "unattended"} or None
        A kernel that starts and runs no cell yet; the kernel of a Voilà page; a script, and where stdin is refused:
        nbclient, papermill, nbconvert. ``jupyter run`` allows stdin and has nobody too.
    """
    running = kernel()
    if is_starting():
        return "start-up"
    if getattr(running, "_allow_stdin", running is not None):
        by_jupyter_run = _says_nothing_of_a_cell() and _is_jupyter_run()
        if not by_jupyter_run and _asked_by() not in ("complete_request", "inspect_request"):
            return None
    return "voila" if is_voila() else "unattended"


def is_starting() -> bool:
    """Whether this is a kernel that has not been asked to run anything yet: start-up files run, and nobody reads."""
    return kernel() is not None and not _asked_by()


def _request() -> dict[str, Any]:
    """Return the message that the kernel works on; it is empty where there is none."""
    parent: dict[str, Any] = kernel().get_parent() if kernel() is not None else {}
    return parent


def _asked_by() -> str | None:
    """Return what kind of message that is."""
    kind: str | None = _request().get("header", {}).get("msg_type")
    return kind


def _says_nothing_of_a_cell() -> bool:
    """Whether what is being run came without a word on its cell, which notebooks say, and is no notebook's."""
    if "JPY_SESSION_NAME" in os.environ or _is_colab():  # of Colab it is not known what it says
        return False
    return _asked_by() == "execute_request" and not _request().get("metadata")


def _is_jupyter_run() -> bool:
    """Whether ``jupyter run`` has started this kernel; its requests are those of ``jupyter console``."""
    for process in {str(os.getppid()), os.environ.get("JPY_PARENT_PID", "")}:
        words = _command_of(process)[:4]
        if any(Path(word).name == "jupyter-run" or word == "jupyter_client.runapp" for word in words):
            return True
    return False


def _command_of(process: str) -> list[str]:
    """Return the command line of a process; nothing where that is not known, as on Windows."""
    if not process.isdecimal():
        return []
    try:
        return Path("/proc", process, "cmdline").read_text(encoding="utf-8", errors="replace").split("\0")
    except OSError:
        pass
    ps = shutil.which("ps")  # on macOS
    if ps is None:
        return []
    done = subprocess.run([ps, "-o", "args=", "-p", process], capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.split()


def is_voila() -> bool:
    """Whether this is the kernel of a Voilà page, whose visitors all run under one computer account."""
    return kernel() is not None and "VOILA_KERNEL_ID" in os.environ


Application: TypeAlias = Literal["VS Code", "Colab"]


def application(request: Mapping[str, Any] | None) -> Application | None:
    """Return which application shows the notebook, where it is none of Jupyter's own and known.

    Parameters
    ----------
    request : mapping or None
        The message that asked for the running cell. VS Code names the cell in its metadata, by the address that the
        editor has for it.
    """
    if _is_colab():
        return "Colab"
    cell = (request or {}).get("metadata", {}).get("cellId")
    return "VS Code" if str(cell).startswith("vscode-") else None


def _is_colab() -> bool:
    return "google.colab" in sys.modules


def has_page() -> bool:
    """Whether a widget may ever be seen: where stdin is refused a pipeline runs, or Voilà before its page lives."""
    # A console too: nobody sees it there, but a page that says as little of its cells draws it.
    return kernel() is None or getattr(kernel(), "_allow_stdin", True) or is_voila()


def is_somebody_there() -> bool:
    """Whether there is a person who could answer, and read."""
    return nobody() is None


def is_exposed() -> bool:
    """Whether what is typed travels to this kernel over a network, unencrypted (Jupyter's TCP has no encryption)."""
    app = getattr(kernel(), "parent", None)
    ip = str(getattr(app, "ip", "") or "localhost")
    if getattr(app, "transport", "") != "tcp" or getattr(app, "curve_secretkey", None) or ip == "127.0.0.1":
        return False
    from ..address import is_loopback  # which brings httpx, and a panel is shown before that is imported

    return not is_loopback(ip)


def cell_number() -> int | None:
    """The number of the cell that is running, where there is one."""
    # IPython counts a cell before it runs or after, as its version is; this hook knows which.
    number = getattr(getattr(shell(), "displayhook", None), "prompt_count", None)
    return number if isinstance(number, int) else None


def say(text: str) -> None:
    """Write a line in the output of the running cell."""
    _display({"text/plain": text}, raw=True)


def show(widget: object) -> None:
    """Show a widget in the output of the running cell."""
    _display(widget)


def _display(shown: object, **options: Any) -> Any:
    from IPython.display import display  # which a batch job does without

    return display(shown, **options)


class SecondOutput:
    """Words in the cell for when the panel may stay silent; in the end it says `afterwards`.

    Parameters
    ----------
    beside : callable
        Calls what it is given, so that what that displays appears in the right output.
    afterwards : str
        Nothing where it is empty.
    """

    def __init__(self, beside: Callable[[Callable[[], None]], None], afterwards: str) -> None:
        self._beside = beside
        self._afterwards = afterwards
        self._handle: Any = None
        self._shown: str | None = None

    def show(self, text: str, link: str | None = None) -> None:
        """Publish or change the text. Line breaks make paragraphs; one that is `link` can be clicked."""
        if text == self._shown:
            return
        self._shown = text
        paragraphs = [escape(paragraph) for paragraph in text.split("\n")]
        if link is not None:
            anchor = f'<a href="{escape(link)}" target="_blank" rel="noopener noreferrer">{escape(link)}</a>'
            paragraphs = [anchor if paragraph == escape(link) else paragraph for paragraph in paragraphs]
        html = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        self._publish({"text/plain": text, "text/html": html})

    def clear(self) -> None:
        """Leave nothing behind that names a server or a person."""
        if self._shown is not None:
            self._shown = None
            self._publish(bundle(self._afterwards))

    def _publish(self, bundle: dict[str, str]) -> None:
        def publish() -> None:
            if self._handle is None:
                self._handle = _display(bundle, raw=True, display_id=True)
            else:
                self._handle.update(bundle, raw=True)

        self._beside(publish)
