"""What a person does in a notebook before a job runs: signs in, makes keys, saves them, takes the scripts.

Runs as that person, on the Python of the jobs: ``python notebook.py SERVER USER``, with the password and the wishes for
each key as JSON on standard input. Writes as JSON what it got; never a key.
"""

from __future__ import annotations

import json
import sys

import httpx
from tiled.client.context import Context

from tiled_jupyter import ApiKeys
from tiled_jupyter.keys.jobs import KINDS


def main() -> None:
    uri, user = sys.argv[1:]
    password, *all_wishes = json.load(sys.stdin)
    context, _ = Context.from_any_uri(uri)
    form = {"username": user, "password": password}
    context.configure_auth(httpx.post(f"{uri}/api/v1/auth/provider/demo/token", data=form, trust_env=False).json())
    print(json.dumps([_made(context, wishes) for wishes in all_wishes]))


def _made(context: Context, wishes: dict[str, object]) -> dict[str, object]:
    key = ApiKeys(context).create(**wishes)
    return {
        "path": str(key.save()),
        "first_eight": key.first_eight,
        "note": key.note,
        "expires": key.expires.isoformat(),
        "scripts": {kind: key.snippet(kind) for kind in KINDS},
    }


if __name__ == "__main__":
    main()
