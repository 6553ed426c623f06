"""Row D7, what a person sees of it: the site's word on a way to sign in, its help, and no field for a password."""

from __future__ import annotations

from playwright.sync_api import expect

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
