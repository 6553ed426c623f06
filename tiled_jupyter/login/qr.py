"""A picture of an address for a phone to read, drawn in this process: no other server learns of it."""

from __future__ import annotations

import httpx

from ..address import is_loopback


def qr_code(address: str) -> str | None:
    """Draw an address.

    Parameters
    ----------
    address : str

    Returns
    -------
    str or None
        A ``data:image/png;base64,`` URI, black on white with the margin that cameras need. None where no
        phone could reach it: on this computer only, or too long.
    """
    import segno

    if is_loopback(httpx.URL(address).host):
        return None
    try:
        picture: str = segno.make_qr(address).png_data_uri(border=4)
    except segno.DataOverflowError:
        return None
    return picture
