"""Line ends of the work tree: git may check files out with CR LF (gitattributes(5), "eol")."""


def as_in(current: "bytes | None", data: bytes) -> bytes:
    """New content in the line ends of the file it replaces.

    current: that file in the work tree, None for none. data: with LF, or with line ends
    of its own, which stay.
    """
    if b"\r\n" in (current or b"") and b"\r" not in data:
        return data.replace(b"\n", b"\r\n")
    return data
