"""Kernels without the second that importing takes: each is a fork of one process that has imported what they import.

Not Tiled, the widgets and this package themselves: they are imported by the notebook under test, in its order.

``python -m tests.browser.warm_kernels DESCRIPTOR`` is that process; it listens at a socket that was given to it, and
ends with its input. A kernelspec names this file as a program instead (`launch`): it hands its arguments, environment
and streams over, and stands for the kernel from then on. A signal that it gets is the kernel's, the kernel's exit code
is its own, and neither outlives the other.
"""

import json
import os
import signal
import socket
import sys
from pathlib import Path

# Of the standard library only: what stands for a kernel has no site-packages, to start at once.

_OURS = {"anywidget", "ipywidgets", "tiled", "tiled_jupyter"}
_PR_SET_PDEATHSIG = 1  # prctl(2): the signal to get when the parent ends


def launch(path: str, arguments: list[str]) -> int:
    """Start a kernel and stand for it.

    Parameters
    ----------
    path : str
        The socket of the process that forks.
    arguments : list of str
        Those of ``ipykernel_launcher``.

    Returns
    -------
    int
        The exit code of the kernel.
    """
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(path)
        wanted = {"arguments": arguments, "environment": dict(os.environ), "directory": str(Path.cwd())}
        socket.send_fds(connection, [b"\n"], [0, 1, 2])
        with connection.makefile("rw", encoding="utf-8") as answers:
            print(json.dumps(wanted), file=answers, flush=True)
            pid = int(answers.readline())

            def forward(number: int, _: object) -> None:
                os.killpg(pid, number)

            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
                signal.signal(number, forward)
            code = int(answers.readline() or 1)
    if code < 0:  # it was killed: this ends the same way
        if code != -signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


def serve(descriptor: int) -> None:
    """Fork a kernel for each who connects to a socket, until standard input ends."""
    import contextlib
    import gc
    import selectors
    import threading

    _import()
    if threading.active_count() > 1:
        raise RuntimeError(f"What has threads cannot be forked: {threading.enumerate()}")
    gc.collect()
    gc.freeze()  # else each kernel goes through all of it, and copies it
    with socket.socket(fileno=descriptor) as listening, selectors.DefaultSelector() as waiting:
        waiting.register(sys.stdin, selectors.EVENT_READ)
        waiting.register(listening, selectors.EVENT_READ)
        while True:
            for key, _ in waiting.select():
                if key.fileobj is sys.stdin:
                    return
                if key.fileobj is listening:
                    connection, _ = listening.accept()
                    pid = _start(connection)
                    connection.sendall(f"{pid}\n".encode())
                    waiting.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, connection))
                    waiting.register(connection, selectors.EVENT_READ, (pid, None))
                elif key.data[1] is None:  # who stood for the kernel was killed
                    waiting.unregister(key.fileobj)
                    with contextlib.suppress(OSError, KeyError):  # nobody is there any more
                        os.killpg(key.data[0], signal.SIGKILL)
                else:
                    pid, connection = key.data
                    waiting.unregister(key.fd)
                    os.close(key.fd)
                    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
                    with contextlib.suppress(OSError, KeyError):  # nobody is there any more
                        connection.sendall(f"{code}\n".encode())
                    with contextlib.suppress(OSError, KeyError):  # nobody is there any more
                        waiting.unregister(connection)
                    connection.close()


def _import() -> None:
    """Import what kernels import, but for what is under test."""
    import contextlib
    import importlib

    for name in (
        "ipykernel.kernelapp",
        "IPython.core.completer",
        "IPython.core.debugger",
        "tiled.client.container",
        "tiled.client.array",
        "tiled.client.dataframe",
        "anywidget",
    ):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for name in [name for name in sys.modules if name.partition(".")[0] in _OURS]:
        del sys.modules[name]


def _start(connection: socket.socket) -> int:
    """Return the process id of a new kernel."""
    _, streams, _, _ = socket.recv_fds(connection, 1, 3)
    with connection.makefile("r", encoding="utf-8") as lines:
        wanted = json.loads(lines.readline())
    sys.stdout.flush()
    pid = os.fork()
    if pid:
        for stream in streams:
            os.close(stream)
        return pid
    try:
        _become(wanted, streams)
        os._exit(0)
    except SystemExit as end:
        os._exit(end.code if isinstance(end.code, int) else 1)
    except BaseException:  # noqa: BLE001 - it goes to the kernel's log
        sys.excepthook(*sys.exc_info())
        os._exit(1)


def _become(wanted: dict, streams: list[int]) -> None:
    import ctypes

    from ipykernel import kernelapp

    os.setsid()
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    os.closerange(3, 256)
    os.environ.clear()
    os.environ.update(wanted["environment"])
    os.chdir(wanted["directory"])
    sys.argv[1:] = wanted["arguments"]
    kernelapp.launch_new_instance()


if __name__ == "__main__":
    if len(sys.argv) == 2:
        del sys.path[0]  # the project's folder, where no notebook is
        serve(int(sys.argv[1]))
    else:
        sys.exit(launch(sys.argv[1], sys.argv[2:]))
