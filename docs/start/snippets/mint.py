"""Mints Millrace tokens with Python's standard library. Python 3.8 or later.

    MILLRACE_KID=demo.1 MILLRACE_SECRET=… python3 mint.py event CREATOR ARTICLE VISITOR
    MILLRACE_KID=demo.1 MILLRACE_SECRET=… python3 mint.py page CREATOR ARTICLE
"""

import base64
import hashlib
import hmac
import json
import os
import sys
import time

HALF_HOUR = 1800
HOUR = 3600
DAY = 86400


def _base64url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")


def _hmac(secret, text):
    """The secret's own characters are the key: don't decode them from base64."""
    return _base64url(hmac.new(secret.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).digest())


def _sign(secret, kid, claims):
    header = {"alg": "HS256", "kid": kid}
    signed = ".".join(_base64url(json.dumps(part).encode("utf-8")) for part in (header, claims))
    return signed + "." + _hmac(secret, signed)


def event_token(secret, kid, creator, article, visitor, **more):
    """A token for one page view, valid for an hour. Two tokens of one visitor, article and half hour have the same jti.

    visitor: your own id of the reader, such as a session's; it leaves this function hashed.
    more: further claims: ref=…, or evt=["comment"], qty=42, jti="comment-7".
    """
    now = int(time.time())
    jti = _hmac(secret, f"{visitor}\n{article}\n{now // HALF_HOUR}")
    vis = _hmac(secret, f"visitor\n{visitor}")
    claims = {"sub": creator, "art": article, "jti": jti, "vis": vis, "iat": now, "exp": now + HOUR}
    return _sign(secret, kid, {**claims, **more})


def page_token(secret, kid, creator, article, days=30, **more):
    """A token for a page that is cached or static. It names no reader. At most 400 days."""
    now = int(time.time())
    claims = {"sub": creator, "art": article, "pag": True, "iat": now, "exp": now + days * DAY}
    return _sign(secret, kid, {**claims, **more})


if __name__ == "__main__":
    secret, kid = os.environ.get("MILLRACE_SECRET"), os.environ.get("MILLRACE_KID")
    kind, *names = sys.argv[1:] or [""]
    mint = {("event", 3): event_token, ("page", 2): page_token}.get((kind, len(names)))
    if not secret or not kid or mint is None:
        sys.exit("usage: MILLRACE_KID=… MILLRACE_SECRET=… python3 mint.py event CREATOR ARTICLE VISITOR | page CREATOR ARTICLE")
    print(mint(secret, kid, *names))
