"""The search for secrets finds each that is planted: in every disguise, in every place, in every way to show it."""

from __future__ import annotations

import base64
import json
import pickle
import sqlite3
from dataclasses import dataclass, field

import pytest

from tests.canaries import PACKAGE, disguises, files_below, frames, leaks, looks, traces
from tiled_jupyter.text import Masked

CANARY = "canary <\"p&ss%20word'> +/="
KNOWN = {"the canary": CANARY}


def places_with_leaks(places):
    return {found.rpartition(", in ")[2] for found in leaks(places, KNOWN)}


@pytest.mark.parametrize("form", disguises(CANARY))
def test_every_disguise_is_found(form):
    assert f"the canary, as {form}, in a log" in leaks({"a log": b"x" + disguises(CANARY)[form] + b"y"}, KNOWN)


@pytest.mark.parametrize("before", ["", "x", "xy", "xyz"])
def test_base64_is_found_wherever_the_secret_begins_in_it(before):
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        assert leaks({"a header": b"Basic " + encode(f"{before}{CANARY}:more".encode())}, KNOWN)


def test_what_is_found_is_not_quoted_and_what_is_innocent_is_not_found():
    assert CANARY not in str(leaks({"a log": CANARY}, KNOWN))
    assert leaks({"a log": "canary", "a picture": bytes(range(256)) * 100}, KNOWN) == []
    with pytest.raises(ValueError, match="too short"):
        leaks({}, {"a pin": "1234"})


def test_a_secret_that_hides_itself_is_looked_for_as_what_it_is():
    assert disguises(Masked(CANARY)) == disguises(CANARY)


def test_files_are_read_and_a_history_database_also_as_text(tmp_path):
    (tmp_path / "below").mkdir()
    (tmp_path / "below" / "nb.ipynb").write_text(json.dumps({"cells": [CANARY]}))
    with sqlite3.connect(tmp_path / "history.sqlite") as database:
        database.execute("create table history (source text)")
        database.execute("insert into history values (?)", ["x" * 9000 + CANARY + "y" * 9000])
    database.close()
    assert places_with_leaks(files_below(tmp_path)) >= {"below/nb.ipynb", "history.sqlite, as text"}


def kept(name, **members):
    """Make a class that looks as if the package had it."""
    return type(name, (), {"__module__": f"{PACKAGE}.planted", **members})


def holding(**attributes):
    thing = kept("Holder")()
    vars(thing).update(attributes)
    return thing


@dataclass
class Shown:
    leak: str


@dataclass
class Hidden:
    leak: str = field(repr=False)


def test_objects_are_seen_by_all_that_show_them():
    everywhere = {"repr", "str", "IPython", "rich", "crash report", "pickle", "cloudpickle"}
    assert places_with_leaks(looks(Shown(CANARY))) == everywhere
    assert places_with_leaks(looks(Hidden(CANARY))) == {"pickle", "cloudpickle"}
    html = kept("Html", _repr_html_=lambda self: f"<b>{CANARY}</b>", __reduce__=lambda self: (str, ()))
    assert places_with_leaks(looks(html())) == {"IPython"}


@pytest.mark.parametrize(
    "thing",
    [
        holding(leak=CANARY),
        holding(below=[{"deeper": (holding(leak=CANARY),)}]),
        kept("Slots", __slots__=("leak",), __init__=lambda self: setattr(self, "leak", CANARY))(),
    ],
)
def test_a_crash_report_sees_what_objects_hold(thing):
    assert "crash report" in places_with_leaks(looks(thing))


def raised(function, *args):
    with pytest.raises((RuntimeError, ValueError, ZeroDivisionError)) as caught:
        function(*args)
    return caught.value


def test_tracebacks_show_arguments_causes_and_locals():
    everywhere = {"traceback", "%xmode Verbose", "rich with locals", "the error itself"}

    def quotes():
        raise RuntimeError(CANARY)

    def hides_the_cause():
        try:
            quotes()
        except RuntimeError:
            raise ValueError("no") from None

    def has_a_local(canary):
        return len(canary) / 0

    assert places_with_leaks(traces(raised(quotes))) == everywhere
    assert places_with_leaks(traces(raised(hides_the_cause))) >= {"the error itself"}
    assert places_with_leaks(traces(raised(has_a_local, CANARY))) >= {"%xmode Verbose", "rich with locals"}


def test_all_locals_of_the_packages_frames_are_seen_and_of_no_other():
    source = "def fails(canary):\n    unused = canary.upper()\n    return 1 / 0"
    for module, seen in ((f"{PACKAGE}.planted", True), ("somewhere", False)):
        space = {"__name__": module}
        exec(source, space)
        assert bool(leaks({"frames": frames(raised(space["fails"], CANARY))}, KNOWN)) is seen


def test_a_pickle_that_is_refused_is_searched_for_what_the_refusal_says():
    def refuses(self, protocol):
        raise TypeError(f"{CANARY} is not pickled")

    assert "pickle" in places_with_leaks(looks(kept("Refuses", __reduce_ex__=refuses)()))


def test_a_masked_text_hides_from_who_looks_and_is_whole_for_who_asks():
    secret = Masked(CANARY)
    shows = looks(holding(secret=secret)) | {"in a list": repr([secret]), "at the end of a cell": repr(secret)}
    assert places_with_leaks(shows) <= {"pickle", "cloudpickle"}
    assert (f"{secret}", str(secret), json.loads(json.dumps(secret))) == (CANARY,) * 3
    assert type(pickle.loads(pickle.dumps(secret))) is str
    assert type(str(secret)) is str
