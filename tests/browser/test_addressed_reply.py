"""A key that is copied: JupyterLab's future for a control request resolves with the addressed reply and its buffer."""

from __future__ import annotations

from playwright.sync_api import expect

WIDGET = '''
import anywidget
from tiled_jupyter.panel.key_reply import offer_keys

ESM = """
export default { render({ model, el }) {
  const kernel = model.widget_manager.kernel;
  const button = document.createElement("button");
  button.textContent = "Ask";
  button.onclick = async () => {
    const header = { msg_id: crypto.randomUUID(), session: kernel.clientId, username: "",
                     date: new Date().toISOString(), msg_type: "tiled_jupyter_key_request", version: "5.3" };
    const content = { comm_id: "comm", first_eight: "deadbeef" };
    const future = kernel.sendControlMessage(
      { header, parent_header: {}, metadata: {}, channel: "control", content, buffers: [] }, true, true);
    const reply = await future.done;
    const bytes = reply.buffers[0];
    const view = ArrayBuffer.isView(bytes) ? bytes : new Uint8Array(bytes);
    button.textContent = `${reply.header.msg_type} ${reply.content.status} ${new TextDecoder().decode(view)}`;
  };
  el.append(button);
} };
"""


class Probe(anywidget.AnyWidget):
    _esm = ESM


offer_keys("comm", lambda first_eight: first_eight + "-key")
Probe()
'''


def test_the_reply_reaches_the_page_that_asked(open_notebook, kernel):
    notebook = open_notebook([WIDGET], kernel=kernel)
    notebook.execute(0)
    area = notebook.output_area(0)
    area.get_by_role("button", name="Ask").click()
    expect(area.get_by_role("button")).to_have_text("tiled_jupyter_key_reply ok deadbeef-key")
