"""Looks up what a pull request changed and since when its lines exist. Facts that GitHub does not give are left out."""

from collections.abc import Iterable
from typing import Final

from leakgate.github.client import BlameClient, GithubClient
from leakgate.github.event import ActionsRun
from leakgate.github.patches import changed_file
from leakgate.github.posting import find_pull
from leakgate.github.transport import GithubError, Patience
from leakgate.model.review import ChangedFile, CodeHost, CodePlace, LineOrigin, Review, Touch
from leakgate.ports import Clock

PATIENCE: Final = Patience(total_s=20.0, request_s=8.0, attempts=2)
"""Short limits: a report is useful without these facts, so it does not wait long for them."""
MOST_BLAMED: Final = 8
"""The largest number of files for which GitHub is asked; a report shows few leaks in full."""


def look_up_change(run: ActionsRun, token: str, places: Iterable[CodePlace], *, clock: Clock) -> Review:
    """Return what is known of the pull request of this job. ``places``: the lines that the report will name.

    Outside a pull request, only links are known. No answer of GitHub raises an error.
    """
    if run.pull_request is None and run.finished is None:
        return Review(host=_host(run, run.commit)) if run.commit else Review()
    commit = (
        run.pull_request.head_sha if run.pull_request is not None else run.finished.head_sha if run.finished else ""
    )
    host = _host(run, commit)
    if not token:
        return Review(host=host)
    try:
        client = GithubClient(run.api_url, token, clock, PATIENCE)
        found = find_pull(client, run)
        if found is None:
            return Review(host=host)
        patches, complete = client.changed_files(run.repository, found[0])
    except GithubError:
        return Review(host=host)
    wanted = tuple(dict.fromkeys(places))
    named = {place.path for place in wanted}
    files = {path: changed_file(patch) if path in named else ChangedFile() for path, patch in patches.items()}
    review = Review(host=host, files=files, complete=complete)
    older = [place for place in wanted if review.touch(place) in (Touch.NONE, Touch.FILE)]
    return Review(host=host, files=files, complete=complete, origins=_origins(run, token, commit, older, clock))


def _host(run: ActionsRun, commit: str) -> CodeHost:
    return CodeHost(server_url=run.server_url, repository=run.repository, commit=commit)


def _origins(
    run: ActionsRun, token: str, commit: str, places: list[CodePlace], clock: Clock
) -> dict[CodePlace, LineOrigin]:
    """Return the commit that last changed each line, for the lines for which GitHub gives it."""
    if not run.graphql_url:
        return {}
    client = BlameClient(run.graphql_url, token, clock, PATIENCE)
    found: dict[CodePlace, LineOrigin] = {}
    for path in list(dict.fromkeys(place.path for place in places))[:MOST_BLAMED]:
        try:
            lines = client.blame(run.repository, commit, path)
        except GithubError:
            break  # if the token may not read this file, it probably may not read the next one
        for place in places:
            origin = next((origin for numbers, origin in lines if place.path == path and place.line in numbers), None)
            if origin is not None:
                found[place] = origin
    return found
