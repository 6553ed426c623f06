"""What a server says of keys, read as it means it, and what is offered for new ones."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tiled.access_control.scopes import SCOPES

from tiled_jupyter.keys.listing import KeyList, read_keys, time_of
from tiled_jupyter.keys.request import LONGEST_NOTE, changes_something, default_note, offered, place_in, scope
from tiled_jupyter.session.known_servers import Place

NOW = datetime(2026, 11, 24, 12, tzinfo=timezone.utc)


def key(first_eight="1a2b3c4d", **about):
    return {"first_eight": first_eight, "note": None, "scopes": ["read:data"], "access_tags": None, **about}


@pytest.mark.parametrize("text", ["2026-11-24T12:00:00", "2026-11-24T12:00:00Z", "2026-11-24T13:00:00+01:00"])
def test_times_without_a_zone_are_utc(text):
    assert time_of(text) == NOW
    assert time_of(datetime.fromisoformat(text.replace("Z", "+00:00"))) == NOW
    assert time_of(None) is None


@given(st.datetimes())
def test_every_time_of_tileds_is_read(time):
    assert time_of(time.isoformat()) == time.replace(tzinfo=timezone.utc)


def test_what_expires_first_stands_first_and_what_never_does_last():
    early = key("33333333", expiration_time="2026-01-01T00:00:00")
    listed = read_keys([key("00000000"), key("11111111", expiration_time=NOW), key("22222222"), early])
    assert [one.first_eight for one in listed] == ["33333333", "11111111", "00000000", "22222222"]


@pytest.mark.parametrize(
    ("about", "marks", "words"),
    [
        ({"expiration_time": NOW + timedelta(days=6, hours=4, minutes=1)}, (), "6 d 4 h"),
        ({"expiration_time": NOW}, ("expired",), "expired"),
        ({"expiration_time": None}, ("never expires",), "never"),
        (
            {"expiration_time": None, "latest_activity": NOW - timedelta(days=31)},
            ("never expires", "unused for 30 days"),
            "never",
        ),
        ({"expiration_time": None, "latest_activity": NOW - timedelta(days=29)}, ("never expires",), "never"),
    ],
)
def test_marks_and_words(about, marks, words):
    (listed,) = read_keys([key(**about)])
    assert listed.marks(NOW) == marks
    assert listed.expires_in(NOW) == words


def test_where_a_key_was_made_is_known_from_our_record_or_from_our_note():
    place = Place("11111111", "beam01", "scan 7", NOW.timestamp())
    ours, foreign = "hub, overnight fit, 2026-11-24, 3f1c", "hub, 2026"
    answers = [key("11111111", note="mine"), key("22222222", note=ours), key("33333333", note=foreign), key("44444444")]
    listed = read_keys(answers, places={"11111111": place})
    assert [(one.made, one.since) for one in listed] == [
        ("beam01, scan 7", NOW),
        ("hub, overnight fit", None),
        (None, None),
        (None, None),
    ]


def test_the_count_is_said_against_the_limit():
    keys = KeyList(read_keys([key(f"{number:08}") for number in range(97)]))
    assert (len(keys), keys.of_limit, keys.full) == (97, "97 of 100", False)
    assert KeyList(keys.keys[:50] * 2).full


def test_every_scope_of_tileds_has_words_and_what_changes_something_is_marked():
    for name in (str(getattr(name, "value", name)) for name in SCOPES):  # words in Tiled 0.2.13
        assert scope(name).words != name
        assert scope(name).description == SCOPES[name]["description"]
        assert scope(name).dangerous >= changes_something(name)
        assert scope(name).dangerous != (name.startswith("read:") or name == "metrics")


def test_an_unknown_scope_is_taken_for_dangerous_and_nothing_is_offered_to_nobody():
    assert scope("launch:rockets").dangerous
    assert changes_something("launch:rockets")
    assert scope("launch:rockets").description == "launch:rockets"
    assert [one.name for one in offered(["launch:rockets", "read:data"])] == ["read:data", "launch:rockets", "inherit"]
    assert offered([]) == ()


@given(st.text(max_size=400).filter(lambda text: "\0" not in text and text.isprintable()))
def test_a_note_always_fits(name):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: "h" + name)
        patch.setenv("JPY_SESSION_NAME", f"/home/alice/{name}.ipynb")
        note = default_note()
    assert len(note) <= LONGEST_NOTE
    assert note.isprintable()
    made = place_in(note)
    assert len(note) == LONGEST_NOTE or (made is not None and note.startswith(f"{made}, {date.today()}"))
