"""Commands, waiting, and what goes wrong with them."""

import subprocess
import threading
import time

# Set when the run ends: nothing is waited for any more.
STOPPING = threading.Event()


class Failure(Exception):
    """A step that did not do what it should; its text is for people."""


def run(*command, stdin=None, check=True, timeout=120, environment=None):
    """The finished process of a command, with its output as text."""
    try:
        done = subprocess.run(
            [str(part) for part in command], input=stdin, capture_output=True, text=True,
            timeout=timeout, env=environment, errors="replace",
            **({"stdin": subprocess.DEVNULL} if stdin is None else {}))
    except subprocess.TimeoutExpired as late:
        raise Failure(f"{command_text(command)}: not done after {timeout} s\n{late.stdout or ''}")
    if check and done.returncode != 0:
        said = (done.stdout + done.stderr).strip()
        raise Failure(f"{command_text(command)}: exit code {done.returncode}\n{tail(said)}")
    return done


def command_text(command):
    text = " ".join(str(part) for part in command)
    return text if len(text) < 200 else text[:200] + " ..."


def tail(text, lines=30):
    return "\n".join(text.splitlines()[-lines:])


def poll(what, seconds, probe, pause=0.1, on_failure=None):
    """What `probe` gives, once it is neither None nor False.

    `probe` may raise Failure for "not yet"; the last one is told when the time is up, together
    with what `on_failure` gives.
    """
    end = time.monotonic() + seconds
    last = ""
    while True:
        try:
            value = probe()
            if value is not None and value is not False:
                return value
        except Failure as failure:
            last = str(failure)
        if STOPPING.is_set():
            raise Failure(f"{what}: given up, the run ends")
        if time.monotonic() > end:
            more = on_failure() if on_failure else ""
            raise Failure(f"{what}: not within {seconds} s\n{last}\n{more}".rstrip())
        time.sleep(pause)
