"""From a file's bytes to a verified picture.

`decode` is the only place where untrusted bytes meet an image decoder. It runs in the worker process and in the
command line, never in the server.
"""

from __future__ import annotations

from embedding_core.images.decoding import Decoded, Limits, decode
from embedding_core.images.reduce import THUMBNAIL, preview, thumbnail

__all__ = ["THUMBNAIL", "Decoded", "Limits", "decode", "preview", "thumbnail"]
