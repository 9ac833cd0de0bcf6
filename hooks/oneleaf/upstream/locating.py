"""The branch whose migrations are published.

Read-only, and without the network: nothing is fetched, no ref is moved.
"""

from oneleaf.errors import OneleafError
from oneleaf.repository import git
from oneleaf.repository.revisions import commit_of

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# Where CI systems name the branch that a change is to be merged into: GitHub's
# "Default environment variables" and GitLab's "Predefined CI/CD variables reference".
_TARGET_VARIABLES = ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME")
_USUAL = ("origin/HEAD", "origin/main", "origin/master")


class Upstream:
    """A branch and the commit it is at. name: as git-rev-parse(1) takes it."""

    __slots__ = ("commit", "name")

    def __init__(self, name: str, commit: str) -> None:
        self.name = name
        self.commit = commit


def find(configured: "str | None", environ: "Mapping[str, str]") -> "Upstream | None":
    """The upstream branch, None where nothing tells it.

    The first that exists of: ``configured`` (the setting ``upstream``), the target
    branch that a CI system names in ``environ``, ``origin/HEAD``, ``origin/main``,
    ``origin/master``. A branch without a remote's name means the remote's first.
    Raises OneleafError where the configured branch does not exist.
    """
    for name in _candidates(configured, environ):
        commit = commit_of(name)
        if commit:
            return Upstream(_branch_name(name), commit)
    return None


def _branch_name(name: str) -> str:
    """What ``origin/HEAD`` stands for; any other name as it is."""
    if name != _USUAL[0]:
        return name
    code, out = git.run_code("rev-parse", "--abbrev-ref", name, ok=(0, 128))
    return (git.decode(out).strip() if code == 0 else "") or name


def require(configured: "str | None", environ: "Mapping[str, str]") -> Upstream:
    """As ``find``; raises OneleafError also where nothing tells it."""
    found = find(configured, environ)
    if found is None:
        msg = (
            "no upstream branch is here; `git fetch` it, or name it as `upstream` in"
            " [tool.oneleaf]"
        )
        raise OneleafError(msg)
    return found


def _candidates(
    configured: "str | None", environ: "Mapping[str, str]"
) -> "Iterator[str]":
    if configured:
        yield configured
        yield f"origin/{configured}"
        msg = (
            f"pyproject.toml: [tool.oneleaf] upstream names {configured!r}, which is no"
            " branch here; `git fetch` it, or correct the setting"
        )
        raise OneleafError(msg)
    for variable in _TARGET_VARIABLES:
        branch = environ.get(variable)
        if branch:
            yield f"origin/{branch}"
            yield branch
    yield from _USUAL


def local_branch(upstream: Upstream) -> str:
    """Id of the commit of the local branch of the same name, "" where there is none.

    ``main`` for ``origin/main``: what is on it waits to be published.
    """
    _, slash, branch = upstream.name.partition("/")
    return commit_of(f"refs/heads/{branch}") if slash and branch else ""
