'''A running cell hears the page of its own widget, and obeys its stop button.

It knows nothing of Tiled or of signing in, and imports no other room: any widget can be waited for with it, as in this
cell::

    import anywidget
    from IPython.display import display
    from tiled_jupyter.kernel.waiting import ask

    class YesOrNo(anywidget.AnyWidget):
        _esm = """export default { render({ model, el }) {
          for (const answer of ["yes", "no"]) {
            const button = el.appendChild(document.createElement("button"));
            button.textContent = answer;
            button.onclick = () => model.send({ answer });
          }
        } }"""

    display(question := YesOrNo())
    print(ask(question, timeout=600)["answer"])

`cells` knows which cell runs and whether it was stopped; `mailbox` hears a widget while a cell waits; `waiting` is
the wait itself; `page_load` answers a page that is loaded meanwhile; `replies` gives a secret to the one page that
asks for it; `front_end` knows who is there, and what can be shown to them; `memory` holds what is known for as long
as the kernel lives. What is touched of IPython and ipykernel is named here, but for magics.
'''

__all__ = ["cells", "front_end", "mailbox", "memory", "page_load", "replies", "waiting"]
