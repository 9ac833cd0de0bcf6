"""What operations come to that no database could follow."""


class InvalidState(Exception):
    """The operations cannot be run one after the other; says why."""


def require(condition: object, reason: str) -> None:
    """Raises InvalidState(reason) unless the condition holds."""
    if not condition:
        raise InvalidState(reason)
