"""What a kernel holds does not grow while it waits; `make soak` has a day of it."""

from __future__ import annotations

from tests.soak.day import check, in_a_kernel

HOURS = 0.2


def test_a_kernel_that_waits_refreshes_and_polls_holds_no_more_at_the_end():
    check(in_a_kernel(HOURS), HOURS)
