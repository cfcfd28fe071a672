"""What the checks here share: where things are, running them, telling how it went."""

import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "Tests" / "Stack"
COLLECTION = ROOT / "Packaging" / "ansible"
EXAMPLES = ROOT / "docs" / "examples"
PROGRAMS = pathlib.Path(os.environ["SIGNALBOX_PROGRAMS"])
SCHEMAS = HERE / ".venv-schemas"
failures = 0


def check(what, good, found=""):
    """Tells one check; `found` is told where it failed."""
    global failures
    print(f"{'ok' if good else 'FAILED'} {what}", flush=True)
    if not good:
        failures += 1
        for line in str(found).splitlines()[-60:]:
            print(f"    {line}", flush=True)
    return good


def run(*command, good=None, folder=None, stdin=None, **environment):
    """The exit code and what it said; with `good` this is a check of that name."""
    done = subprocess.run(
        [str(part) for part in command], cwd=folder, input=stdin, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300,
        env=os.environ | environment, **({} if stdin else {"stdin": subprocess.DEVNULL}))
    if good:
        check(good, done.returncode == 0, done.stdout)
    return done.returncode, done.stdout


def end():
    sys.exit(1 if failures else 0)


def folder():
    return tempfile.TemporaryDirectory(prefix="signalbox-stack-")


def key(path):
    """A private key at `path`; gives the public one as the files want it."""
    import base64

    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "ed25519", "-out", path], check=True,
        umask=0o077, stderr=subprocess.DEVNULL)
    der = subprocess.run(
        ["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], check=True,
        capture_output=True).stdout
    return base64.b64encode(der[-32:]).decode()


def secret(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path


def agent_accepts(what, text, place):
    """Whether the agent would take a file, with secrets of this machine in place of its host's."""
    place = pathlib.Path(place)
    key(place / "agent-key")
    secret(place / "aws", "[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
    text = text.replace("/etc/signalbox/secrets/aws", str(place / "aws"))
    (place / "agent.toml").write_text(f'key_file = "{place}/agent-key"\n{text}')
    run(PROGRAMS / "signalbox-agent", "check-config", "--config", place / "agent.toml", good=what)


def coordinator_file(text, place):
    """The coordinator's file with secrets of this machine, and its path."""
    place = pathlib.Path(place)
    key(place / "coordinator-key")
    secret(place / "token", "a-token-of-nobody\n")
    path = place / "coordinator.toml"
    path.write_text(
        f'key_file = "{place}/coordinator-key"\n{text}\n[linode]\n'
        f'url = "http://127.0.0.1:1/v4"\ntoken_file = "{place}/token"\n')
    return path
