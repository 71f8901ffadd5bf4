"""The signature of a message: the Base64 of an HMAC over its bytes as they are sent."""

import base64
import hmac
from typing import Final

HEADER: Final = "X-WebHook-Signature"


def signature(body: bytes, secret: str, hash_name: str) -> str:
    """The signature of a body under a secret; ``hash_name`` as hashlib has it, such as sha512."""
    return base64.b64encode(hmac.digest(secret.encode(), body, hash_name)).decode()


def is_signed(body: bytes, given: str, secret: str, hash_name: str) -> bool:
    """Whether ``given`` is the signature of a body, compared in constant time. Without a secret nothing is signed."""
    right = signature(body, secret, hash_name)
    return hmac.compare_digest(given.encode(), right.encode()) and bool(secret)
