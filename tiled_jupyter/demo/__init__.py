"""A Tiled server and JupyterLab on one command, to try the panel: ``python -m tiled_jupyter.demo``.

Stands beside the package: it uses public names only, and nothing imports it but tests.
"""
