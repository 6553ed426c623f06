"""What is said to who sees no panel, in each application that may show the notebook."""

from __future__ import annotations

import sys

import pytest

from tiled_jupyter.kernel.front_end import application
from tiled_jupyter.panel.words import how_to_go_on
from tiled_jupyter.state.states import Provider, Server, SignedOut

FORM = SignedOut(
    Server("https://tiled.example.org/api/v1/", "tiled.example.org", True, (Provider("demo", "internal"),))
)


def asked_by(cell: str) -> dict:
    return {"header": {"msg_type": "execute_request"}, "metadata": {"cellId": cell}}


def said(**case) -> str:
    return how_to_go_on(FORM, **({"sign": "none", "saves": True, "since": None} | case))[0]


@pytest.mark.parametrize(
    ("request_", "shown_by"),
    [
        (asked_by("vscode-notebook-cell:/home/alice/scan.ipynb#W1sZmlsZQ%3D%3D"), "VS Code"),
        (
            asked_by("vscode-notebook-cell://ssh-remote%2Bhub/home/alice/scan.ipynb#X10sdnNjb2RlLXJlbW90ZQ%3D%3D"),
            "VS Code",
        ),
        (asked_by("8f1f4d2e-0a55-4b0f-9d9c-2f6f0c9a7b11"), None),  # JupyterLab names cells too
        ({"metadata": {}}, None),
        ({}, None),
        (None, None),
    ],
)
def test_vs_code_is_known_by_how_it_names_cells(request_, shown_by):
    assert application(request_) == shown_by


def test_colab_is_known_by_its_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "google.colab", object())
    assert application(asked_by("of-no-matter")) == application(None) == "Colab"


@pytest.mark.parametrize("saves", [True, False])
def test_in_vs_code_anywidget_is_said_to_belong_to_the_kernel(saves):
    text = said(saves=saves, application="VS Code")
    assert "does not answer" in text
    assert "the package anywidget in the environment of this kernel: install it there" in text
    assert "JupyterLab" not in text
    assert said(saves=saves, application="VS Code", sign="alive") == said(saves=saves, sign="alive")


@pytest.mark.parametrize("sign", ["none", "alive"])
def test_in_colab_the_panel_is_said_to_belong_in_a_cell_of_its_own(sign):
    text = said(sign=sign, application="Colab")
    assert ("does not answer" in text) is (sign == "none")
    assert "panel = LoginPanel('https://tiled.example.org'); panel\n" in text
    assert "Sign in there before you run the next cell, or this one again." in text
    assert "JupyterLab" not in text
    assert "%tiled_login" not in text


def test_elsewhere_it_is_said_to_belong_where_jupyterlab_runs():
    assert "the package anywidget is missing where JupyterLab runs" in said()
