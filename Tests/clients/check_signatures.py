"""Verifies the golden messages with http-message-signatures, an independent RFC 9421.

The key is test-key-ed25519 of RFC 9421, appendix B.1.4: public, for tests alone.
`--rewrite` signs the golden files with it (Ed25519 gives one signature for one message).
"""

import base64
import datetime
import hashlib
import pathlib
import sys

from cryptography.hazmat.primitives.serialization import load_pem_private_key
from http_message_signatures import (
    HTTPMessageSigner,
    HTTPMessageVerifier,
    HTTPSignatureKeyResolver,
    algorithms,
)
from http_message_signatures.structures import CaseInsensitiveDict

GOLDEN = pathlib.Path(__file__).parent.parent / "Golden"
PRIVATE_KEY = b"""-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIJ+DYvh6SEqVTm50DFtMDoQikTmiCqirVv9mWG9qfSnF
-----END PRIVATE KEY-----
"""
KEY = load_pem_private_key(PRIVATE_KEY, password=None)
RAW_PUBLIC_KEY = KEY.public_key().public_bytes_raw()
KEY_ID = hashlib.sha256(RAW_PUBLIC_KEY).hexdigest()[:16]
REQUEST = ("@method", "@path", "content-digest")
RESPONSE = (
    "@status",
    "content-digest",
    '"@method";req',
    '"@path";req',
    '"content-digest";req',
)
CREATED = datetime.datetime.fromtimestamp(1_763_900_000, tz=datetime.timezone.utc)
NONCE = "00112233445566778899aabbccddeeff"


class Keys(HTTPSignatureKeyResolver):
    def resolve_public_key(self, key_id):
        return KEY.public_key() if key_id == KEY_ID else None

    def resolve_private_key(self, key_id):
        return KEY


class Message:
    """A request, or a response to `request`, as a golden file has it."""

    def __init__(self, text, request=None):
        head, _, body = text.partition("\n\n")
        self.start, *lines = head.split("\n")
        self.body = body.encode()
        self.headers = CaseInsensitiveDict(line.split(": ", 1) for line in lines)
        if request is None:
            self.method, self.path, _ = self.start.split(" ")
            self.url = "http://" + self.headers["Host"] + self.path
        else:
            self.status_code = int(self.start.split(" ")[1])
            self.request = request


def read(name, request=None):
    return Message((GOLDEN / name).read_text(), request)


def verify(message, components):
    verifier = HTTPMessageVerifier(
        signature_algorithm=algorithms.ED25519, key_resolver=Keys()
    )
    results = verifier.verify(
        message, max_age=None, require_components=components, body=message.body
    )
    assert len(results) == 1, results
    assert results[0].label == "sig1", results[0].label
    assert results[0].nonce == NONCE, results[0].nonce
    return results[0]


def base_of(result):
    """The signature base that the other implementation verified."""
    return "\n".join(f"{name}: {value}" for name, value in result.covered_components.items())


def same_base(name, result):
    found, golden = base_of(result), (GOLDEN / name).read_text()
    assert found == golden, f"{found!r} is not {golden!r}"


def refused(message, components):
    try:
        verify(message, components)
    except Exception:
        return
    raise AssertionError("accepted")


def changed(name, old, new, request=None):
    text = (GOLDEN / name).read_text()
    assert old in text, f"{name} has no {old}"
    return Message(text.replace(old, new, 1), request)


def key_id_is_of_the_public_key():
    assert f'keyid="{KEY_ID}"' in read("report-request.txt").headers["Signature-Input"]


def report_verifies():
    same_base("report-request.base", verify(read("report-request.txt"), REQUEST))


def directive_verifies_with_its_request():
    request = read("report-request.txt")
    message = read("directive-response.txt", request)
    same_base("directive-response.base", verify(message, RESPONSE))


def digest_is_of_the_body():
    request = read("report-request.txt")
    for message in (request, read("directive-response.txt", request)):
        digest = base64.b64encode(hashlib.sha256(message.body).digest()).decode()
        assert message.headers["Content-Digest"] == f"sha-256=:{digest}:"


def changed_report_is_refused():
    for old, new in (
        ("POST /v1/reports", "POST /v1/report"),
        ("POST /v1/reports", "PUT /v1/reports"),
        ('"sequence":42', '"sequence":43'),
        ("created=1763900000", "created=1763900001"),
        ('nonce="00', 'nonce="01'),
        (KEY_ID, "0" * 16),
    ):
        refused(changed("report-request.txt", old, new), REQUEST)


def changed_directive_is_refused():
    request = read("report-request.txt")
    for old, new in (("200 OK", "201 OK"), ('"epoch":7', '"epoch":8')):
        refused(changed("directive-response.txt", old, new, request), RESPONSE)


def directive_of_another_request_is_refused():
    request = read("report-request.txt")
    digest = base64.b64encode(hashlib.sha256(b"another").digest()).decode()
    request.headers["Content-Digest"] = f"sha-256=:{digest}:"
    refused(read("directive-response.txt", request), RESPONSE)


def independent_request_is_as_signed_here():
    text, base = independent()
    assert text == (GOLDEN / "independent-request.txt").read_text()
    assert base == (GOLDEN / "independent-request.base").read_text()


def independent():
    """A request signed by the other implementation, in its own order, and its base."""
    body = '{"hello":"world"}'
    message = Message(
        "POST /v1/reports HTTP/1.1\nHost: coordinator.example.org\n"
        f"Content-Type: application/json\n\n{body}"
    )
    HTTPMessageSigner(signature_algorithm=algorithms.ED25519, key_resolver=Keys()).sign(
        message,
        key_id=KEY_ID,
        created=CREATED,
        nonce=NONCE,
        label="sig1",
        covered_component_ids=("content-digest", "@method", "@path"),
        body=message.body,
    )
    result = verify(message, REQUEST)
    names = ("Host", "Content-Type", "Content-Digest", "Signature-Input", "Signature")
    fields = "\n".join(f"{name}: {message.headers[name]}" for name in names)
    return f"{message.start}\n{fields}\n\n{body}", base_of(result)


def rewrite():
    for name in ("report-request", "directive-response"):
        base = (GOLDEN / f"{name}.base").read_bytes()
        signature = base64.b64encode(KEY.sign(base)).decode()
        head, _, body = (GOLDEN / f"{name}.txt").read_text().partition("\n\n")
        lines = [
            f"Signature: sig1=:{signature}:" if line.startswith("Signature: ") else line
            for line in head.split("\n")
        ]
        (GOLDEN / f"{name}.txt").write_text("\n".join(lines) + "\n\n" + body)
    text, base = independent()
    (GOLDEN / "independent-request.txt").write_text(text)
    (GOLDEN / "independent-request.base").write_text(base)


CHECKS = (
    key_id_is_of_the_public_key,
    report_verifies,
    directive_verifies_with_its_request,
    digest_is_of_the_body,
    changed_report_is_refused,
    changed_directive_is_refused,
    directive_of_another_request_is_refused,
    independent_request_is_as_signed_here,
)


def main():
    if "--rewrite" in sys.argv[1:]:
        rewrite()
    failures = 0
    for check in CHECKS:
        try:
            check()
            print(f"ok signatures: {check.__name__}")
        except Exception as error:
            failures += 1
            print(f"FAILED signatures: {check.__name__}: {type(error).__name__}: {error}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
