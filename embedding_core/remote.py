"""Files in a bucket: list what lies under a prefix, read one. The environment holds the credentials.

What the client says when it fails is not passed on, as in `workspace/bucket.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from embedding_core.errors import InvalidSource

SCHEME = "s3://"


def listed(uri: str) -> Iterator[tuple[str, str]]:
    """The files below `s3://bucket/prefix`: their path from there, and their own URI. Raises `InvalidSource`."""
    from pyarrow import fs

    bucket, prefix = _split(uri)
    root = f"{bucket}/{prefix}".rstrip("/")
    try:
        found = _client().get_file_info(fs.FileSelector(root, recursive=True))
    except OSError:
        raise InvalidSource(
            f"{uri} cannot be listed. Check its spelling, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_REGION and, "
            "where the bucket is not Amazon's, AWS_ENDPOINT_URL."
        ) from None
    for one in sorted(found, key=lambda info: str(info.path)):
        if one.type == fs.FileType.File:
            yield one.path.removeprefix(root + "/"), SCHEME + one.path


def read(uri: str, limit: int) -> bytes:
    """Up to `limit` + 1 bytes of one file. Raises `FileNotFoundError`, and `OSError` without the client's words."""
    bucket, key = _split(uri)
    try:
        with _client().open_input_stream(f"{bucket}/{key}") as stream:
            content: bytes = stream.read(limit + 1)
    except FileNotFoundError:
        raise FileNotFoundError(2, "The file is not there", uri) from None
    except OSError:
        raise OSError(5, "The bucket did not give the file", uri) from None
    return content


def _split(uri: str) -> tuple[str, str]:
    """Bucket and key. Raises `InvalidSource` for anything else, without repeating it where it holds credentials."""
    parts = urlsplit(uri)
    if parts.scheme != "s3" or not parts.netloc or "@" in parts.netloc:
        raise InvalidSource("A bucket is named as s3://bucket/prefix, without credentials.")
    return parts.netloc, uri.removeprefix(f"{SCHEME}{parts.netloc}").strip("/")


def _client() -> Any:
    from embedding_core.workspace import bucket

    return _connected(bucket.endpoint())


@lru_cache(maxsize=2)
def _connected(endpoint: str) -> Any:
    from pyarrow import fs

    patience = {
        "connect_timeout": 5,
        "request_timeout": 30,
        "retry_strategy": fs.AwsStandardS3RetryStrategy(max_attempts=3),
    }
    if not endpoint:
        return fs.S3FileSystem(**patience)
    parts = urlsplit(endpoint)
    return fs.S3FileSystem(endpoint_override=parts.netloc, scheme=parts.scheme, **patience)
