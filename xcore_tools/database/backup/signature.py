"""Signatures of manifests: a keyed hash (RFC 2104), and which key has made it; pure."""

from __future__ import annotations

import hashlib
import hmac

from xcore_tools.errors import BackupError

_NAMED = 16


class Key:
    """Signs, and tells its own signatures from those of other keys."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret
        self.name = hashlib.sha256(b"name of a key\0" + secret).hexdigest()[:_NAMED]

    def signature(self, text: bytes) -> str:
        """`name:digits` of the text."""
        digits = hmac.new(self._secret, text, hashlib.sha256).hexdigest()
        return f"{self.name}:{digits}"

    def has_signed(self, text: bytes, signature: str) -> bool:
        """Whether the signature is of this text and by this key.

        Raises:
            BackupError: it says that it is by this key, and is not.
        """
        if not signature.isascii() or signature.partition(":")[0] != self.name:
            return False
        if not hmac.compare_digest(self.signature(text), signature):
            raise BackupError("its manifest was changed")
        return True
