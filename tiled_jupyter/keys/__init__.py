"""API keys: made, listed, revoked, chosen, brought to jobs.

`api_keys.ApiKeys` makes and revokes them, `rotation` puts new ones in the place of old ones, `choice` decides which
server gets which, `dask` and the scripts of `jobs` bring them to jobs, `leaks` finds them in cells, and `access` says
why data cannot be seen with them. This room asks no person.
"""

__all__ = [
    "access",
    "account_requests",
    "api_keys",
    "choice",
    "dask",
    "jobs",
    "leaks",
    "listing",
    "new_key",
    "request",
    "rotation",
]
