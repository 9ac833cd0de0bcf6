"""What is wrong with a whole project state."""

from django.apps.registry import Apps
from django.core.exceptions import FieldError
from django.db.migrations.state import ProjectState

from oneleaf.database import dangling, tables


def problems(state: ProjectState) -> "set[str]":
    """What the state has that no database could, in sentences.

    References that lead nowhere, and tables that two models ask for.
    """
    return {*dangling.loose_ends(state), *tables.shared(state)}


def renders(state: ProjectState) -> "str | None":
    """Why Django cannot make model classes of the state, None where it can."""
    try:
        apps = state.apps
    except (ValueError, TypeError, LookupError, FieldError) as error:
        return f"{type(error).__name__}: {error}"
    assert isinstance(apps, Apps)
    return None
