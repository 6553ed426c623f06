"""Faults that a page shows: a hostile server's texts in every state, one that dawdles, a kernel that was restarted."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.server.hostile_server import HostileServer, Reply, code, device, password, principal

from .panel import Panel
from .waiting import SLEEPING, stopped_in_time

# Each would set the canary if it became more than text.
MARKUP = (
    "<script>window.canary=1</script><img src=x onerror=\"window.canary=1\"><svg onload='window.canary=1'>"
    "<iframe srcdoc='<script>parent.canary=1</script>'></iframe>\u202e"
)
# What a policy without exceptions would forbid is reported for what comes after it; JupyterLab itself needs some.
WATCH = """() => {
  window.violations = [];
  window.canary = undefined;
  window.foreign = [];
  new MutationObserver(changes => {
    for (const change of changes) for (const node of change.addedNodes) {
      if (node.nodeType !== 1) continue;
      for (const element of [node, ...node.querySelectorAll('*')]) {
        const inPanel = element.closest('.tiled-jupyter-panel, .tiled-jupyter-attention');
        const active = /^(script|iframe|object|embed|base|meta)$/i.test(element.localName);
        const handler = [...element.attributes].some(({name}) => /^on/i.test(name));
        const link = /^(javascript|data|file|vbscript):/i.test(element.getAttribute('href') ?? '');
        if (inPanel && (active || handler || link)) window.foreign.push(element.outerHTML.slice(0, 200));
      }
    }
  }).observe(document.body, { childList: true, subtree: true });
  document.addEventListener('securitypolicyviolation', event => window.violations.push(event.blockedURI));
  const policy = document.createElement('meta');
  policy.httpEquiv = 'Content-Security-Policy';
  policy.content = "script-src 'self' blob: 'unsafe-eval'";
  document.head.append(policy);
}"""


def test_fault_40_a_hostile_servers_texts_stay_text_in_every_state_and_the_notebook_goes_on(open_notebook):
    cells = [
        "import ipywidgets\nresult = sum(range(1000))\nslider = ipywidgets.IntSlider(description='other')\nslider",
        "%load_ext tiled_jupyter\nfrom tiled_jupyter import LoginPanel\n"
        "panel = LoginPanel('{uri}')\ndisplay(panel)\npanel.wait()",
        "result, slider.value, panel.status",
    ]
    with HostileServer() as evil:
        evil.about["authentication"]["providers"] = [
            password(evil.api_uri, f"pass {MARKUP * 50}", confirmation_message=MARKUP),
            device(evil.api_uri, f"web {MARKUP}"),
        ]
        evil.replies["auth/provider/demo/token"] = Reply(400, {"detail": MARKUP.replace("\u202e", "")})
        evil.replies["auth/provider/demo/authorize"] = Reply(200, code(evil.api_uri, user_code=MARKUP[:32]))
        evil.replies["auth/provider/demo/poll"] = Reply(400, {"detail": {"error": "authorization_pending"}})
        notebook = open_notebook([cell.replace("{uri}", evil.uri) for cell in cells])
        notebook.execute(0)
        notebook.change_page(WATCH)
        notebook.run(1)
        panel = Panel(notebook, 1)
        radios = panel.providers.get_by_role("radio")
        expect(radios).to_have_count(2)

        radios.nth(0).check()
        panel.sign_in("alice", "wonderland")
        expect(panel.alert).to_contain_text("refused to sign you in (400): <script>window.canary=1</script>")
        expect(panel.username).to_have_value("alice")
        expect(panel.password).to_have_value("")

        radios.nth(1).check()
        panel.button("Sign in").click()
        expect(panel.user_code).to_have_text(MARKUP[:32])
        panel.cancel.click()
        evil.replies["auth/provider/demo/authorize"] = Reply(
            200, code(evil.api_uri, authorization_uri="javascript:window.canary=1")
        )
        radios.nth(1).check()
        panel.button("Sign in").click()
        expect(panel.alert).to_contain_text("sends people to a page that is not safe to open")

        row = {"scopes": [MARKUP], "access_tags": [MARKUP], "expiration_time": None, "latest_activity": None}
        keys = [{"first_eight": f"{n:08x}", "note": MARKUP, **row} for n in range(20)]
        evil.replies["auth/whoami"] = Reply(200, principal(MARKUP * 50, api_keys=keys))
        evil.replies["auth/provider/demo/token"] = Reply(200, {"access_token": "a", "refresh_token": "r"})
        radios.nth(0).check()
        panel.sign_in("alice", "wonderland")
        expect(panel.status).to_contain_text("Signed in as <script>")
        panel.tab("API keys").click()
        expect(panel.keys.get_by_role("row").nth(20)).to_contain_text("<script>")
        box = panel.region.bounding_box()
        assert box["width"] <= 1200
        assert box["height"] <= 6000

        notebook.cell_done(1)
        notebook.page.keyboard.press("Escape")
        notebook.output_area(0).get_by_role("slider").focus()
        notebook.page.keyboard.press("ArrowRight")
        assert notebook.execute(2) == "(499500, 1, 'signed_in')"
        page = notebook.page
        assert page.evaluate("() => [window.canary ?? null, window.foreign, window.violations]") == [None, [], []]
        # And it would have been seen.
        page.evaluate(
            "() => document.querySelector('.tiled-jupyter-panel').insertAdjacentHTML('beforeend', "
            "'<img src=x onerror=\"window.canary=1\">')"
        )
        page.wait_for_function("() => window.foreign.length && (window.canary || window.violations.length)")


def test_fault_9_a_slow_second_factor_is_said_and_cancel_gives_the_form_back(open_notebook):
    cells = ["kept = 6 * 7\nfrom tiled_jupyter import LoginPanel\npanel = LoginPanel('{uri}')\npanel", "kept"]
    with HostileServer() as slow:
        slow.replies["auth/provider/demo/token"] = lambda request, handler: handler.hostile.ended.wait() and None
        notebook = open_notebook([cell.replace("{uri}", slow.uri) for cell in cells])
        notebook.execute(0)
        panel = Panel(notebook, 0)
        panel.sign_in("alice", "wonderland")
        expect(panel.region.get_by_text("check your phone")).to_be_visible()
        expect(panel.region.get_by_text("Still waiting for the server")).to_be_visible()
        panel.cancel.click()
        expect(panel.password).to_be_editable()
        expect(panel.username).to_have_value("alice")
        expect(panel.password).to_have_value("")
        slow.replies["auth/provider/demo/token"] = Reply(503, b"<html>Service unavailable</html>")
        panel.sign_in("alice", "wonderland")
        expect(panel.alert).to_contain_text("cannot sign anybody in right now (503). Try again in a minute.")
        expect(panel.username).to_have_value("alice")
        expect(panel.password).to_have_value("")
        assert notebook.execute(1) == "42"


STOPPED = """
import time
from tiled_jupyter import LoginPanel
kept = 6 * 7

def ask(*address):
    panel = LoginPanel(*address)
    display(panel)
    try:
        panel.wait()
    except BaseException as error:
        print("ended", type(error).__name__, time.time())
        raise
"""


def test_fault_29_the_stop_button_ends_a_wait_in_any_state_at_once_and_the_panel_says_so(open_notebook):
    def held(_request, handler):
        handler.hostile.ended.wait()

    with HostileServer() as server, HostileServer() as mute:
        mute.replies[""] = server.replies["auth/provider/demo/token"] = held
        server.about["authentication"]["providers"] = [password(server.api_uri), device(server.api_uri, "web")]
        server.replies["auth/provider/demo/authorize"] = Reply(200, code(server.api_uri))
        server.replies["auth/provider/demo/poll"] = Reply(400, {"detail": {"error": "authorization_pending"}})
        form = f"ask({server.uri!r})"
        notebook = open_notebook([STOPPED, "ask()", f"ask({mute.uri!r})", form, form, form, "kept", SLEEPING])
        notebook.execute(0)

        def verifying(panel):
            panel.providers.get_by_role("radio").nth(0).check()
            panel.sign_in("alice", "wonderland")
            expect(panel.status).to_contain_text("Signing in")

        states = [
            lambda panel: expect(panel.address).to_be_editable(),
            lambda panel: expect(panel.status).to_contain_text("Connecting"),
            lambda panel: expect(panel.waiting).to_be_visible(),
            verifying,
            lambda panel: panel.begin("web"),
        ]
        for index, reached in enumerate(states, 1):
            notebook.run(index)
            panel = Panel(notebook, index)
            reached(panel)
            clicked = notebook.stop()
            kind, when = notebook.cell_done(index).split("ended ")[1].split()[:2]
            assert kind == "KeyboardInterrupt"
            stopped_in_time(notebook, 7, float(when) - clicked)
            expect(panel.status).to_contain_text("ancelled")
            expect(panel.waiting).to_have_count(0)
            if reached is verifying:
                expect(panel.username).to_have_value("alice")
                expect(panel.password).to_have_value("")
        assert notebook.execute(6) == "42"


def test_fault_30_after_a_restart_of_the_kernel_the_old_panel_says_so_and_the_cell_runs_again(open_notebook):
    cells = ["from tiled_jupyter import LoginPanel\npanel = LoginPanel('{uri}')\npanel", "6 * 7"]
    with HostileServer() as server:
        notebook = open_notebook([cell.replace("{uri}", server.uri) for cell in cells])
        notebook.execute(0)
        panel = Panel(notebook, 0)
        panel.type_password("alice", "wonderland")
        notebook.restart_kernel()
        expect(panel.status).to_have_text("The kernel of this panel has ended. Run the cell again to sign in.")
        expect(panel.password).to_have_count(0)
        assert notebook.execute(1) == "42"
        notebook.execute(0)
        panel.sign_in("alice", "wonderland")
        panel.signed_in_as("alice")
