"""What the checks of Linode clients share: a sandbox of their own, its faults, and the report.

Programs, as signalbox-sandbox, are those in SIGNALBOX_LIBEXEC, else the newer of build/bin's (`make
build`) and the debug build's. Every check runs one on a free loopback network, without name
servers.
"""

import contextlib
import json
import os
import pathlib
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
TOKEN = "sandbox-token"
READ_TOKEN = "sandbox-read-token"
# May change NodeBalancers and read events.
FULL_TOKEN = "sandbox-full-token"
ZONE = "example.org"
START_SECONDS = 60
# Some clients wait for ever.
CHECK_SECONDS = 180

# Only loopback is talked to: no proxy of the environment may come between.
for name in list(os.environ):
    if name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
        del os.environ[name]
os.environ["NO_PROXY"] = "*"
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class NotThere(Exception):
    """What the checks need is missing; says what to do."""


def program(name="signalbox-sandbox"):
    libexec = os.environ.get("SIGNALBOX_LIBEXEC")
    places = [pathlib.Path(libexec)] if libexec else []
    places += [ROOT / "build" / "bin", ROOT / ".build" / "debug"]
    found = [place / name for place in places]
    found = [path for path in found if os.access(path, os.X_OK)]
    if found and (not libexec or found[0].parent != places[0]):
        # An older one would answer as the sources did some time ago.
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    if found:
        return str(found[0])
    raise NotThere(
        f"{name} is in none of "
        + ", ".join(str(place) for place in places)
        + "; run `make build`, or name its folder in SIGNALBOX_LIBEXEC"
    )


class Sandbox:
    """A running sandbox: `with Sandbox() as sandbox`."""

    def __init__(self, *options):
        self.options = options

    def __enter__(self):
        self.errors = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [program(), "serve", "--network", "any", "--name-servers", "0", "--json"]
            + list(self.options),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            # A build for coverage would leave its counts in the working directory.
            env=os.environ | {"LLVM_PROFILE_FILE": os.devnull},
        )
        try:
            places = json.loads(self._first_line())
        except BaseException:
            self.__exit__(None, None, None)
            raise
        self.url = places["linode"].removesuffix("/v4")
        self.authority = self.url.removeprefix("http://")
        self.host, port = self.authority.split(":")
        self.port = int(port)
        self.balancers = {
            region["id"]: region["nodebalancer"] for region in places["regions"]
        }
        self.dynamodb = {
            region["aws_region"]: "http://" + region["dynamodb"]
            for region in places["regions"]
        }
        domains = self.request("GET", "/v4/domains")["data"]
        self.domain_id = next(d["id"] for d in domains if d["domain"] == ZONE)
        return self

    def _first_line(self):
        lines = queue.Queue()
        reader = threading.Thread(
            target=lambda: lines.put(self.process.stdout.readline()), daemon=True
        )
        reader.start()
        try:
            line = lines.get(timeout=START_SECONDS)
        except queue.Empty:
            raise NotThere(f"the sandbox does not start within {START_SECONDS} s") from None
        if not line:
            self.process.wait(timeout=START_SECONDS)
            self.errors.seek(0)
            said = self.errors.read().decode(errors="replace").strip()
            raise NotThere(f"the sandbox ends with {self.process.returncode}: {said}")
        return line

    def __exit__(self, *_):
        """Ends this process, and no other."""
        self.process.terminate()
        try:
            self.process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.errors.close()

    def request(self, method, path, body=None, headers=None):
        """Past every client: what the sandbox itself says."""
        request = urllib.request.Request(
            self.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {TOKEN}"} | (headers or {}),
        )
        with DIRECT.open(request, timeout=60) as answer:
            return json.loads(answer.read())

    def records(self, **wanted):
        """The stored records that have these values."""
        path = f"/v4/domains/{self.domain_id}/records?page_size=500"
        found = self.request("GET", path)["data"]
        return [r for r in found if all(r[key] == value for key, value in wanted.items())]

    def fill(self, name, count):
        """Adds so many TXT records of this name."""
        for number in range(count):
            self.request(
                "POST",
                f"/v4/domains/{self.domain_id}/records",
                {"type": "TXT", "name": name, "target": f"text {number}"},
            )

    @contextlib.contextmanager
    def fault(self, kind, target=None, count=None):
        """This trouble, while the block runs."""
        fault = {"kind": kind, "target": target, "count": count}
        number = self.request("POST", "/_sandbox/faults", fault)["id"]
        try:
            yield
        finally:
            # One that met all its requests has ended by itself.
            with contextlib.suppress(urllib.error.HTTPError):
                self.request("DELETE", f"/_sandbox/faults/{number}")

    def seen(self, method=None):
        """The requests that the API has seen, oldest first."""
        requests = self.request("GET", "/_sandbox/requests?after=0")
        return [r for r in requests if method is None or r["method"] == method]


def same(found, expected):
    assert found == expected, f"{found!r} is not {expected!r}"


def refused(kind, action):
    """The error of this kind that the action ends with."""
    try:
        action()
    except kind as error:
        return error
    raise AssertionError(f"accepted; a {kind} was expected")


def eventually(what, condition, seconds=60):
    """Asks again and again."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return
        time.sleep(0.2)
    raise AssertionError(f"not within {seconds} s: {what}")


def too_late(*_):
    raise TimeoutError(f"not done within {CHECK_SECONDS} s")


def run(suite, checks, surroundings=contextlib.nullcontext, options=()):
    """Runs the checks with a sandbox; `surroundings` gets it too and may add to it."""
    failures = 0
    signal.signal(signal.SIGALRM, too_late)
    try:
        with Sandbox(*options) as sandbox, surroundings(sandbox):
            for check in checks:
                signal.alarm(CHECK_SECONDS)
                try:
                    check(sandbox)
                    print(f"ok {suite}: {check.__name__}", flush=True)
                except Exception as error:
                    failures += 1
                    text = " ".join(str(error).split())
                    print(
                        f"FAILED {suite}: {check.__name__}: {type(error).__name__}: {text}",
                        flush=True,
                    )
                    traceback.print_exc(file=sys.stderr)
                finally:
                    signal.alarm(0)
    except NotThere as error:
        failures += 1
        print(f"FAILED {suite}: {error}", flush=True)
    return 1 if failures else 0
