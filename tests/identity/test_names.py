"""Names and passwords as people have them, and names that are none, in the panel of a real JupyterLab."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.panel import Panel
from tests.browser.waiting import until

from .accounts import new_name
from .systems import LDAP, PAM, REFUSED, LDAPSearch

#: A password by the end of its owner's name.
PASSWORDS = {
    "": "Grüße aus Köln, äöüß",
    ".with.dots": "🔬 sample 🧪 holder 🧲",
    "_and-dashes": "  blanks  around and within  ",
    "@lab.example": "it's \"quoted\" `in` 'ways'",
    "b": r"back\slash \n \0 \u00e9 \\",
    "l": "0123456789" * 20,
    "s": "%s {0} ${HOME} $(id) ; & | <b>&amp;</b> #!",
    "w": "パスワード 密码 пароль",
    "r": "كلمة السر الطويلة",
    "e": "a:b, c=d+e&f%2B%20?g#h",
}
# As somebody's keyboard may write them. ldap3 prepares passwords as RFC 4513 wants it, so a directory has others.
UNPREPARED = {"d": "decomposed e\u0301 o\u0308 n\u0303", "z": "joined 👩🏽\u200d🔬 👨\u200d🚀"}
NOBODY = [
    *(
        "*",
        "a*",
        "{}*",
        "{})(uid=*",
        "{})(|(uid=*)",
        r"{}\2a",
        r"{}\00",
        "(|(uid={}))",
        "{},ou=people",
        "uid={}",
        "{}\\",
    ),
]


@pytest.fixture(scope="module")
def crowded(request, place):
    kind = request.param
    with_people = kind(Path(tempfile.mkdtemp(prefix="crowd-", dir=place)))
    passwords = PASSWORDS | (UNPREPARED if kind is PAM else {})
    with_people.others = {new_name(end): password for end, password in passwords.items()}
    with with_people as system:
        yield system


in_each = pytest.mark.parametrize("crowded", [PAM, LDAP], ids=lambda kind: kind.__name__, indirect=True)


@in_each
def test_whatever_a_name_and_a_password_hold_they_sign_in(crowded, open_in):
    login = f"%tiled_login {crowded.uri} --no-remember\nsorted(client)"
    notebook = open_in({}, [login, "%tiled_logout", "%load_ext tiled_jupyter"])
    notebook.execute(2)
    for name, password in crowded.others.items():
        notebook.run(0)
        panel = Panel(notebook, 0)
        panel.sign_in(name, password)
        assert "staff" in notebook.cell_done(0)
        panel.signed_in_as(name)
        notebook.execute(1)


@pytest.mark.parametrize("crowded", [LDAP, LDAPSearch, PAM], ids=lambda kind: kind.__name__, indirect=True)
def test_a_name_that_is_none_is_refused_with_a_sentence_and_the_right_password_opens_nothing(crowded, open_in):
    notebook = open_in({}, [f"%load_ext tiled_jupyter\n%tiled_login {crowded.uri}\nsorted(client)"])
    notebook.run(0)
    panel = Panel(notebook, 0)
    before = refusals(crowded)
    for number, name in enumerate(NOBODY[:3] if isinstance(crowded, PAM) else NOBODY, 1):
        panel.sign_in(name.format(crowded.name), crowded.password)
        until(lambda number=number: refusals(crowded) == before + number, f"{name} to be refused")
        expect(panel.alert).to_contain_text(REFUSED)
        expect(panel.password).to_be_editable()
    assert notebook.prompt(0) == "[*]:"
    panel.sign_in(crowded.name, crowded.password)
    assert "staff" in notebook.cell_done(0)


def refusals(system):
    return system.server.log.count('/token HTTP/1.1" 401')
