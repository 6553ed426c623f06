"""What the page may do with the account that is signed in: keys and sign-ins, each on a thread of its own.

Holds the one key that was just made until it is dismissed; everything else it knows is in the state. Draws
nothing, and sends the page nothing but states.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any, Literal, TypeAlias

from ..address import host_of
from ..background import in_background
from ..errors import KeyNotMade, KeysUnavailable
from ..keys import jobs, listing, request
from ..keys.access import explain_access
from ..keys.api_keys import ApiKeys
from ..keys.new_key import NewApiKey
from ..oauth.exchange import explain
from ..session import key_files
from ..session.context import SessionContext
from ..session.prompts import quietly
from ..settings import TiledJupyter
from ..sign_in import api_key as key_login
from ..sign_in import sign_ins
from ..sign_in.session import LoginSession
from ..state import account as said
from ..state.account import Account
from ..state.events import AccountChanged, SignInReplaced
from ..state.states import SignedIn
from ..state.wire import Command

_Tab: TypeAlias = Literal["keys_failure", "sign_ins_failure", "access"]
_Changes: TypeAlias = dict[str, Any]
_PATIENCE = 8.0  # seconds
_LATE = "{host} has not answered for {seconds:.0f} s. What it says is shown here when it comes."


class _InTime:
    """Whether something that was begun has ended, and is waited for."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self._is_waited_for = True

    def ends(self) -> bool:
        """Return, once, that it is waited for no longer."""
        was, self._is_waited_for = self._is_waited_for, False
        return was


class AccountDesk:
    """Does what the tabs of the page ask for.

    Parameters
    ----------
    session : LoginSession
        Whose state tells what came of it.
    settings : TiledJupyter
    offer : callable
        Called with the way to the secret when there is one to be copied, and with None when there is none any more.
    """

    def __init__(
        self,
        session: LoginSession,
        settings: TiledJupyter,
        offer: Callable[[Callable[[str], str | None] | None], None],
    ) -> None:
        self._session = session
        self._settings = settings
        self._offer = offer
        self._made: NewApiKey | None = None
        self._newest: str | None = None
        self._keys = listing.KeyList()
        self._turn = threading.Lock()
        self._waiting = 0
        self._sign_in = 0

    def obey(self, command: Command) -> None:
        """Do what the page says, if it concerns the account."""
        match command:
            case said.Plain.SHOW_KEYS:
                self._start("keys_failure", self._listed)
            case said.ProposeExpiry(runs_for, may_wait):
                with self._session.attempts.lock:
                    self._change(self._sign_in, {"proposal": request.proposal(runs_for, may_wait)})
            case said.CreateKey():
                self._start("keys_failure", lambda context: self._create(context, command))
            case said.ShowScripts(first_eight):
                self._start("keys_failure", lambda context: self._scripts(context, first_eight))
            case said.SaveScript(kind, replace_it):
                self._start("keys_failure", lambda _: self._save_script(kind, replace_it=replace_it))
            case said.Plain.SAVE_KEY:
                self._start("keys_failure", self._save)
            case said.UseKeyHere(environment):
                self._start("keys_failure", lambda context: self._use(context, environment=environment))
            case said.Plain.KEY_COPIED:
                self._start("keys_failure", lambda _: self._with_made(copied=True))
            case said.Plain.DISMISS_KEY:
                self.dismiss()
            case said.Plain.DELETE_MADE_KEY:
                self._start("keys_failure", self._delete_made)
            case said.DeleteKeys(first_eights):
                self._start("keys_failure", lambda context: self._delete(context, first_eights))
            case said.Plain.DELETE_STALE_FILES:
                self._start("keys_failure", self._delete_stale_files)
            case said.Plain.EXPLAIN_ACCESS:
                path = "/".join(self._session.node_path_parts)
                self._start("access", lambda context: {"access": "\n".join(explain_access(context, path))})
            case said.Plain.SHOW_SIGN_INS:
                self._start("sign_ins_failure", lambda context: {"sign_ins": sign_ins.listed(context)})
            case said.EndSignIn(name):
                self._start("sign_ins_failure", lambda context: self._end(context, name))
            case said.Plain.END_OTHER_SIGN_INS:
                self._start("sign_ins_failure", self._end_others)
            case _:
                pass

    def secret(self, first_eight: str) -> str | None:
        """Return the key that was just made, if it is the one that is meant and may be copied."""
        made = self._made
        allowed = made is not None and made.first_eight == first_eight and self._settings.allow_copy_key
        return made.secret if made is not None and allowed else None

    def dismiss(self) -> None:
        """Forget the key that was just made, and put its scripts away."""
        with self._session.attempts.lock:
            self._drop()
            self._change(self._sign_in, {"made": None, "scripts": None})

    def forget(self) -> None:
        """Keep nothing of who was signed in: what is under way has come too late, and no secret stays."""
        with self._session.attempts.lock:
            self._sign_in += 1
            self._newest = None
            self._drop()

    def _drop(self) -> None:
        if self._made is not None:
            self._made.dismiss()
            self._made = None
            self._offer(None)

    # -- how it is done --------------------------------------------------------------------------------

    def _start(self, tab: _Tab, work: Callable[[SessionContext], _Changes]) -> None:
        with self._session.attempts.lock:
            context, number = self._session.context, self._sign_in
            if context is None or not isinstance(self._session.state, SignedIn):
                return
            self._waiting += 1
            self._change(number, {"busy": True, tab: None})
        in_time, host = _InTime(), host_of(str(context.api_uri))

        def end(changes: _Changes) -> None:
            with self._session.attempts.lock:
                self._waiting -= in_time.ends()
                self._change(number, {**changes, "busy": self._waiting > 0})

        def run() -> None:
            with self._turn, quietly():  # who is to be asked sees the panel, which becomes a form
                try:
                    changes = work(context) if number == self._sign_in else {}
                except (KeysUnavailable, KeyNotMade, ValueError) as error:
                    changes = {tab: str(error)}
                except OSError as error:
                    why = error.strerror or type(error).__name__
                    changes = {tab: f"The file could not be written ({why}). Check the directory and the disk."}
                except Exception as error:  # noqa: BLE001 - becomes a sentence; its request may hold a secret
                    changes = {tab: explain(error, host).sentence}
            in_time.over.set()
            end({tab: None, **changes})

        def lose_patience() -> None:
            if not in_time.over.wait(_PATIENCE):
                end({tab: _LATE.format(host=host, seconds=_PATIENCE)})

        in_background(run)
        in_background(lose_patience)

    def _change(self, number: int, changes: _Changes) -> None:
        with self._session.attempts.lock:
            state = self._session.state
            if number == self._sign_in and isinstance(state, SignedIn):
                self._session.attempts.apply(AccountChanged(replace(state.account, **changes)))

    @property
    def _account(self) -> Account:
        state = self._session.state
        return state.account if isinstance(state, SignedIn) else Account()

    # -- keys ------------------------------------------------------------------------------------------

    def _listed(self, context: SessionContext) -> _Changes:
        self._keys = ApiKeys(context).overview()
        return {"keys": listing.shown(self._keys, str(context.api_uri), self._settings, self._newest)}

    def _create(self, context: SessionContext, wish: said.CreateKey) -> _Changes:
        if self._made is not None:  # a second click
            return {}
        number, keys = self._sign_in, ApiKeys(context)
        key = keys.create(
            wish.expires_in,
            wish.note.strip() or None,
            wish.scopes,
            wish.access_tags or None,
            runs_for=wish.runs_for.strip() or None,
            may_wait=wish.may_wait.strip() or None,
        )
        with self._session.attempts.lock:
            if number == self._sign_in:
                self._made, self._newest = key, key.first_eight
                self._offer(self.secret)
        if self._made is not key:  # signed out meanwhile: nobody will ever have it
            key.dismiss()
            keys.revoke(key.first_eight)
            return {}
        if wish.keep_in == "file":  # shown with its file, not as a key that nothing keeps before
            return self._save(context)
        self._change(number, {"made": listing.made(key), "scripts": None})
        if wish.keep_in == "kernel":
            return self._use(context, environment=False)
        return self._listed(context)

    def _with_made(self, **changes: Any) -> _Changes:
        if self._made is None:
            return {}
        return {"made": replace(self._account.made or listing.made(self._made), **changes)}

    def _save(self, context: SessionContext) -> _Changes:
        key, failure = self._made, None
        if key is None:
            return {}
        try:
            path = str(key.save())
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) and error.strerror else str(error).partition(". ")[0]
            failure = f"The key is made, but its file could not be written ({why}). Keep it another way, or try again."
            self._change(self._sign_in, self._with_made())
        else:
            self._change(self._sign_in, {**self._with_made(saved_to=path), "scripts": listing.scripts(key)})
        return {**self._listed(context), "keys_failure": failure}

    def _scripts(self, context: SessionContext, first_eight: str) -> _Changes:
        if self._made is not None:  # its own stay in sight
            return {}
        changes = self._listed(context)  # its file may be gone, and it may have been revoked
        key = next((key for key in self._keys if key.first_eight == first_eight and key.saved_to is not None), None)
        if key is None:
            raise KeysUnavailable(f"Key {first_eight} has no file here any more. Make another key.")
        return {**changes, "scripts": listing.scripts(key)}

    def _save_script(self, kind: str, *, replace_it: bool) -> _Changes:
        scripts = self._account.scripts
        snippet = next((each for each in scripts.snippets if each.kind == kind), None) if scripts is not None else None
        if scripts is None or snippet is None or snippet.save_as is None:
            return {}
        self._change(self._sign_in, {"scripts": replace(scripts, saved=None)})  # the same may come of it again
        path, exists = jobs.script_path(snippet.save_as), False
        try:
            jobs.save_script(path, snippet.text, replace=replace_it)
        except FileExistsError:
            exists = True
        except OSError as error:
            why = error.strerror or type(error).__name__
            return {"keys_failure": f"{path} could not be written ({why}). Copy the script instead."}
        return {"scripts": replace(scripts, saved=said.SavedScript(kind, str(path), exists))}

    def _use(self, context: SessionContext, *, environment: bool) -> _Changes:
        key, state = self._made, self._session.state
        if key is None or not isinstance(state, SignedIn):
            return {}
        done = key_login.check(context, state.server, key.secret, "chosen")
        with self._session.attempts.lock:
            if self._made is not key:
                return {}
            sentence = key.use(environment=environment)
            self._session.attempts.apply(SignInReplaced(done))
        self._change(self._sign_in, self._with_made(in_use=sentence))
        return self._listed(context)

    def _delete_made(self, context: SessionContext) -> _Changes:
        return self._delete(context, [self._made.first_eight]) if self._made is not None else {}

    def _delete(self, context: SessionContext, first_eights: list[str]) -> _Changes:
        changes = _Changes()
        for first_eight in first_eights:
            try:
                was_in_use = key_login.revoke(context, first_eight)
            except (KeysUnavailable, ValueError) as error:
                changes["keys_failure"] = f"{first_eight}: {error}"
                continue
            if first_eight in {shown.first_eight for shown in (self._made, self._account.scripts) if shown is not None}:
                self.dismiss()
            if was_in_use:
                return {}
        return {**self._listed(context), **changes}

    def _delete_stale_files(self, context: SessionContext) -> _Changes:
        key_files.delete_expired(str(context.api_uri))
        return self._listed(context)

    # -- sign-ins --------------------------------------------------------------------------------------

    def _end(self, context: SessionContext, name: str) -> _Changes:
        if any(row.this and row.id == name for row in sign_ins.listed(context)):
            self._session.sign_out(everywhere=True)
            return {}
        sign_ins.end(context, name)
        return {"sign_ins": sign_ins.listed(context)}

    @staticmethod
    def _end_others(context: SessionContext) -> _Changes:
        failure = None
        try:
            sign_ins.end_others(context)
        except KeysUnavailable as error:
            failure = str(error)
        return {"sign_ins": sign_ins.listed(context), "sign_ins_failure": failure}
