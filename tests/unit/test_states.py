"""The state machine: whatever happens in whatever order, the person ends where they can act."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace

from hypothesis import given
from hypothesis import strategies as st

from tiled_jupyter.state.account import Account, MadeKey
from tiled_jupyter.state.events import (
    LOCKOUT_WARNING,
    AccountChanged,
    Cancelled,
    CodeIssued,
    ConnectStarted,
    Delayed,
    Event,
    Failed,
    ReasonChanged,
    SavedFound,
    ServerDropped,
    ServerFound,
    SignedOff,
    SignInDone,
    SignInReplaced,
    SignInStarted,
    transition,
)
from tiled_jupyter.state.states import (
    AwaitingAuthorization,
    Connecting,
    Disconnected,
    Failure,
    Identity,
    Provider,
    Server,
    SignedIn,
    SignedOut,
    State,
    UserCode,
    Verifying,
    is_same_sign_in,
)

SERVER = Server("https://t.example/api/v1/", "t.example", required=True, providers=(Provider("pam", "internal"),))
ALICE = SignedIn(SERVER, Identity("alice", "pam"), "password", "Signed in with your password.", remembered=True)
BY_KEY = replace(ALICE, method="api_key", provenance="Using an API key.", remembered=False)
WRONG = Failure("credentials", "Not recognised.")
DOWN = Failure("server", "Down.")
CODE = UserCode("ABCD-EFGH", "https://id.example/device", None, 900.0)
UNDER_WAY = Connecting | Verifying | AwaitingAuthorization

attempts = st.integers(1, 4)
failures = st.sampled_from([WRONG, DOWN, Failure("cancelled", "Cancelled.")])
events = st.one_of(
    st.builds(ConnectStarted, attempts, st.just("t.example"), st.just(0.0)),
    st.builds(ServerFound, attempts, st.just(SERVER)),
    st.builds(SignInStarted, attempts, st.just(0.0), st.sampled_from(["password", "device", "api_key"])),
    st.builds(CodeIssued, attempts, st.just("orcid"), st.just(CODE)),
    st.builds(Delayed, attempts, st.none() | st.just("Slow.")),
    st.builds(SignInDone, attempts, st.just(ALICE)),
    st.builds(SavedFound, st.just(ALICE)),
    st.builds(ReasonChanged, st.none() | st.just("A page came.")),
    st.builds(Failed, attempts, failures),
    st.builds(Cancelled, failures),
    st.builds(SignedOff, st.just("Signed out.")),
    st.builds(ReasonChanged, st.just("So it is."), st.sampled_from(["Signed out.", "It has ended."])),
    st.builds(AccountChanged, st.builds(Account, busy=st.booleans())),
    st.builds(SignInReplaced, st.just(BY_KEY)),
    st.just(ServerDropped()),
)


def after(*happened: Event) -> State:
    state: State = Disconnected()
    for event in happened:
        state = transition(state, event)
    return state


FOUND = (ConnectStarted(1, "t.example", 0.0), ServerFound(1, SERVER))


@given(st.lists(events, max_size=30))
def test_every_sequence_of_events_ends_in_a_state(happened):
    assert is_dataclass(after(*happened))


@given(st.lists(events, max_size=20), st.integers(5, 9))
def test_a_late_report_changes_nothing(happened, attempt):
    state = after(*happened)
    for late in (
        ServerFound(attempt, SERVER),
        CodeIssued(attempt, "orcid", CODE),
        Delayed(attempt, "Slow."),
        SignInDone(attempt, ALICE),
        Failed(attempt, DOWN),
    ):
        assert transition(state, late) is state


@given(st.lists(events, max_size=20), failures)
def test_nothing_is_under_way_after_a_cancel(happened, failure):
    assert not isinstance(transition(after(*happened), Cancelled(failure)), UNDER_WAY)


@given(st.lists(events, max_size=20))
def test_being_signed_in_ends_only_by_signing_out_or_connecting(happened):
    state = transition(SignedOut(SERVER), SavedFound(ALICE))
    for event in happened:
        new = transition(state, event)
        if isinstance(state, SignedIn) and not isinstance(new, SignedIn):
            assert isinstance(event, SignedOff | ConnectStarted | ServerDropped)
        state = new


def test_a_failed_connection_keeps_the_address():
    state = after(ConnectStarted(1, "t.exmaple", 0.0), Failed(1, DOWN))
    assert state == Disconnected("t.exmaple", DOWN)


def test_the_third_wrong_password_warns_and_the_tenth_still_lets_one_try():
    state = after(*FOUND)
    for attempt in range(2, 12):
        state = transition(state, SignInStarted(attempt, 0.0))
        assert isinstance(state, Verifying)
        state = transition(state, Failed(attempt, WRONG))
        assert isinstance(state, SignedOut)
        assert state.failure is not None
        assert (LOCKOUT_WARNING in state.failure.sentence) == (attempt >= 4)
        assert state.failure.sentence.startswith(WRONG.sentence)


def test_trouble_at_the_server_is_no_wrong_password():
    state = after(*FOUND, SignInStarted(2, 0.0), Failed(2, DOWN))
    assert state == SignedOut(SERVER, failure=DOWN, rejections=0)


def test_cancelling_a_sign_in_goes_back_to_the_form():
    state = after(*FOUND, SignInStarted(2, 0.0), Cancelled(DOWN))
    assert state == SignedOut(SERVER, failure=DOWN)
    assert transition(state, SignInDone(2, ALICE)) is state


def test_what_waits_for_a_login_survives_a_failed_attempt():
    form = SignedOut(SERVER, reason="It has ended.", expected=Identity("alice", "pam"))
    started = transition(form, SignInStarted(2, 0.0, "device"))
    shown = transition(started, CodeIssued(2, "orcid", CODE))
    assert isinstance(shown, AwaitingAuthorization)
    for state in (started, shown):
        assert transition(state, Failed(2, DOWN)) == replace(form, failure=DOWN)


def test_trouble_is_said_and_taken_back():
    shown = after(*FOUND, SignInStarted(2, 0.0, "device"), CodeIssued(2, "orcid", CODE))
    delayed = transition(shown, Delayed(2, "Slow."))
    assert delayed == replace(shown, trouble="Slow.")
    assert transition(delayed, Delayed(2, "Slow.")) is delayed
    assert transition(delayed, Delayed(2, None)) == shown


def test_trouble_while_connecting_is_said_too():
    connecting = after(ConnectStarted(1, "t.example", 0.0))
    delayed = transition(connecting, Delayed(1, "Slow."))
    assert delayed == replace(connecting, trouble="Slow.")
    assert transition(delayed, Delayed(1, None)) == connecting


def test_no_state_can_say_a_secret():
    kinds = (Server, Provider, Identity, SignedIn, SignedOut, Verifying, AwaitingAuthorization, UserCode)
    words = {field.name for kind in kinds for field in fields(kind)} - {"code", "user_code"}
    assert not {word for word in words if any(secret in word for secret in ("password", "token", "secret", "code"))}


MADE = Account(made=MadeKey("1a2b3c4d", "a job", None))


def test_what_is_shown_of_an_account_changes_nothing_else_and_needs_a_sign_in():
    shown = transition(ALICE, AccountChanged(MADE))
    assert shown == replace(ALICE, account=MADE)
    assert is_same_sign_in(ALICE, shown)
    form = SignedOut(SERVER)
    assert transition(form, AccountChanged(MADE)) is form
    assert transition(form, SignInReplaced(BY_KEY)) is form


def test_another_credential_is_another_sign_in_with_the_same_key_in_hand():
    shown = transition(replace(ALICE, account=MADE), SignInReplaced(BY_KEY))
    assert (shown.method, shown.account) == ("api_key", MADE)
    assert not is_same_sign_in(ALICE, shown)
    assert not is_same_sign_in(SignedOut(SERVER), ALICE)


def test_whoever_signs_in_next_sees_nothing_of_the_account_before():
    out = transition(replace(ALICE, account=MADE), SignedOff("Signed out."))
    begun = transition(out, SignInStarted(1, 0.0))
    assert transition(begun, SignInDone(1, ALICE)).account == Account()


def test_a_server_that_was_signed_in_to_is_not_new_afterwards():
    first = replace(ALICE, server=replace(SERVER, new=True))
    assert transition(first, SignedOff("Signed out.")).server == SERVER


def test_what_has_become_of_a_session_is_said_where_its_end_was_and_nowhere_else():
    told = ReasonChanged("Signed out. It has ended.", "Signed out. Telling …")
    out = transition(ALICE, SignedOff("Signed out. Telling …"))
    assert transition(out, told) == SignedOut(SERVER, reason="Signed out. It has ended.")
    verifying = transition(out, SignInStarted(2, 0.0, "device"))
    shown = transition(verifying, CodeIssued(2, "orcid", CODE))
    for state in (verifying, shown):
        assert transition(transition(state, told), Failed(2, DOWN)) == SignedOut(
            SERVER, reason="Signed out. It has ended.", failure=DOWN
        )
    for state in (ALICE, Disconnected(), transition(ALICE, SignedOff("Signed out of this notebook."))):
        assert transition(state, told) is state


def test_a_reason_becomes_clearer_and_nothing_else_changes():
    form = after(*FOUND)
    verifying = transition(form, SignInStarted(2, 0.0))
    awaiting = transition(transition(form, SignInStarted(2, 0.0, "device")), CodeIssued(2, "orcid", CODE))
    assert transition(form, ReasonChanged("A page came.")) == replace(form, reason="A page came.")
    for state in (verifying, awaiting):
        clearer = transition(state, ReasonChanged("A page came."))
        assert clearer == replace(state, form=replace(form, reason="A page came."))
        assert transition(clearer, ReasonChanged("A page came.")) is clearer  # nothing to show anew
    assert transition(ALICE, ReasonChanged("A page came.")) is ALICE
