"""API keys: made, listed, revoked, chosen, brought to jobs.

`api_keys.ApiKeys` makes and revokes them, `choice` decides which server gets which, `dask` and the scripts of
`new_key` bring them to jobs, `leaks` finds them in cells, and `access` says why data cannot be seen with them. This
room asks no person.
"""

__all__ = ["access", "account_requests", "api_keys", "choice", "dask", "leaks", "listing", "new_key", "request"]
