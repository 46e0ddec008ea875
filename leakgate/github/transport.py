"""One request to GitHub: bounded in time and size, repeated only if that is safe, and never to another host.

The standard library's ``urllib`` is enough for a few small JSON requests. It supports proxies and the system's
certificates (which GitHub Enterprise Server needs behind a company's own authority), and the Action has no further
code to trust. Two of its features are not used: its redirects send the token to other hosts, and its timeout is for
each read instead of the whole request.
"""

import email.message
import http.client
import json
import re
import urllib.parse
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final

from leakgate import __version__
from leakgate.ports import Clock

API_VERSION: Final = "2022-11-28"

_REDIRECTS_LIMIT: Final = 3
_READ_BYTES: Final = 65_536
_PROBLEM_LIMIT_CHARS: Final = 200
_BUSY: Final = frozenset({429, 500, 502, 503, 504})
_REDIRECTS: Final = frozenset({301, 302, 307, 308})


class Trouble(StrEnum):
    """The kind of failure."""

    FORBIDDEN = "forbidden"
    """The token may not do this: the job's permissions, a fork, Dependabot."""
    UNAUTHORIZED = "unauthorized"
    """The token is wrong or expired."""
    NOT_FOUND = "not-found"
    REFUSED = "refused"
    """The request is not acceptable; another attempt would not help."""
    UNREACHABLE = "unreachable"
    """No usable answer in time; it is not known whether the request was carried out."""


class GithubError(Exception):
    """A request that failed finally. The message does not contain the token."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long leakgate waits for GitHub before it gives up; reporting must not delay a job."""

    total_s: float = 60.0
    """Seconds for all requests together, including waits."""
    request_s: float = 15.0
    attempts: int = 4
    first_pause_s: float = 1.0
    """Seconds between attempts if GitHub names no time; doubled each time."""
    answer_bytes: int = 64 * 1024**2


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """A successful answer."""

    status: int
    headers: email.message.Message
    body: bytes

    def json(self) -> object:
        """Return the decoded body; None if it is empty. Raises ValueError."""
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Failure:
    trouble: Trouble
    problem: str
    repeatable: bool
    pause_s: float | None = None
    """Seconds that GitHub asked to wait; None if it named no time."""


class Transport:
    """Sends requests to one server with one token, until the time is used up."""

    def __init__(self, api_url: str, token: str, clock: Clock, patience: Patience) -> None:
        self._api_url = api_url.rstrip("/")
        self._token = token
        self._clock = clock
        self._patience = patience
        self._deadline_s = clock.monotonic_s() + patience.total_s
        # Built by hand: it follows no redirect, opens no other scheme, and raises no error for a status.
        self._opener = urllib.request.OpenerDirector()
        for handler in (urllib.request.ProxyHandler(), urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
            self._opener.add_handler(handler)

    def send(self, method: str, path: str, payload: Mapping[str, object] | None = None) -> HttpAnswer:
        """Return the answer to a request, after as many attempts as are safe and allowed. Raises GithubError.

        A POST is repeated only if GitHub refused it because of a rate limit; otherwise it may have been carried out.
        """
        attempt = 1
        while isinstance(outcome := self._try(method, path, payload), _Failure):
            asked_s, usual_s = outcome.pause_s, self._patience.first_pause_s * 2 ** (attempt - 1)
            pause_s = usual_s if asked_s is None else asked_s
            in_time = self._clock.monotonic_s() + pause_s < self._deadline_s
            if not outcome.repeatable or not in_time or attempt == self._patience.attempts:
                raise GithubError(outcome.trouble, f"{method} {path.partition('?')[0]}: {outcome.problem}")
            self._clock.sleep(pause_s)
            attempt += 1
        return outcome

    def _try(self, method: str, path: str, payload: Mapping[str, object] | None) -> HttpAnswer | _Failure:
        again = method != "POST"
        try:
            answer = self._follow(method, path, payload)
        except (OSError, http.client.HTTPException) as error:
            problem = self._clean(str(error) or type(error).__name__)
            return _Failure(trouble=Trouble.UNREACHABLE, problem=problem, repeatable=again)
        limited = _rate_limited(answer)
        if answer.status in _BUSY or limited:
            return _Failure(
                trouble=Trouble.UNREACHABLE,
                problem=self._problem(answer),
                repeatable=again or limited,
                pause_s=_asked_pause_s(answer),
            )
        if answer.status >= 300:
            return _Failure(trouble=_trouble_of(answer.status), problem=self._problem(answer), repeatable=False)
        try:
            answer.json()
        except (ValueError, RecursionError):
            return _Failure(trouble=Trouble.UNREACHABLE, problem=f"{answer.status}, but no JSON", repeatable=again)
        return answer

    def _follow(self, method: str, path: str, payload: Mapping[str, object] | None) -> HttpAnswer:
        """Return the answer, after redirects within the same server: GitHub redirects for a renamed repository."""
        url = self._api_url + path
        answer = self._once(method, url, payload)
        for _ in range(_REDIRECTS_LIMIT):
            url = urllib.parse.urljoin(url, answer.headers.get("Location", ""))
            if answer.status not in _REDIRECTS or _origin(url) != _origin(self._api_url):
                break
            answer = self._once(method, url, payload)
        return answer

    def _once(self, method: str, url: str, payload: Mapping[str, object] | None) -> HttpAnswer:
        remaining_s = self._deadline_s - self._clock.monotonic_s()
        if remaining_s <= 0:
            raise TimeoutError("no time left")
        request = urllib.request.Request(  # noqa: S310 - the opener knows http and https only
            url,
            method=method,
            data=json.dumps(payload).encode("ascii") if payload is not None else None,
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "User-Agent": f"leakgate/{__version__}",
                "X-GitHub-Api-Version": API_VERSION,
            },
        )
        timeout_s = min(self._patience.request_s, remaining_s)
        with self._opener.open(request, timeout=timeout_s) as response:
            body = self._read(response, self._clock.monotonic_s() + timeout_s)
            return HttpAnswer(response.status, response.headers, body)

    def _read(self, response: http.client.HTTPResponse, until_s: float) -> bytes:
        parts: list[bytes] = []
        size = 0
        # read1 returns after one read of the socket, so a server that sends single bytes slowly cannot block leakgate.
        while part := response.read1(_READ_BYTES):
            parts.append(part)
            size += len(part)
            if size > self._patience.answer_bytes:
                raise http.client.HTTPException("an answer larger than any that GitHub gives")
            if self._clock.monotonic_s() > until_s:
                raise TimeoutError("the answer took too long")
        return b"".join(parts)

    def _problem(self, answer: HttpAnswer) -> str:
        """Return the status and GitHub's message."""
        try:
            content = answer.json()
        except (ValueError, RecursionError):
            content = None
        message = content.get("message", "") if isinstance(content, dict) else ""
        return f"{answer.status} {self._clean(str(message))}".rstrip()

    def _clean(self, text: str) -> str:
        """Return one printable line without the token, for any answer of a server or proxy."""
        shown = text.replace(self._token, "***") if self._token else text
        return re.sub(r"[^\x20-\x7e]+", " ", shown)[:_PROBLEM_LIMIT_CHARS]


def _trouble_of(status: int) -> Trouble:
    match status:
        case 401:
            return Trouble.UNAUTHORIZED
        case 403:
            return Trouble.FORBIDDEN
        case 404 | 410:
            return Trouble.NOT_FOUND
        case _:
            return Trouble.REFUSED


def _rate_limited(answer: HttpAnswer) -> bool:
    """Whether GitHub refused the request for a rate limit: status 429, or 403 with headers that name the limit.

    https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api
    """
    exhausted = answer.headers.get("X-RateLimit-Remaining") == "0" or "Retry-After" in answer.headers
    return answer.status == 429 or (answer.status == 403 and exhausted)


def _asked_pause_s(answer: HttpAnswer) -> float | None:
    """Return the seconds that GitHub asks to wait; None if it does not say."""
    after = answer.headers.get("Retry-After", "")
    if re.fullmatch(r"[0-9]{1,9}", after):
        return float(after)
    reset = answer.headers.get("X-RateLimit-Reset", "")
    if answer.headers.get("X-RateLimit-Remaining") != "0" or not re.fullmatch(r"[0-9]{1,12}", reset):
        return None
    try:
        # Compare with the server's own clock, because the runner's clock may be wrong.
        return max(float(reset) - parsedate_to_datetime(answer.headers["Date"]).timestamp(), 0.0)
    except (TypeError, ValueError):
        return None


def _origin(url: str) -> tuple[str, str]:
    parts = urllib.parse.urlsplit(url)
    return parts.scheme, parts.netloc
