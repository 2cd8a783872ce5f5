"""A bucket on this machine: moto's server, which speaks S3, in a process of its own on a free port of 127.0.0.1."""

from __future__ import annotations

import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.error import URLError

from tests.running import free_port

KEY = "AKIAKINDREDTESTS0001"
SECRET = "a-secret-that-must-be-nowhere-7391"  # what AWS_SECRET_ACCESS_KEY is in tests
TOKEN = "a-session-that-must-be-nowhere-8264"
ENDPOINTS = ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT", "AWS_ALLOW_HTTP", "AWS_PROFILE")


@dataclass(frozen=True)
class BucketServer:
    endpoint: str

    @property
    def environment(self) -> dict[str, str]:
        """What someone who uses it sets: no more than for the AWS command line."""
        return {
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET,
            "AWS_SESSION_TOKEN": TOKEN,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": self.endpoint,
        }

    def client(self) -> Any:
        import boto3

        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id=KEY,
            aws_secret_access_key=SECRET,
        )

    def create(self, name: str) -> str:
        """Make a bucket; returns its URI."""
        self.client().create_bucket(Bucket=name)
        return f"s3://{name}"

    def objects(self, name: str) -> dict[str, bytes]:
        """All that a bucket holds."""
        client = self.client()
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=name)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
        return {key: client.get_object(Bucket=name, Key=key)["Body"].read() for key in keys}

    def remove(self, name: str) -> None:
        """Delete a bucket with all that it holds."""
        client = self.client()
        for key in self.objects(name):
            client.delete_object(Bucket=name, Key=key)
        client.delete_bucket(Bucket=name)


@contextmanager
def bucket_server(folder: Path, timeout: float = 60) -> Iterator[BucketServer]:
    port = free_port()
    log = folder / "moto.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            _wait(process, f"http://127.0.0.1:{port}", log, timeout)
            yield BucketServer(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen[bytes], url: str, log: Path, timeout: float) -> None:
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        try:
            with urllib.request.urlopen(url + "/moto-api/", timeout=2):
                return
        except (URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"moto's server did not answer:\n{log.read_text(errors='replace')[-2000:]}")
