"""Whether HQ answers: asked at its own address, and known by its own certificate, whatever the name and the dates."""

from __future__ import annotations

from http.client import HTTPException, HTTPSConnection
from urllib.parse import urlsplit

from butler_tui.hq import authority
from butler_tui.hq.keys import Folder

_WAIT_S = 2


def answers(folder: Folder, host: str, port: int) -> bool:
    """Tell whether the HQ of this folder answers there, and reads its rows; our clock and the host's name are no
    matter."""
    import ssl

    there = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (compared, not bound)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    connection = HTTPSConnection(there, port, timeout=_WAIT_S, context=context)
    try:
        connection.connect()
        shown = connection.sock.getpeercert(binary_form=True) if isinstance(connection.sock, ssl.SSLSocket) else None
        if shown != authority.server_der(folder):
            return False
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def answers_at(folder: Folder, url: str) -> bool:
    """Tell whether the HQ of this folder answers at an address as it was told when it was served."""
    parts = urlsplit(url)
    return answers(folder, parts.hostname or "", parts.port or 443)
