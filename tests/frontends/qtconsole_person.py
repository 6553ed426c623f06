"""A person at qtconsole: ``python qtconsole_person.py KERNEL``, with cells and answers as JSON on stdin.

Runs in the environment of the consoles, and prints what the window shows in the end and what its arrow keys bring back.
"""

import json
import sys
import time

from qtconsole.qtconsoleapp import JupyterQtConsoleApp
from qtpy.QtCore import Qt
from qtpy.QtTest import QTest

story = json.load(sys.stdin)
deadline = time.monotonic() + story["patience"]
console = JupyterQtConsoleApp()
console.initialize(["--kernel", sys.argv[1], "--JupyterQtConsoleApp.confirm_exit=False"])
console.window.show()
shell = console.window.active_frontend


def wait_until(condition):
    """Have Qt do its work meanwhile."""
    while not condition():
        if time.monotonic() > deadline:
            sys.exit(f"qtconsole hangs, and shows:\n{shell._control.toPlainText()}")
        QTest.qWait(20)


def wait_for_prompt(number):
    """Wait until a cell can be typed."""
    wait_until(lambda: f"In [{number}]:" in shell._control.toPlainText())


def type_in(text):
    """Type a line, and press Enter."""
    QTest.keyClicks(shell._control, text)
    QTest.keyClick(shell._control, Qt.Key_Return)


for number, (cell, answers) in enumerate(story["cells"], 1):
    wait_for_prompt(number)
    type_in(cell)
    for answer in answers:
        wait_until(lambda: shell._reading)
        type_in(answer)
wait_for_prompt(len(story["cells"]) + 1)
print(json.dumps({"shown": shell._control.toPlainText(), "history": shell.history_tail(1000)}))
console.kernel_manager.shutdown_kernel(now=True)
