"""Kernels that die while they refresh: no token is ever torn or somebody else's, no lock dies with its owner."""

from __future__ import annotations

from tiled_jupyter import tokens as files

from .killed_kernels import kill_kernels
from .sessions import get, signed_in


def test_kernels_that_are_killed_while_they_refresh_harm_nobody(short_server):
    context = signed_in(short_server)
    done = kill_kernels(context, seconds=10)
    assert done["killed"] >= 2
    assert done["reads"] > 1000
    assert get(context).status_code == 200


def test_what_a_killed_kernel_has_left_goes_with_the_sign_out(short_server, cache):
    context = signed_in(short_server)
    (context.token_directory / ".refresh_token.a1b2c3").write_text("half a tok")
    context.forget_saved()
    assert [path for path in (cache / "tokens").rglob("*") if path.is_file()] == []
    assert files.read_tokens(context.token_directory) == {}
