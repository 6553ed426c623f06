"""An OpenID provider made of Django OAuth Toolkit; run in `.identity` as ``django_provider.py PORT DIRECTORY``.

DIRECTORY has ``about.json``: ``{"people": {name: password}, "client": {…}, "key": "…"}``, and gets the database.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

PAGE = """<!doctype html><title>The laboratory's accounts</title>
<form method=post>{% csrf_token %}{{ form.as_p }}<input type=hidden name=next value="{{ next }}">
<button type=submit>Log in</button></form>"""


def configure(port: int, place: Path, key: str) -> None:
    """Set Django up with what the toolkit's documentation asks for."""
    settings.configure(
        SECRET_KEY="of the tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF="__main__",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": place / "accounts.sqlite"}},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        INSTALLED_APPS=[
            "django.contrib.auth",
            "django.contrib.contenttypes",
            "django.contrib.sessions",
            "oauth2_provider",
        ],
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.middleware.csrf.CsrfViewMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        TEMPLATES=[
            {
                "BACKEND": "django.template.backends.django.DjangoTemplates",
                "APP_DIRS": True,
                "OPTIONS": {
                    "context_processors": [
                        "django.template.context_processors.request",
                        "django.contrib.auth.context_processors.auth",
                    ],
                },
            }
        ],
        LOGIN_URL="/login",
        OAUTH2_PROVIDER={
            "OIDC_ENABLED": True,
            "OIDC_RSA_PRIVATE_KEY": key,
            "OIDC_ISS_ENDPOINT": f"http://127.0.0.1:{port}/o",
            "OAUTH2_VALIDATOR_CLASS": "__main__.Validator",
            "PKCE_REQUIRED": False,  # Tiled 0.2.20 sends no code challenge
            "SCOPES": {"openid": "your name", "offline_access": "while you are away"},
        },
    )


def validator() -> type:
    """Return what tells the name of an account, which is what Tiled is to know people by."""
    from oauth2_provider.oauth2_validators import OAuth2Validator

    class Validator(OAuth2Validator):
        oidc_claim_scope = None

        def get_additional_claims(self):
            return {"preferred_username": lambda request: request.user.get_username()}

    return Validator


def urls() -> list[object]:
    """Return the toolkit's pages, and one to log in."""
    from django.contrib.auth.views import LoginView
    from django.http import HttpResponse
    from django.template import engines
    from django.urls import include, path

    class LogIn(LoginView):
        def render_to_response(self, context, **options):
            return HttpResponse(engines["django"].from_string(PAGE).render(context, self.request))

    return [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider")), path("login", LogIn.as_view())]


def main() -> None:
    """Serve until stopped."""
    global Validator, urlpatterns
    port, place = int(sys.argv[1]), Path(sys.argv[2])
    about = json.loads((place / "about.json").read_text())
    configure(port, place, about["key"])
    django.setup()
    Validator, urlpatterns = validator(), urls()
    call_command("migrate", verbosity=0)
    from django.contrib.auth import get_user_model
    from django.core.servers.basehttp import WSGIServer, run
    from django.core.wsgi import get_wsgi_application
    from oauth2_provider.models import get_application_model

    for name, password in about["people"].items():
        get_user_model().objects.create_user(name, password=password)
    get_application_model().objects.create(
        name="Tiled",
        client_type="confidential",
        authorization_grant_type="authorization-code",
        algorithm="RS256",
        **about["client"],
    )
    run("127.0.0.1", port, get_wsgi_application(), threading=True, server_cls=WSGIServer)


# Which Django finds here by their names, once it is set up.
Validator: type
urlpatterns: list[object] = []

if __name__ == "__main__":
    main()
