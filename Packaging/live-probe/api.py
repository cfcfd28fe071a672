"""Calls of Linode's API v4: bounded, repeated only where that is safe, and only on what is ours."""

import http.client
import json
import time
import urllib.parse

LOOPBACK = ("127.", "localhost", "::1")


class Trouble(Exception):
    """No usable reply; a change may or may not have been made."""


class Refused(Exception):
    """The probe does not go on: what is wrong, and what to do."""


class Reply:
    """What came back. `body` is None where it is no JSON."""

    def __init__(self, call, status, headers, raw, begun, ended):
        self.call, self.status, self.headers = call, status, headers
        self.text = raw.decode("utf-8", "replace")
        self.begun, self.ended = begun, ended
        try:
            self.body = json.loads(self.text)
        except ValueError:
            self.body = None

    @property
    def ok(self):
        return 200 <= self.status < 300 and isinstance(self.body, dict)

    def errors(self):
        """The API's own errors: [{"reason": ..., "field": ...}]."""
        errors = self.body.get("errors") if isinstance(self.body, dict) else None
        return [e for e in errors if isinstance(e, dict)] if isinstance(errors, list) else []

    def has_field(self, field):
        return any(error.get("field") == field for error in self.errors())

    def said(self):
        """The status and the reasons, in one line."""
        if self.status < 400:
            return str(self.status)
        if not self.errors():
            return "%d, %s" % (self.status, shown(self.text[:120]) or "an empty body")
        reasons = [
            (error["field"] + ": " if error.get("field") else "") + str(error.get("reason"))
            for error in self.errors()
        ]
        return "%d %s" % (self.status, shown("; ".join('"%s"' % reason for reason in reasons)))

    def value(self, *keys):
        """A member of the body, None where it is not there."""
        found = self.body
        for key in keys:
            found = found.get(key) if isinstance(found, dict) else None
        return found


def shown(text):
    """Text of others in one line, without control characters and what ends a table's cell."""
    clean = "".join(c if c.isprintable() else " " for c in text)
    return " ".join(clean.replace("|", "/").split())


def read_token(path, environment):
    """A token from a file, else from the environment variable of this name."""
    if path is not None:
        try:
            with open(path, "rb") as file:
                raw = file.read(4097)
        except OSError as error:
            raise Refused("the token's file: %s" % error)
        origin = path
    else:
        raw = environment.encode("utf-8", "surrogateescape")
        origin = "LINODE_TOKEN"
    token = raw.decode("latin-1").strip()
    if not token:
        raise Refused(
            "no token: give --token-file FILE or set LINODE_TOKEN; it needs the scope "
            "domains:read_write (and events:read_only, nodebalancers:read_write for those questions)"
        )
    if len(token) > 4096 or not all("!" <= c <= "~" for c in token):
        raise Refused("%s holds no single word of letters and digits" % origin)
    return token


class Api:
    """`owned(method, path)` says whether a change may be asked for; reading is always allowed."""

    def __init__(self, base, token, owned, note=lambda text: None, timeout=30.0):
        parts = urllib.parse.urlsplit(base.rstrip("/"))
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
            raise Refused("--api is %r; accepted: https://HOST/v4" % base)
        if parts.scheme == "http" and not parts.hostname.startswith(LOOPBACK):
            raise Refused("--api %s would send the token in the clear: use https" % base)
        self.parts, self.token, self.owned, self.note = parts, token, owned, note
        self.timeout = timeout
        self.calls = 0
        self.waited = 0
        # Of each kind of call, the header values that were seen.
        self.limits = {}

    def get(self, path, **options):
        return self.call("GET", path, **options)

    def post(self, path, body, **options):
        return self.call("POST", path, body, **options)

    def put(self, path, body, **options):
        return self.call("PUT", path, body, **options)

    def delete(self, path, **options):
        return self.call("DELETE", path, **options)

    def call(self, method, path, body=None, filter=None, token=None):
        """One call, waited out where the API asks to wait. Raises Trouble without a reply."""
        if method != "GET" and not self.owned(method, path):
            raise AssertionError("%s %s is not ours to change" % (method, path))
        tries = 6
        while True:
            tries -= 1
            try:
                reply = self._once(method, path, body, filter, token or self.token)
            except Trouble:
                if method != "GET" or tries <= 0:
                    raise
                time.sleep(2)
                continue
            wait = self._wait(reply, method)
            if wait is None or tries <= 0:
                return reply
            self.waited += 1
            self.note("%s: waiting %d s" % (reply.said(), wait))
            time.sleep(wait)

    def _wait(self, reply, method):
        """Seconds after which the same call may be made again; None: it is answered."""
        if reply.status == 429:
            asked = reply.headers.get("retry-after", "")
            return min(int(asked), 120) if asked.isdigit() else 30
        busy = reply.status == 400 and "linode busy" in reply.text.lower()
        if method != "POST" and (busy or reply.status in (408, 500, 502, 503, 504)):
            return 3
        return None

    def _once(self, method, path, body, filter, token):
        kind = http.client.HTTPSConnection
        if self.parts.scheme == "http":
            kind = http.client.HTTPConnection
        connection = kind(self.parts.hostname, self.parts.port, timeout=self.timeout)
        headers = {
            "Authorization": "Bearer " + token,
            "Accept": "application/json",
            "User-Agent": "signalbox-live-probe",
        }
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        if filter is not None:
            headers["X-Filter"] = json.dumps(filter)
        self.calls += 1
        begun = time.monotonic()
        try:
            connection.request(method, self.parts.path + path, payload, headers)
            response = connection.getresponse()
            raw = response.read(4194305)
        except (OSError, http.client.HTTPException) as error:
            what = "%s: %s" % (type(error).__name__, error)
            raise Trouble("%s %s: no reply (%s)" % (method, path, what.replace(token, "[token]")))
        finally:
            connection.close()
        raw = raw.replace(token.encode(), b"[token]")
        found = {name.lower(): value.replace(token, "[token]") for name, value in response.getheaders()}
        reply = Reply("%s %s" % (method, path), response.status, found, raw, begun, time.monotonic())
        self._remember(method, path, found)
        return reply

    def _remember(self, method, path, headers):
        plain = path.split("?")[0]
        # /domains is a list, /domains/1 is not.
        parts = [part for part in plain.split("/") if part]
        listed = len(parts) % 2 == 1 and parts[-1] not in ("zone-file", "profile")
        is_list = method == "GET" and (listed or parts == ["account", "events"])
        what = method + (" list" if is_list else "")
        seen = self.limits.setdefault(what, set())
        seen.add(headers.get("x-ratelimit-limit", "absent"))
