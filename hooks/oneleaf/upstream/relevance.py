"""What a check reads a file as, and so which merged contents bear on its verdict."""

from oneleaf import config as configuration
from oneleaf.checking import scope
from oneleaf.history import discovery, labels

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.config import Config

JUDGED = ("lockfile", "migration", "shared lockfile")


def kind(path: str, config: "Config") -> str:
    """What a check reads a file as; "" for one that it does not read.

    ``"lockfile"``, ``"shared lockfile"``, ``"migration"``, ``"source"`` (where labels
    and settings stand), or the configuration's own name. A conflict counts in those
    that are ``JUDGED``.
    """
    directory, _, name = path.rpartition("/")
    if path == config.lockfile and config.shared:
        return "shared lockfile"
    if name == config.lockfile:
        return "lockfile"
    if path == configuration.FILE:
        return path
    if not name.endswith(".py"):
        return ""
    if scope.may_matter(path, config) or discovery.is_numbered(name):
        return "migration"
    is_source = name in ("apps.py", "__init__.py")
    return "source" if is_source or labels.may_be_settings(directory, name) else ""


def says_something(source: "bytes | None") -> bool:
    """Whether a source file may set anything that labels or dependencies hang on."""
    words = (b"AppConfig", b"AUTH_USER_MODEL", b"MIGRATION_MODULES")
    return any(word in (source or b"") for word in words)
