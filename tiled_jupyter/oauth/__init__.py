"""One request each, to Tiled or to an OpenID provider.

A password, a device code (RFC 8628), a refresh (RFC 6749); and a sentence on what became of it (`exchange.explain`,
`causes`). Dialects are translated once, here. `audience` decides for every request whether a credential may go with
it. This room knows nothing of files, of people who wait, or of notebooks.
"""

__all__ = ["answers", "audience", "causes", "device", "environment", "exchange", "password", "refresh"]
