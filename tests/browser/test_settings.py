"""The site's word on a way to sign in, its help, and no field for a password."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.server.tiled_server import PASSWORDS

from .panel import Panel

HELP = "https://help.example.org/tiled"
TEXT = "Use your beamline account, and have your phone at hand."


def configured(server, **settings):
    lines = [f"c.{name} = {value!r}" for name, value in settings.items()]
    login = f"%load_ext tiled_jupyter\n%tiled_login {server.uri}\nprint('goes on')"
    return "\n".join(["c = get_ipython().config.TiledJupyter", *lines, login])


def test_the_site_may_want_no_passwords_and_says_where_help_is(open_notebook, two_ways_server):
    texts = {"openid": TEXT}
    notebook = open_notebook([configured(two_ways_server, password_form=False, help_url=HELP, provider_texts=texts)])
    notebook.run(0)
    panel = Panel(notebook, 0)
    expect(panel.provider("openid")).to_be_checked()  # the first that can be used
    expect(panel.region.get_by_text(TEXT)).to_be_visible()
    link = panel.region.get_by_role("link", name="Help")
    expect(link).to_have_attribute("href", HELP)
    expect(link).to_have_attribute("rel", "noopener noreferrer")
    panel.provider("demo").check()
    expect(panel.region.get_by_text("does not want passwords typed in notebooks")).to_be_visible()
    expect(panel.region.get_by_text(TEXT)).to_have_count(0)
    expect(panel.password).to_have_count(0)
    notebook.stop()
    notebook.cell_done(0)


def test_the_panel_says_why_something_cannot_be_seen(open_notebook, tiled_server):
    login = f"%load_ext tiled_jupyter\n%tiled_login {tiled_server.uri}/api/v1/metadata/public\nprint('goes on')"
    notebook = open_notebook([login, "%tiled_why alice"])
    notebook.run(0)
    panel = Panel(notebook, 0)
    panel.sign_in("bob", PASSWORDS["bob"])
    notebook.cell_done(0)
    panel.button("Why can I not see my data?").click()
    expect(panel.region.get_by_text("Signed in as bob (demo) on")).to_be_visible()
    expect(panel.region.get_by_text("public is there. You see 2 entries in it.")).to_be_visible()
    assert "alice is not among them" in notebook.execute(1)
