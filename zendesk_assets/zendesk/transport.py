"""Small parts around `requests`: the header that is really sent, and what went wrong in words."""

from __future__ import annotations

import requests

__all__ = ["Authorization", "network_problem"]


class Authorization(requests.auth.AuthBase):
    """Sets the header itself, or else requests would put what ~/.netrc says in its place."""

    def __init__(self, header: str) -> None:
        self._header = header

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Put the header on a request."""
        request.headers["Authorization"] = self._header
        return request


def network_problem(error: requests.RequestException) -> str:
    """Return what went wrong in a few words; the exception's own text may hold the whole URL."""
    names = {
        requests.exceptions.SSLError: "no secure connection",
        requests.exceptions.ConnectTimeout: "no connection in time",
        requests.exceptions.ReadTimeout: "no answer in time",
        requests.exceptions.ChunkedEncodingError: "the answer broke off",
        requests.exceptions.ContentDecodingError: "the answer cannot be unpacked",
    }
    for kind, words in names.items():
        if isinstance(error, kind):
            return words
    if isinstance(error, requests.ConnectionError):
        return "the connection failed"
    return type(error).__name__
