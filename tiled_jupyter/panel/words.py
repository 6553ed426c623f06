"""What is said in ordinary text where the panel cannot serve: to who sees none, and where nobody can be asked."""

from __future__ import annotations

import time
from typing import Literal, TypeAlias

from ..errors import CannotPrompt
from ..kernel.front_end import Application, has_console, nobody
from ..state.states import AwaitingAuthorization, State, open_form

_SINCE = "Waiting since {since} UTC for {who} to sign in to {host}."
_ELSEWHERE = (
    "If this panel does not appear, or does not react, run %tiled_login {uri} in any other notebook: this cell then "
    "goes on by itself."
)
_IN_MEMORY = "This sign-in is kept in memory only: keep this page open."

_SILENT = "This cell waits for a sign-in to {host}, but its panel does not answer."
_UNHEARD = """\
This cell waits for a sign-in to {host}, but does not hear what is pressed in its panel.
Press stop, then sign in there, and run the cell again."""
_ANOTHER_NOTEBOOK = """\
In any other notebook of yours where the panel works, run: %tiled_login {uri}
Or in Python at a terminal: from tiled.client import from_uri; from_uri({quoted}).login()
This cell then goes on by itself. The stop button ends the wait."""
_NO_OTHER_NOTEBOOK = (
    "The sign-in is to be kept in memory only, so no other notebook can help: stop this cell and run it again."
)
_ANYWIDGET = (
    "If the panel never appears, the package anywidget is missing where JupyterLab runs, or the content security "
    "policy of the page does not allow blob: in script-src. Ask the people who run JupyterLab."
)
_VSCODE = (
    "If the panel never appears, VS Code has not found the package anywidget in the environment of this kernel: "
    "install it there, restart the kernel, close the notebook and open it again. The panel cannot appear either where "
    "the setting notebook.experimental.enableCsp is on."
)
_COLAB = """\
If the panel does not appear, or does not react, stop this cell and make the panel in a cell of its own:
from tiled_jupyter import LoginPanel; panel = LoginPanel({quoted}); panel
Sign in there before you run the next cell, or this one again."""
_CODE = """\
To sign in without it, open this page:
{page}
and compare, or type, the code {code}. Approve only if you started this, on {host}, and the codes match.
This cell then goes on by itself. The stop button ends the wait."""


#: What a wait knows of its page: that it lives; that it cannot be heard while the cell runs; that it is either that or
#: not there; that it gives no sign of life although it would be heard.
Sign: TypeAlias = Literal["alive", "unheard", "unheard-or-missing", "none"]


def how_to_go_on(
    state: State, *, sign: Sign, saves: bool, since: float | None, application: Application | None = None
) -> tuple[str, str | None]:
    """Return how a wait can be answered.

    Parameters
    ----------
    state : State
        Of the login that is waited for.
    sign : str
        What is known of the page; see `Sign`.
    saves : bool
        Whether another notebook's sign-in can serve.
    since : float or None
        When an interrupted request began to wait (seconds since the epoch); None for any other login.
    application : {"VS Code", "Colab"} or None
        Which shows the notebook; None for JupyterLab and whatever is unknown.

    Returns
    -------
    tuple of (str, str or None)
        Paragraphs, one a line, and which of them is a link.
    """
    form = open_form(state)
    host, uri, who = "Tiled", "ADDRESS", "you"
    if form is not None:
        host, uri = form.server.host, _typed(form.server.uri)
        if form.expected is not None:
            from ..session.identity import who_may_resume  # with httpx, which a cell may wait without

            who = who_may_resume(form.expected)
    lines, link = [], None
    if since is not None:
        lines.append(_SINCE.format(since=time.strftime("%H:%M", time.gmtime(since)), who=who, host=host))
    if sign != "alive":
        lines.append(_SILENT if sign == "none" else _UNHEARD)
    if sign != "alive" and isinstance(state, AwaitingAuthorization):
        link = state.code.verification_uri_complete or state.code.verification_uri
        lines.append(_CODE.format(page=link, code=state.code.user_code, host=host))
    elif application == "Colab":  # each notebook there has a computer of its own: another one cannot help
        lines.append(_COLAB)
    elif sign == "alive":
        lines.append(_ELSEWHERE if saves else _IN_MEMORY)
    else:
        lines.append(_ANOTHER_NOTEBOOK if saves else _NO_OTHER_NOTEBOOK)
        if sign != "unheard":
            lines.append(_VSCODE if application == "VS Code" else _ANYWIDGET)
    return "\n".join(lines).replace("{host}", host).replace("{quoted}", repr(uri)).replace("{uri}", uri), link


def require_somebody(server: str, who: str | None = None) -> None:
    """Raise unless there is a person who could be asked to sign in.

    Parameters
    ----------
    server : str
        Address or host, for the sentence.
    who : str, optional
        Who was signed in.

    Raises
    ------
    CannotPrompt
        It says what to do instead.
    """
    why, server = nobody(), _typed(server)
    to = f" to {server}" if server else ""
    if why is None:
        if has_console():
            raise CannotPrompt(
                f"No panel can be shown in a console. Its prompt asks: %tiled_login {server or 'ADDRESS'}"
            )
        return
    was = f" ({who} was signed in)" if who else ""
    if why == "start-up":
        raise CannotPrompt(
            f"Kernel start-up cannot ask you to sign in. Run %tiled_login {server} in a cell, then run the start-up "
            "again."
        )
    if why == "voila":
        raise CannotPrompt(
            f"Nothing can wait for a sign-in{to} in Voilà{was}: its page lives only when all cells have run. Show a "
            f"panel and go on in a function:\n    panel = LoginPanel({repr(server) if server else ''})\n"
            "    panel.on_signed_in(go_on)  # go_on(client), at every sign-in"
        )
    raise CannotPrompt(
        f"Nobody can be asked to sign in{to} here{was}. For unattended work set an API "
        "key before it starts:\n    export TILED_API_KEY=…\nMake one in a notebook with %tiled_api_key create, or sign "
        "in beforehand from a notebook with %tiled_login."
    )


def _typed(api_uri: str) -> str:
    """Return the address of a server as a person would type it, from the root of its API."""
    return api_uri.removesuffix("/").removesuffix("/api/v1")
