"""A job's files: written beside their places, put aside, put in place, put back."""

import errno
import os

from oneleaf.applying import disk
from oneleaf.applying.judging import content, exists, refuse_other_content

TYPE_CHECKING = False
if TYPE_CHECKING:
    from oneleaf.applying.journal import Entry, Job


class WriteFailed(Exception):
    """An operating system's error at one path of a job."""

    def __init__(self, path: str, error: OSError) -> None:
        super().__init__(path)
        self.path = path
        self.error = error


def write_incoming(job: "Job") -> None:
    """Every new content to a temporary file beside its place. Raises Trouble."""
    for entry in job.entries:
        if entry.touched and entry.new is not None:
            try:
                _write_incoming(job, entry)
            except OSError as error:
                raise WriteFailed(entry.path, error) from None


def _write_incoming(job: "Job", entry: "Entry") -> None:
    assert entry.new is not None
    disk.remove(job.incoming(entry))
    disk.write(job.incoming(entry), entry.new, entry.mode)


def put_aside(job: "Job") -> None:
    """Every old file to a temporary name beside its place.

    Raises Trouble; Refused where a file turns out to have been edited since it was
    judged.
    """
    for entry in job.entries:
        if entry.touched and entry.old is not None:
            try:
                disk.patiently(os.rename, job.place(entry), job.aside(entry))
                found = content(job.aside(entry))
            except OSError as error:
                raise WriteFailed(entry.path, error) from None
            refuse_other_content(entry.path, found, entry.old)


def put_in_place(job: "Job") -> None:
    """Every new content to its place. Raises Trouble."""
    for entry in job.entries:
        if entry.touched and entry.new is not None:
            try:
                _put_in_place(job, entry)
            except OSError as error:
                raise WriteFailed(entry.path, error) from None
    sync(job)


def _put_in_place(job: "Job", entry: "Entry") -> None:
    if os.path.lexists(job.place(entry)):
        raise _in_the_way(entry)
    disk.patiently(os.rename, job.incoming(entry), job.place(entry))


def _in_the_way(entry: "Entry") -> OSError:
    return FileExistsError(errno.EEXIST, f"a file appeared at {entry.path} meanwhile")


def put_back(job: "Job") -> None:
    """Undoes ``put_in_place`` and ``put_aside``, as far as they came. Raises OSError."""
    for entry in job.entries:
        if entry.touched and _is_placed(job, entry):
            disk.patiently(os.unlink, job.place(entry))
    for entry in job.entries:
        if os.path.lexists(job.aside(entry)):
            if os.path.lexists(job.place(entry)):
                raise _in_the_way(entry)
            disk.patiently(os.rename, job.aside(entry), job.place(entry))
    tidy(job)


def _is_placed(job: "Job", entry: "Entry") -> bool:
    return (
        entry.new is not None
        and not os.path.lexists(job.incoming(entry))
        and (entry.old is None or os.path.lexists(job.aside(entry)))
        and content(job.place(entry)) == entry.new
    )


def tidy(job: "Job") -> None:
    """Removes the job's temporary files. Raises OSError."""
    for entry in job.entries:
        if entry.touched:
            disk.remove(job.incoming(entry))
            disk.remove(job.aside(entry))
    sync(job)


def sync(job: "Job") -> None:
    """Makes what happened in the job's folders durable."""
    for place in {os.path.dirname(job.place(e)) for e in job.entries if e.touched}:
        disk.sync_directory(place)


def finish(job: "Job") -> "list[Entry]":
    """Does what is left of a job that was interrupted while files were on their way.

    Returns the entries left alone, since what is in their place is neither the old
    nor the new content: somebody's edit. Raises OSError.
    """
    touched = [entry for entry in job.entries if entry.touched]
    for entry in touched:
        _give_back_edited(job, entry)
    edited = [entry for entry in touched if _is_edited(job, entry)]
    left = [entry for entry in touched if entry not in edited]
    for entry in left:
        moves = entry.old not in (None, entry.new) and exists(job.place(entry))
        if moves and content(job.place(entry)) == entry.old:
            disk.patiently(os.replace, job.place(entry), job.aside(entry))
    for entry in left:
        if entry.new is not None:
            _finish_incoming(job, entry)
    sync(job)
    return edited


def _give_back_edited(job: "Job", entry: "Entry") -> None:
    """A file saved by an editor in the instant before it was put aside goes back."""
    aside, place = job.aside(entry), job.place(entry)
    if os.path.lexists(aside) and content(aside) != entry.old and not exists(place):
        disk.patiently(os.rename, aside, place)


def _is_edited(job: "Job", entry: "Entry") -> bool:
    place = job.place(entry)
    if not os.path.lexists(place) or not exists(place):
        return False
    found = content(place)
    return found is None or found not in (entry.old, entry.new)


def _finish_incoming(job: "Job", entry: "Entry") -> None:
    if content(job.place(entry)) == entry.new:
        if entry.mode >= 0:
            os.chmod(job.place(entry), entry.mode)
        return
    if content(job.incoming(entry)) != entry.new:
        _write_incoming(job, entry)
    _put_in_place(job, entry)


def keep_planned(edited: "list[Entry]", folder: str) -> None:
    """Keeps what was planned for edited files, and what they were. Raises OSError."""
    for entry in edited:
        if entry.new is not None:
            _keep(folder, entry.path, entry.new)
        if entry.old is not None:
            _keep(folder, entry.path + ".before", entry.old)


def keep_aside(job: "Job", folder: str) -> bool:
    """Keeps what is put aside and not in its place. Raises OSError.

    Returns whether there was anything.
    """
    found = False
    for entry in job.entries:
        data = content(job.aside(entry))
        if data is not None and content(job.place(entry)) != data:
            _keep(folder, entry.path, data)
            found = True
    return found


def _keep(folder: str, path: str, data: bytes) -> None:
    target = os.path.join(folder, path)
    os.makedirs(os.path.dirname(target), exist_ok=True)
    disk.remove(target)
    disk.write(target, data)
