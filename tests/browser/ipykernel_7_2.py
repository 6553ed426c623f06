"""Launch ipykernel 7.2 with the one repair of 7.4 without which no front end can rely on it.

Up to 7.3 a reply is sent past the stream that reads the same socket. A request that arrives at that moment stays
unread, with all that follow it, until another client connects: about one cell in some hundred never begins
(ipython/ipykernel#1554, #1529). What is under test is how our cells wait, which this does not touch.
"""

import sys

from ipykernel import kernelapp, subshell_manager


def send(manager, frames):
    kernelapp.IPKernelApp.instance().kernel.shell_stream.send_multipart(frames)


if __name__ == "__main__":
    del sys.path[0]  # this directory, as ipykernel's own launcher does
    subshell_manager.SubshellManager._send_on_shell_channel = send
    kernelapp.launch_new_instance()
