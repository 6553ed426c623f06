"""Sign-in, expiry, resuming and sign-out with the identity systems of a facility; run by `make identity`, as root.

PAM with accounts of this machine, slapd, Django OAuth Toolkit, nginx and tinyproxy: each is started by the tests on
this computer, with files and ports of its own, and ended by its process id. Accounts are there while the tests run.
"""
