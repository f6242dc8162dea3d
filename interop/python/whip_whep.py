"""What the Python programs share: HTTP of WHIP and WHEP (RFC 9725), and how they report."""

import json
import sys
import threading
import urllib.request


def post(url: str, token: str, offer: str) -> tuple[str, str]:
    """Offers; answers with the answer and the address of the session."""
    headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(url, offer.encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=30) as response:
        if response.status != 201:
            raise RuntimeError(f"answered with {response.status}")
        location = urllib.request.urljoin(url, response.headers["Location"])
        return response.read().decode(), location


def delete(location: str, token: str) -> None:
    """Ends a session."""
    headers = {"Authorization": f"Bearer {token}"}
    urllib.request.urlopen(
        urllib.request.Request(location, headers=headers, method="DELETE"), timeout=30
    ).close()


def report(**values: object) -> None:
    """One line of JSON to whoever started this."""
    print(json.dumps(values), flush=True)


def when_stdin_closes(then) -> None:
    """Whoever started this closes our standard input when it has seen enough."""

    def wait() -> None:
        sys.stdin.read()
        then()

    threading.Thread(target=wait, daemon=True).start()
