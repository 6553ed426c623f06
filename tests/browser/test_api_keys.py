"""Keys are made, kept, used and deleted, sign-ins are ended."""

from __future__ import annotations

import re
import stat
import subprocess
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from tests.canaries import leaks
from tests.server.tiled_server import PASSWORDS

from .evidence import evidence
from .panel import Panel
from .waiting import until

ALICE = PASSWORDS["alice"]


@pytest.fixture
def signed_in(open_notebook, closed_tiled_server):
    """Return ``signed_in(kernel)``: a notebook, and its panel signed in as alice."""

    def sign_in(kernel: str = "k74", cells: tuple[str, ...] = ()):
        first = (
            f"%load_ext tiled_jupyter\nfrom tiled_jupyter import LoginPanel\nLoginPanel({closed_tiled_server.uri!r})"
        )
        notebook = open_notebook([first, *cells], kernel=kernel)
        origin = notebook.page.evaluate("() => location.origin")
        notebook.page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=origin)
        notebook.execute(0)
        panel = Panel(notebook, 0)
        panel.sign_in("alice", ALICE)
        panel.signed_in_as("alice")
        return notebook, panel

    return sign_in


@pytest.fixture(autouse=True)
def no_keys_left(closed_tiled_server):
    """Each test begins without keys, whatever the one before has made."""
    yield
    server = closed_tiled_server.uri
    with httpx.Client(base_url=f"{server}/api/v1/") as http:
        http.headers["Authorization"] = f"Bearer {tokens_of(http)['access_token']}"
        for key in http.get("auth/whoami").json()["api_keys"]:
            http.delete("auth/apikey", params={"first_eight": key["first_eight"]}).raise_for_status()


def tokens_of(http: httpx.Client) -> dict[str, str]:
    """Sign in as alice from elsewhere."""
    answer = http.post(
        "auth/provider/demo/token", data={"grant_type": "password", "username": "alice", "password": ALICE}
    )
    tokens: dict[str, str] = answer.raise_for_status().json()
    return tokens


def works(server, key: str) -> bool:
    """Return whether a key is accepted by the server."""
    answer = httpx.get(f"{server.uri}/api/v1/metadata/", headers={"Authorization": f"Apikey {key}"})
    assert answer.status_code in (200, 401), answer.text
    return answer.status_code == 200


def make_key(panel: Panel, button: str = "Create and save") -> str:
    """Make a key with what the form proposes; return its first eight characters."""
    if panel.tab("API keys").get_attribute("aria-selected") != "true":  # it reads the list again, and what waits is off
        panel.tab("API keys").click()
    panel.button(button).click()
    expect(panel.made).to_contain_text(re.compile("Key [0-9a-f]{8}… (is )?made"))
    return re.search("Key ([0-9a-f]{8})", panel.made.inner_text())[1]


def file_of(panel: Panel) -> Path:
    """Return the file of the key that was just made and saved."""
    expect(panel.made).to_contain_text("made and saved to")
    return Path(re.search("made and saved to (.*)", panel.made.inner_text())[1])


def secret_in(path: Path) -> str:
    return re.search("TILED_API_KEY='?([0-9a-f]+)", path.read_text())[1]


def test_a_key_with_the_defaults_is_saved_to_a_private_file(signed_in, kernel, closed_tiled_server, lab):
    notebook, panel = signed_in(kernel)
    first_eight = make_key(panel)
    expect(panel.made).to_be_focused()
    expect(panel.button("Create and save")).to_have_count(0)
    row = panel.keys.get_by_role("row").filter(has_text=first_eight)
    expect(row).to_contain_text("read metadata, read data")
    expect(row).to_contain_text("in 6 d 23 h")
    path = file_of(panel)
    assert path.is_relative_to(lab.directory)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (path, path.parent)] == [0o600, 0o700]
    secret = secret_in(path)
    assert secret.startswith(first_eight)
    assert works(closed_tiled_server, secret)
    panel.button("Done").click()
    expect(panel.made).to_be_hidden()
    expect(panel.button("Create and save")).to_be_visible()
    assert leaks({"notebook": str(notebook.save()), "page": notebook.page.content()}, {"key": secret}) == []


# What a person has to read between the tab and the script; the list of keys and the script itself left out.
_WORDS = """region => {
  const words = [];
  const read = element => {
    for (const node of element.childNodes) {
      if (node.nodeType === 3) words.push(node.textContent);
      if (node.nodeType !== 1 || !node.checkVisibility()) continue;
      if (node.matches('[role=tablist], pre, .tiled-jupyter-list, .tiled-jupyter-unseen')) continue;
      if (node.matches('select')) words.push(node.selectedOptions[0].textContent);
      else if (node.matches('input')) words.push(node.value ? '' : node.placeholder);
      else read(node);
    }
  };
  read([...region.querySelectorAll('[role=tabpanel]')].find(each => each.checkVisibility()));
  return words.join(' ').split(/\\s+/).filter(word => /\\w/.test(word)).length;
}"""


# Whether the line that a person edits is in sight, all of it.
_LAST_LINE_IN_SIGHT = """pre => {
  const text = document.createRange();
  text.selectNodeContents(pre);
  const line = [...text.getClientRects()].at(-1);
  const box = pre.getBoundingClientRect();
  return line.bottom <= box.bottom && line.top >= box.top && line.right <= box.right;
}"""


def test_from_the_tab_to_the_script_it_is_two_clicks_and_sixty_words(signed_in):
    _, panel = signed_in()
    panel.tab("API keys").click()
    expect(panel.button("Create and save")).to_be_visible()
    words = panel.region.evaluate(_WORDS)
    panel.button("Create and save").click()
    script = panel.region.get_by_role("group", name="Script")
    expect(script).to_be_visible()
    words += panel.region.evaluate(_WORDS)
    assert 40 < words <= 60
    primary = panel.region.locator(".tiled-jupyter-primary:visible")
    expect(primary).to_have_text(["Done"])
    assert script.evaluate(_LAST_LINE_IN_SIGHT)
    panel.region.get_by_role("combobox", name="Kind of job").select_option("Slurm (sbatch)")
    assert script.evaluate(_LAST_LINE_IN_SIGHT)


def test_the_newest_key_stands_on_top_and_is_marked_and_keys_with_a_file_give_their_scripts_again(signed_in):
    _, panel = signed_in()
    saved = make_key(panel)
    panel.region.get_by_role("combobox", name="Kind of job").select_option("Slurm (sbatch)")
    panel.button("Done").click()
    expect(panel.button(f"Scripts for key {saved}")).to_be_focused()
    copied = make_key(panel, "Create and copy")
    expect(panel.made).to_contain_text("Copied.")
    panel.button("Done").click()
    rows = panel.keys.get_by_role("row")
    expect(rows.nth(1)).to_contain_text(copied)
    expect(rows.nth(1)).to_contain_text("new")
    expect(rows.nth(2)).not_to_contain_text("new")
    expect(panel.button(f"Scripts for key {copied}")).to_have_count(0)
    panel.button(f"Scripts for key {saved}").click()
    scripts = panel.region.get_by_role("group", name=f"Scripts for key {saved}")
    expect(scripts).to_be_focused()
    expect(scripts.get_by_role("group", name="Script")).to_contain_text(f"-{saved}.env")
    expect(panel.region.get_by_role("combobox", name="Kind of job")).to_have_value("slurm")  # as it was left
    panel.button("Done").click()
    expect(panel.button(f"Scripts for key {saved}")).to_be_focused()


def test_a_script_is_saved_beside_the_notebook_and_replaces_another_file_only_after_a_question(signed_in, lab):
    notebook, panel = signed_in()
    make_key(panel)
    secret = secret_in(file_of(panel))
    path = lab.notebooks / "job.sh"
    panel.button("Save as job.sh").click()
    expect(panel.made.get_by_text(f"Saved as {path}")).to_be_visible()
    text = path.read_text()
    assert leaks({"script": text, "notebook": str(notebook.save())}, {"key": secret}) == []
    assert stat.S_IMODE(path.stat().st_mode) & 0o111 == 0
    panel.region.get_by_role("combobox", name="Kind of job").select_option("Slurm (sbatch)")
    panel.button("Save as job.sh").click()
    question = panel.region.get_by_role("group", name="Replace the file")
    expect(question).to_be_focused()
    expect(question).to_contain_text(f"{path} exists, and is another file. Replace it?")
    panel.button("Keep").click()
    assert path.read_text() == text
    panel.button("Save as job.sh").click()
    panel.button("Replace").click()
    expect(panel.made.get_by_text(f"Saved as {path}")).to_be_visible()
    assert "#SBATCH" in path.read_text()
    assert sorted(each.name for each in path.parent.glob("*job*")) == ["job.sh"]


def test_where_the_folder_cannot_be_written_a_sentence_says_so_and_the_other_ways_stay(signed_in, closed_tiled_server):
    spoil = "import platformdirs; p = platformdirs.user_state_path('tiled_jupyter'); p.chmod(0o777)"
    notebook, panel = signed_in(cells=(spoil, "p.chmod(0o700)"))
    notebook.execute(1)
    make_key(panel)
    expect(panel.alert).to_contain_text("its file could not be written")
    expect(panel.region.get_by_role("group", name="Script")).to_have_count(0)
    panel.button("Copy key").click()
    expect(panel.made).to_contain_text("Copied.")
    assert works(closed_tiled_server, notebook.page.evaluate("() => navigator.clipboard.readText()"))
    notebook.execute(2)
    panel.button("Save to file").click()
    expect(panel.made).to_contain_text("made and saved to /")
    expect(panel.region.get_by_role("group", name="Script")).to_be_visible()


def test_a_key_is_copied_and_nobody_else_on_the_kernel_sees_it(signed_in, kernel, listen, closed_tiled_server):
    notebook, panel = signed_in(kernel)
    listener = listen(notebook)
    first_eight = make_key(panel, "Create and copy")
    expect(panel.made).to_contain_text("Copied.")
    secret = notebook.page.evaluate("() => navigator.clipboard.readText()")
    assert secret.startswith(first_eight)
    assert works(closed_tiled_server, secret)
    places = evidence(notebook, listener)
    assert first_eight.encode() in places["what another client is sent"]  # it listens, and this is no secret
    assert leaks(places, {"key": secret}) == []


def test_a_key_is_copied_while_a_cell_runs(signed_in, closed_tiled_server):
    notebook, panel = signed_in(cells=("import threading; threading.Event().wait(60)",))
    first_eight = make_key(panel)
    notebook.run(1)
    notebook.page.wait_for_function("() => tj.running(1)")
    panel.button("Copy key").click()
    in_clipboard = "first => navigator.clipboard.readText().then(text => text.startsWith(first) && text)"
    secret = until(lambda: notebook.page.evaluate(in_clipboard, first_eight), "the clipboard to hold the key")
    assert works(closed_tiled_server, secret)
    assert notebook.page.evaluate("() => tj.running(1)")
    notebook.stop()
    notebook.cell_done(1)


def test_without_a_control_channel_the_button_says_why(signed_in):
    notebook, panel = signed_in()
    notebook.take_control_channel_away()
    panel.tab("API keys").click()
    expect(panel.button("Create and save")).to_be_visible()
    expect(panel.button("Create and copy")).to_have_count(0)
    make_key(panel)
    expect(panel.button("Copy key")).to_have_attribute("aria-disabled", "true")
    expect(panel.button("Copy key")).to_have_accessible_description(re.compile("Save the key to a file instead"))


def test_a_saved_key_comes_with_a_script_that_runs(signed_in, closed_tiled_server, tmp_path):
    notebook, panel = signed_in()
    first_eight = make_key(panel)
    kind = panel.region.get_by_role("combobox", name="Kind of job")
    script = panel.region.get_by_role("group", name="Script")
    offered = kind.get_by_role("option").all_inner_texts()
    kinds = "Shell Slurm Dask Prefect Notebook Container Apptainer cron systemd joblib ipyparallel"
    assert [name.split()[0] for name in offered] == kinds.split()
    for name in offered:
        kind.select_option(name)
        expect(script).to_contain_text(f"-{first_eight}.env")
    kind.select_option("Shell script")
    panel.button("Copy script").click()
    expect(panel.made).to_contain_text("Copied")
    text = notebook.page.evaluate("() => navigator.clipboard.readText()")
    secret = secret_in(Path(re.search("key_file=(\\S+)", text)[1]))
    assert leaks({"script": text, "page": notebook.page.content()}, {"key": secret}) == []
    (tmp_path / "analysis.py").write_text("import os; print(os.environ['TILED_API_KEY'][:8])")
    done = subprocess.run(["bash", "-c", text], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == (first_eight, "")


def test_the_form_proposes_how_long_a_key_for_a_job_works(signed_in):
    _, panel = signed_in()
    panel.tab("API keys").click()
    expect(panel.button("Create and save")).to_be_visible()
    lasts = panel.region.get_by_role("combobox", name="Stops working after")
    panel.button("Fit to a job").click()
    panel.region.get_by_label("The job runs for").press_sequentially("48 h")
    expect(lasts).to_have_value("3d")
    panel.region.get_by_label("and may wait in the queue up to").press_sequentially("7 d")
    expect(lasts).to_have_value("10d")
    panel.button("Create and save").click()
    expect(panel.made).to_contain_text("made and saved to")
    expect(panel.keys.get_by_role("row").nth(1)).to_contain_text("in 9 d 23 h")


def test_the_list_says_where_a_key_was_made_and_offers_files_that_have_expired_for_removal(
    signed_in, closed_tiled_server
):
    leave = f"""
from datetime import datetime, timezone
from tiled_jupyter.session import key_files
path = key_files.save("0" * 72, {closed_tiled_server.uri + "/api/v1/"!r}, datetime(2026, 1, 1, tzinfo=timezone.utc))
"""
    notebook, panel = signed_in(cells=(leave, "path.exists()"))
    notebook.execute(1)
    first_eight = make_key(panel)
    row = panel.keys.get_by_role("row").filter(has_text=first_eight)
    expect(row).to_contain_text(re.compile(r"less than a minute ago on \S+, notebook-0"))
    expect(panel.region.get_by_text("whose keys no longer work")).to_contain_text("-00000000.env")
    panel.button("Remove these files").click()
    expect(panel.button("Remove these files")).to_have_count(0)
    assert notebook.execute(2) == "False"


def test_a_key_of_ones_own_in_a_cell_is_revoked_from_the_warning(signed_in, closed_tiled_server):
    notebook, panel = signed_in(cells=("key = ''",))
    first_eight = make_key(panel)
    saved = file_of(panel)
    secret = secret_in(saved)
    notebook.set_source(1, f"my_key = '{secret}'")
    notebook.execute(1)
    assert "has an API key written in it" in notebook.text(1)
    here = notebook.output_area(1).get_by_role("region", name=f"API key {first_eight} in a cell")
    expect(here.get_by_role("status")).to_have_text(f"The key {first_eight}… is yours")
    here.get_by_role("button", name="Revoke this key now").click()
    here.get_by_role("button", name="Keep").click()
    assert works(closed_tiled_server, secret)
    here.get_by_role("button", name="Revoke this key now").click()
    here.get_by_role("button", name="Revoke", exact=True).click()
    expect(here.get_by_role("status")).to_have_text(f"Revoked {first_eight}. It no longer works.")
    expect(here.get_by_role("button")).to_have_count(0)
    assert not works(closed_tiled_server, secret)
    assert not saved.exists()


def test_a_key_is_used_in_this_kernel_and_on_a_second_act_in_its_environment(signed_in):
    environment = "import os; 'TILED_API_KEY' in os.environ"
    notebook, panel = signed_in(cells=(environment, environment))
    first_eight = make_key(panel, "Create and use here")
    expect(panel.made).to_contain_text("sent to no other server")
    expect(panel.keys.get_by_role("row").filter(has_text=first_eight)).to_contain_text("in use here")
    assert notebook.execute(1) == "False"
    panel.button("Also set TILED_API_KEY").click()
    expect(panel.made).to_contain_text("This key is in TILED_API_KEY now")
    assert notebook.execute(2) == "True"


def test_who_is_done_with_the_only_copy_is_asked_first(signed_in):
    notebook, panel = signed_in()
    notebook.change_page("() => { navigator.clipboard.write = () => Promise.reject(new Error()); }")
    first_eight = make_key(panel, "Create and copy")
    expect(panel.alert).to_contain_text("The browser did not let the key be copied.")
    panel.button("Done").click()
    expect(panel.made).to_contain_text("It is kept nowhere yet.")
    panel.button("Back").click()
    expect(panel.button("Done")).to_be_focused()
    panel.button("Done").click()
    panel.button("Delete the key").click()
    expect(panel.made).to_be_hidden()
    expect(panel.keys.get_by_text(first_eight)).to_have_count(0)


def test_a_key_is_deleted_after_a_question_and_the_next_row_has_the_focus(signed_in):
    _, panel = signed_in()
    for _ in range(3):
        make_key(panel)
        panel.button("Done").click()
        expect(panel.made).to_be_hidden()
    first, second, third = (
        panel.keys.get_by_role("button", name=re.compile("^Delete key")).nth(i).get_attribute("aria-label")
        for i in range(3)
    )
    panel.button(first).click()
    panel.button("Keep").click()
    expect(panel.button(first)).to_be_focused()
    panel.button(first).click()
    panel.button("Delete").click()
    expect(panel.button(first)).to_have_count(0)
    expect(panel.button(second)).to_be_focused()
    for name in (second, third):
        panel.keys.get_by_role("checkbox", name=f"Choose key {name.removeprefix('Delete key ')}").check()
    panel.button("Delete 2 keys").click()
    panel.button("Delete").click()
    expect(panel.keys).to_be_hidden()


def test_other_sign_ins_are_ended_from_the_list(signed_in, closed_tiled_server):
    _, panel = signed_in()
    with httpx.Client(base_url=f"{closed_tiled_server.uri}/api/v1/") as http:
        elsewhere = [tokens_of(http)["refresh_token"] for _ in range(2)]
        panel.tab("Sign-ins").click()
        rows = panel.sign_ins.get_by_role("row")
        expect(rows.filter(has_text="this one")).to_have_count(1)
        shown = rows.count() - 1
        other = rows.filter(has_text="somewhere else").first
        other.get_by_role("button", name="End this sign-in").click()
        panel.button("End").click()
        expect(rows).to_have_count(shown)
        panel.button("End all others").click()
        panel.button("End all").click()
        expect(rows).to_have_count(2)
        expect(panel.button("End all others")).to_be_hidden()
        for token in elsewhere:
            assert http.post("auth/session/refresh", json={"refresh_token": token}).status_code == 401
    panel.tab("Account").click()
    panel.signed_in_as("alice")


def test_the_keyboard_alone_leads_through_the_tabs(signed_in):
    notebook, panel = signed_in()
    press = notebook.page.keyboard.press
    before = notebook.structure()
    panel.tab("Account").focus()
    press("ArrowRight")
    expect(panel.tab("API keys")).to_be_focused()
    expect(panel.region.get_by_label("What is this key for?")).to_be_visible()
    press("Tab")
    expect(panel.region.get_by_label("What is this key for?")).to_be_focused()
    press("ControlOrMeta+a")
    notebook.page.keyboard.type("a dd x")  # what JupyterLab would take for commands
    press("Enter")
    expect(panel.made).to_be_focused()
    expect(panel.made).to_contain_text("a dd x")
    press("Tab")
    expect(panel.region.get_by_role("combobox", name="Kind of job")).to_be_focused()
    press("Tab")
    expect(panel.region.get_by_role("group", name="Script")).to_be_focused()
    for name in ("Save as job.sh", "Copy script", "Copy key", "Use here", "Done"):
        press("Tab")
        expect(panel.button(name)).to_be_focused()
    press("Enter")
    expect(panel.button("Create and save")).to_be_visible()
    panel.tab("API keys").focus()
    press("End")
    expect(panel.tab("Sign-ins")).to_be_focused()
    expect(panel.sign_ins).to_be_visible()
    press("Home")
    expect(panel.tab("Account")).to_have_attribute("aria-selected", "true")
    expect(panel.button("Sign out")).to_be_visible()
    assert notebook.structure() == before


def test_a_key_made_beside_a_running_cell_leaves_the_kernel_busy(signed_in, lab):
    """A hub culls kernels that say they are idle; this message is handled in a subshell."""
    work = "import pathlib, time\nwhile not pathlib.Path('go').exists():\n    time.sleep(0.1)\nprint('done')"
    notebook, panel = signed_in(cells=(work,))
    notebook.run(1)
    until(lambda: lab.kernels()[0]["execution_state"] == "busy", "the cell to run")
    make_key(panel)
    until(lambda: lab.kernels()[0]["execution_state"] == "busy", "the kernel to be busy again")
    (lab.notebooks / "go").touch()
    assert notebook.cell_done(1) == "done\n"
    until(lambda: lab.kernels()[0]["execution_state"] == "idle", "the kernel to be idle")
