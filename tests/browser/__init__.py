"""The browser ring: a real JupyterLab in a real Chromium on three real kernels."""
