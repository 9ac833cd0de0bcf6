"""What other verbs than ``check`` have to say, in the form of findings.

It has no code of the table: it can neither be ignored nor fail a check.
"""

from oneleaf.checking.findings import Finding


class Noted(Finding):
    """A Finding that brings its own name and severity.

    code: a word of the verb's, as ``radar-collision``.
    """

    __slots__ = ("_name", "_severity")

    def __init__(
        self,
        code: str,
        place: "tuple[str, int]",
        message: str,
        hint: str,
        severity: str = "warning",
    ) -> None:
        super().__init__(code, "", place, (), message, hint)
        self._name = code
        self._severity = severity

    @property
    def name(self) -> str:
        """The code itself."""
        return self._name

    @property
    def severity(self) -> str:
        """``error`` or ``warning``."""
        return self._severity
