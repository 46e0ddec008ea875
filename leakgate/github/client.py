"""The part of GitHub's API that leakgate uses: seven requests of REST and one of GraphQL, typed."""

import re
import urllib.parse
from typing import Final

from leakgate.github.comment import Comment
from leakgate.github.transport import GithubError, Patience, Transport, Trouble
from leakgate.model.review import LineOrigin
from leakgate.ports import Clock

_PAGE_SIZE: Final = 100
_PAGES_LIMIT: Final = 100
_FILES_PAGES: Final = 30


class GithubClient:
    """The requests of one token to one server. Every method raises GithubError."""

    def __init__(self, api_url: str, token: str, clock: Clock, patience: Patience | None = None) -> None:
        self._transport = Transport(api_url, token, clock, patience or Patience())

    def login(self) -> str | None:
        """Return the user of the token; None for an app's token, such as the job's own, which may not ask."""
        try:
            user = self._transport.send("GET", "/user").json()
        except GithubError as error:
            if error.trouble in (Trouble.FORBIDDEN, Trouble.NOT_FOUND):
                return None
            raise
        return str(user["login"]) if isinstance(user, dict) and "login" in user else None

    def comments(self, repository: str, number: int) -> tuple[Comment, ...]:
        """Return every comment of a pull request, from all pages."""
        return tuple(_comment(item) for item in self._pages(f"/repos/{repository}/issues/{number}/comments", {}))

    def open_pulls(self, repository: str, head: str) -> tuple[tuple[int, str], ...]:
        """Return number and head SHA of each open pull request whose head is ``owner:branch``."""
        pulls = self._pages(f"/repos/{repository}/pulls", {"state": "open", "head": head})
        found = []
        for pull in pulls:
            match pull:
                case {"number": int(number), "head": {"sha": str(sha)}}:
                    found.append((number, sha))
                case _:
                    raise GithubError(Trouble.REFUSED, "GET pulls: an answer without number and head")
        return tuple(found)

    def changed_files(self, repository: str, number: int) -> tuple[dict[str, str | None], bool]:
        """Return the patch of each file of a pull request by path, and whether all files are listed.

        A patch is None if GitHub gives none. GitHub lists at most 3,000 files.
        """
        listed = self._pages(f"/repos/{repository}/pulls/{number}/files", {}, most_pages=_FILES_PAGES)
        patches: dict[str, str | None] = {}
        for file in listed:
            match file:
                case {"filename": str(path)}:
                    patch = file.get("patch") if isinstance(file, dict) else None
                    patches[path] = patch if isinstance(patch, str) else None
                case _:
                    raise GithubError(Trouble.REFUSED, "GET files: an answer without names")
        return patches, len(listed) < _FILES_PAGES * _PAGE_SIZE

    def create_comment(self, repository: str, number: int, body: str) -> Comment:
        """Write a new comment. After ``UNREACHABLE`` it may exist all the same: list the comments before you retry."""
        path = f"/repos/{repository}/issues/{number}/comments"
        return _comment(self._transport.send("POST", path, {"body": body}).json())

    def update_comment(self, repository: str, comment_id: int, body: str) -> Comment:
        """Replace the text of a comment."""
        path = f"/repos/{repository}/issues/comments/{comment_id}"
        return _comment(self._transport.send("PATCH", path, {"body": body}).json())

    def delete_comment(self, repository: str, comment_id: int) -> None:
        """Delete a comment."""
        self._transport.send("DELETE", f"/repos/{repository}/issues/comments/{comment_id}")

    def _pages(self, path: str, query: dict[str, str], most_pages: int = _PAGES_LIMIT) -> list[object]:
        """Return every item of a list. Pages are counted here; addresses in GitHub's Link header are never followed."""
        items: list[object] = []
        for page in range(1, most_pages + 1):
            paged = urllib.parse.urlencode({**query, "per_page": str(_PAGE_SIZE), "page": str(page)})
            answer = self._transport.send("GET", f"{path}?{paged}")
            found = answer.json()
            if not isinstance(found, list):
                raise GithubError(Trouble.REFUSED, f"GET {path}: the answer is not a list")
            items += found
            # A page may be short although more follow, because GitHub removes what the token may not see.
            if not found or (len(found) < _PAGE_SIZE and 'rel="next"' not in answer.headers.get("Link", "")):
                break
        return items


class BlameClient:
    """Asks when lines were last changed. Only GraphQL can do that; the token needs to read contents."""

    def __init__(self, graphql_url: str, token: str, clock: Clock, patience: Patience) -> None:
        self._transport = Transport(graphql_url, token, clock, patience)

    def blame(self, repository: str, commit: str, path: str) -> tuple[tuple[range, LineOrigin], ...]:
        """Return the lines of a file at a commit, with the commit that last changed each. Raises GithubError."""
        owner, _, name = repository.partition("/")
        variables = {"owner": owner, "name": name, "oid": commit, "path": path}
        answer = self._transport.send("POST", "", {"query": _BLAME, "variables": variables}).json()
        node = answer
        for key in ("data", "repository", "object", "blame", "ranges"):
            node = node.get(key) if isinstance(node, dict) else None
        return tuple(found for item in node if (found := _origin(item))) if isinstance(node, list) else ()


_BLAME: Final = (
    "query($owner: String!, $name: String!, $oid: GitObjectID!, $path: String!) {"
    " repository(owner: $owner, name: $name) { object(oid: $oid) { ... on Commit { blame(path: $path) {"
    " ranges { startingLine endingLine commit { oid committedDate } } } } } } }"
)


def _origin(item: object) -> tuple[range, LineOrigin] | None:
    match item:
        case {
            "startingLine": int(first),
            "endingLine": int(last),
            "commit": {"oid": str(commit), "committedDate": str(at)},
        } if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", commit) and re.match(r"\d{4}-\d{2}-\d{2}", at, re.ASCII):
            return range(first, last + 1), LineOrigin(commit=commit, day=at[:10])
        case _:
            return None


def _comment(item: object) -> Comment:
    match item:
        case {"id": int(comment_id), "user": {"login": str(author)}, "html_url": str(url)}:
            body = item.get("body") if isinstance(item, dict) else None
            return Comment(comment_id, author, body if isinstance(body, str) else "", url)
        case {"id": int(comment_id)}:
            return Comment(comment_id, author="", body="")  # The account of its author was deleted.
        case _:
            raise GithubError(Trouble.REFUSED, "the answer is not a comment")
