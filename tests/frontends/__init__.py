"""Front ends other than the JupyterLab of `make test`, each in an environment of its own; run by `make frontends`."""
