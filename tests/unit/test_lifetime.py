"""How long a sign-in is good for: what is certain is said, and nothing else."""

from __future__ import annotations

from datetime import datetime, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.jwt import token
from tiled_jupyter.session.lifetime import claims, moment, session_end

NOW = 1_800_000_000.0
DAY = 86400.0


def listed(**sessions):
    def iso(end):
        return datetime.fromtimestamp(end, timezone.utc).replace(tzinfo=None).isoformat()

    return {"sessions": [{"uuid": name, "expiration_time": iso(end)} for name, end in sessions.items()]}


def test_a_refresh_token_is_certain_until_its_own_end_and_use_renews_it():
    tokens = {"access_token": token(exp=NOW + 900), "refresh_token": token(exp=NOW + 7 * DAY, sid="s1")}
    assert session_end(tokens, listed(s1=NOW + 365 * DAY, s2=NOW), NOW) == (NOW + 7 * DAY, True)


def test_the_sessions_last_day_cannot_be_moved():
    tokens = {"refresh_token": token(exp=NOW + 7 * DAY, sid="0a1b-2c")}
    assert session_end(tokens, listed(**{"0a1b2c": NOW + DAY}), NOW) == (NOW + DAY, False)


def test_without_a_refresh_token_the_access_token_is_all_there_is():
    assert session_end({"access_token": token(exp=NOW + 900)}, {}, NOW) == (NOW + 900, False)
    assert session_end({"access_token": "opaque", "expires_in": 300}, {}, NOW) == (NOW + 300, False)


def test_where_nobody_can_know_nothing_is_said():
    assert session_end({"access_token": "a", "refresh_token": "opaque"}, {}, NOW) == (None, True)
    assert session_end({"access_token": "a"}, {}, NOW) == (None, False)


@pytest.mark.parametrize("skew", [-3600.0, 3600.0])
def test_a_servers_clock_that_is_off_does_not_matter(skew):
    tokens = {"refresh_token": token(exp=NOW + skew + DAY)}
    assert session_end(tokens, {}, NOW, NOW + skew) == (NOW + DAY, True)


def test_dates_are_utc_where_tiled_does_not_say():
    assert moment("2027-01-15T08:00:00") == moment("2027-01-15T08:00:00+00:00") == moment("2027-01-15T08:00:00Z") == NOW
    assert moment(datetime(2027, 1, 15, 8, tzinfo=timezone.utc)) == NOW
    assert moment(None) is moment("soon") is None


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda x: st.lists(x) | st.dictionaries(st.text() | st.sampled_from(["exp", "sid", "uuid", "sessions"]), x),
)


@given(anything, anything, st.text())
def test_whatever_servers_send_nothing_is_raised(said, principal, text):
    claims(text)
    claims(said)
    moment(said)
    made = token(exp=said) if isinstance(said, int | str | None) else text
    session_end({"refresh_token": made}, principal if isinstance(principal, dict) else {}, NOW)
