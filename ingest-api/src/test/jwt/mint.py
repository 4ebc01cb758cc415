"""Mints event tokens with a library: python3 mint.py LIBRARY KID SECRET. A line a variant: its name, a tab, the token."""

import base64
import datetime
import sys
import time

library, kid, secret = sys.argv[1:]
now = int(time.time())
times = {"iat": now, "exp": now + 3600}
floats = {"iat": time.time(), "exp": time.time() + 3600}
moment = datetime.datetime.now(datetime.timezone.utc)
moments = {"iat": moment, "exp": moment + datetime.timedelta(hours=1), "nbf": moment}
texts = {"iat": str(now), "exp": str(now + 3600)}
extra = {"iss": "https://news.example", "name": "Ann", "roles": ["a", "b"], "nested": {"a": [1, {"b": None}]}, "admin": False}


def claims(variant, *more):
    all_claims = {"sub": "c-42", "art": "/caf\u00e9", "jti": library + "-" + variant}
    for some in more:
        all_claims.update(some)
    return all_claims


def show(variant, token):
    print(variant + "\t" + (token.decode() if isinstance(token, bytes) else token))


def decoded():
    return base64.urlsafe_b64decode(secret + "=" * (-len(secret) % 4))


if library == "jwt":
    import jwt

    def sign(variant, *more, key=secret, algorithm="HS256", headers=None):
        show(variant, jwt.encode(claims(variant, *more), key, algorithm=algorithm, headers={"kid": kid} if headers is None else headers))

    sign("default", moments)
    sign("float", floats)
    sign("audience", times, {"aud": ["web", "millrace"]})
    sign("audience-of-others", times, {"aud": "https://news.example"})
    sign("extra", times, extra)
    sign("text-times", texts)
    sign("no-iat", {"exp": now + 3600})
    sign("no-kid", times, headers={})
    sign("hs512", times, algorithm="HS512")
    sign("decoded", times, key=decoded())
elif library == "jose":
    from jose import jwt

    def sign(variant, *more, headers=None):
        show(variant, jwt.encode(claims(variant, *more), secret, algorithm="HS256", headers={"kid": kid} if headers is None else headers))

    sign("default", moments)
    sign("float", floats)
    sign("audience", times, {"aud": ["web", "millrace"]})
    sign("extra", times, extra)
    sign("no-kid", times, headers={})
elif library == "authlib":
    from authlib.jose import jwt

    def sign(variant, *more, header=None):
        show(variant, jwt.encode({"alg": "HS256", "kid": kid} if header is None else header, claims(variant, *more), secret))

    sign("default", moments)
    sign("float", floats)
    sign("audience", times, {"aud": ["web", "millrace"]})
    sign("extra", times, extra)
    sign("no-kid", times, header={"alg": "HS256"})
elif library == "jwcrypto":
    from jwcrypto import jwk, jwt

    key = jwk.JWK(kty="oct", k=base64.urlsafe_b64encode(secret.encode()).decode().rstrip("="))

    def sign(variant, *more, key=key):
        token = jwt.JWT(header={"alg": "HS256", "kid": kid}, claims=claims(variant, *more))
        token.make_signed_token(key)
        show(variant, token.serialize())

    sign("default", times)
    sign("extra", times, extra)
    sign("decoded", times, key=jwk.JWK(kty="oct", k=secret))
else:
    sys.exit(2)
