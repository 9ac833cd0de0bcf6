"""What all tests share."""

import os
import signal

from hypothesis import settings

settings.register_profile("dev", max_examples=50, deadline=None)
settings.register_profile("ci", max_examples=400, deadline=None, derandomize=True)
settings.register_profile("nightly", max_examples=20_000, deadline=None)
settings.load_profile(os.environ.get("ONELEAF_HYPOTHESIS", "dev"))

# A shell has what it runs in the background ignore SIGINT, and every process that a test
# starts would inherit that: some tests send it.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
