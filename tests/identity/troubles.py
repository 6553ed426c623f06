"""What may go wrong between a kernel and an identity system, by the names that the table has for it."""

#: What nginx does instead of asking the server, in its own language.
BETWEEN = {
    "a portal that redirects": "return 302 PORTAL;",
    "a portal's page in place of an answer (200)": 'return 200 "<html><title>Sign in to the network</title></html>";',
    "maintenance (503)": "return 503;",
    "maintenance (503, Retry-After)": "add_header Retry-After 3 always; return 503;",
    "too many requests (429, Retry-After)": "add_header Retry-After 3 always; return 429;",
    "a firewall (403)": 'return 403 "<html>No.</html>";',
    "basic authentication (401)": 'auth_basic "Members"; auth_basic_user_file NOBODY;',
}
LIMIT = "nginx lets nobody sign in as often (429, Retry-After), at the sign-in"
HANGS, HUNG, AWAY = "slapd hangs", "slapd has hung for longer than Tiled waits", "slapd is away"
UNKNOWN, OTHER, MISNAMED = (
    "the certificate is of an authority that is not known",
    "… and `SSL_CERT_FILE` names another authority",
    "the certificate is for another name",
)
NO_LOGIN, WRONG_LOGIN, NO_PROXY = (
    "the proxy wants a login, and `HTTPS_PROXY` has none (407)",
    "the proxy wants another login than `HTTPS_PROXY` has",
    "nothing listens where `HTTPS_PROXY` leads",
)
IN_MID_CELL = " while a cell reads"
TROUBLES = [
    *(UNKNOWN, OTHER, MISNAMED),
    *BETWEEN,
    LIMIT,
    *(trouble + IN_MID_CELL for trouble in BETWEEN),
    *(NO_LOGIN, WRONG_LOGIN, NO_PROXY),
    *(HANGS, HUNG, AWAY),
]
