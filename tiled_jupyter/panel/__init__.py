"""The widget.

`panel.LoginPanel` shows a login in the page, obeys what a person does there, and lets a cell wait for it; `login` has
what of that needs Tiled's client, `late_login` makes that, and `prompt` is the panel as a prompt. The page's half is
built from ``js/`` into ``static/``. anywidget is named here alone. This room decides nothing about a login.
"""

__all__ = ["hints", "page", "panel", "prompt"]
