"""Who a server says somebody is, in every shape it can say so, and who is the same person."""

from __future__ import annotations

from uuid import UUID

import pytest

from tiled_jupyter.session.identity import are_same, clearer, full_name, identity_of, is_same, who_may_resume
from tiled_jupyter.state.parts import Identity

from .jwt import token

A, B = "3beb8904-5b1c-4bbd-8a46-1d5b5e0f9b4e", "77aa0c21-5b1c-4bbd-8a46-1d5b5e0f9b4e"
SERVICE = {"uuid": A, "type": "service", "identities": []}
NAMELESS = {"uuid": A, "type": "user", "identities": []}
NAMES_NOBODY = "somebody whom the server does not name"
SHAPES = {
    "user": ({"uuid": A, "type": "user", "identities": [{"id": "alice", "provider": "pam"}]}, "alice", "alice (pam)"),
    "user of two providers": (
        {"uuid": A, "identities": [{"id": "alice", "provider": "pam"}, {"id": "0000-0001", "provider": "orcid"}]},
        "alice",
        "alice (pam)",
    ),
    "token answer": ({"id": "alice", "provider": "pam"}, "alice", "alice (pam)"),
    "claims of a token": ({"identities": [{"id": "alice", "idp": "pam"}]}, "alice", "alice (pam)"),
    "service": (SERVICE, "a service account (3beb8904…)", "a service account (3beb8904…)"),
    "service, in a token": (
        {"uuid": A.replace("-", ""), "type": "service", "identities": []},
        "a service account (3beb8904…)",
        "a service account (3beb8904…)",
    ),
    "service, as msgpack may have it": (
        {"uuid": UUID(A), "type": "service", "identities": None},
        "a service account (3beb8904…)",
        "a service account (3beb8904…)",
    ),
    "service with a name": (
        {"uuid": A, "type": "service", "identities": [{"id": "ingest", "provider": "local"}]},
        "ingest",
        "ingest (local)",
    ),
    "service without an id": ({"type": "service"}, "a service account", "a service account"),
    "user without identities": (NAMELESS, NAMES_NOBODY, None),
    "user without anything": ({"type": "user"}, NAMES_NOBODY, None),
    "identities that say nothing": (
        {"uuid": A, "type": "user", "identities": [{"id": "", "provider": "pam"}, {"id": 7}, None, "alice"]},
        NAMES_NOBODY,
        None,
    ),
    "a blank name before one": (
        {"uuid": A, "identities": [{"id": "  ", "provider": "x"}, {"id": "bob", "provider": "y"}]},
        "bob",
        "bob (y)",
    ),
    "an id that is none": (
        {"uuid": "<b>\u202e\x1b[31m", "type": "service"},
        "a service account (<b>\ufffd\ufffd[31…)",
        "a service account (<b>\ufffd\ufffd[31…)",
    ),
}


@pytest.mark.parametrize(("principal", "words", "full"), SHAPES.values(), ids=SHAPES)
def test_somebody_is_called_what_is_known_of_them(principal, words, full):
    identity = identity_of(principal)
    assert identity.words == words
    assert full_name(identity) == full


@pytest.mark.parametrize("said", [None, {}, [], "alice", 7, {"identities": None}, {"detail": "No"}])
def test_what_is_no_principal_is_nobody(said):
    assert identity_of(said) is None
    assert full_name(identity_of(said)) is None


@pytest.mark.parametrize(("principal", "words", "full"), SHAPES.values(), ids=SHAPES)
def test_whoever_has_an_id_is_the_same_as_themselves_and_as_no_other_of_the_shapes(principal, words, full):
    identity = identity_of(principal)
    assert is_same(principal, identity) is bool(identity.id)
    other = {**principal, "uuid": B, "identities": [{"id": "eve", "provider": "pam"}], "id": "eve"}
    assert not is_same(other, identity)


def test_two_principals_without_a_name_are_told_apart_by_their_own_ids():
    for principal in (SERVICE, NAMELESS):
        waits = identity_of(principal)
        assert is_same({**principal, "uuid": A.replace("-", "").upper()}, waits)
        assert not is_same({**principal, "uuid": B}, waits)
        assert not is_same({"type": principal["type"]}, waits)
    assert not is_same(NAMELESS, identity_of(SERVICE))
    assert not are_same(Identity("", None, "service"), Identity("", None, "service"))


def test_an_id_that_somebody_has_for_a_name_does_not_make_them_another_principal():
    assert not is_same({"identities": [{"id": A, "provider": "evil"}]}, identity_of(SERVICE))
    assert not is_same({"identities": [{"id": A, "provider": "evil"}]}, identity_of(NAMELESS))
    assert not is_same(NAMELESS, Identity(A, "evil"))


def test_somebody_whose_name_comes_later_is_still_the_same():
    assert is_same({**NAMELESS, "identities": [{"id": "alice", "provider": "pam"}]}, identity_of(NAMELESS))


def test_the_same_name_at_another_provider_is_somebody_else():
    assert are_same(Identity("alice", "pam"), Identity("alice"))
    assert not are_same(Identity("alice", "pam"), Identity("alice", "orcid"))


def test_a_name_is_kept_where_less_is_said_later():
    alice, nameless = Identity("alice", "pam"), identity_of(NAMELESS)
    assert clearer(nameless, alice) == clearer(None, alice) == clearer(alice, nameless) == alice
    assert clearer(nameless, None) == nameless
    assert clearer(Identity("bob", "pam"), alice).id == "bob"


def test_whom_an_interrupted_request_waits_for():
    assert who_may_resume(Identity("alice", "pam")) == "alice"
    assert who_may_resume(identity_of(SERVICE)) == "a service account (3beb8904…)"
    assert who_may_resume(identity_of(NAMELESS)) == who_may_resume(None) == "the person whose session has ended"


SUBJECT = "c2ef90b9-5b1c-4bbd-8a46-1d5b5e0f9b4e"
FROM_A_PROVIDER = {"uuid": A, "type": "user", "identities": [{"id": SUBJECT, "provider": "keycloak"}]}


@pytest.mark.parametrize(
    ("claims", "words"),
    [
        ({"sub": SUBJECT, "preferred_username": "alice", "name": "Alice Example"}, "alice (c2ef90b9…)"),
        ({"sub": SUBJECT, "preferred_username": " ", "name": "Alice Example"}, "Alice Example (c2ef90b9…)"),
        ({"sub": SUBJECT, "name": 7, "email": "a@b.example"}, "a@b.example (c2ef90b9…)"),
        ({"sub": SUBJECT, "name": "bob\u202e\nadmin"}, "bob\ufffd admin (c2ef90b9…)"),
        ({"sub": SUBJECT, "name": "x" * 300}, f"{'x' * 99}… (c2ef90b9…)"),
        ({"sub": SUBJECT, "name": SUBJECT}, SUBJECT),
        ({"sub": SUBJECT}, SUBJECT),
        ({"sub": "somebody else", "name": "bob"}, SUBJECT),
        ({}, SUBJECT),
    ],
)
@pytest.mark.parametrize("kind", ["id_token", "access_token"])
def test_a_subject_has_a_name_for_people_beside_it_that_is_not_compared(kind, claims, words):
    identity = identity_of(FROM_A_PROVIDER, {kind: token(**claims)})
    assert identity.words == words
    assert identity == Identity(SUBJECT, "keycloak")
    assert are_same(identity, Identity(SUBJECT, "keycloak"))
    assert not are_same(identity, Identity("bob", "keycloak"))
