#!/usr/bin/env python3
"""A small web app with its data in DynamoDB: a guestbook.

GET /        the region and host that answer, and what guests wrote (read from the local replica)
POST /       writes the body as a guest's line
GET /up      200 while it runs: for the load balancer
GET /health  200 while it can read its table, else 503: for Signalbox
"""

import datetime
import hashlib
import hmac
import http.client
import json
import os
import ssl
import sys
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

REGION = os.environ["APP_REGION"]
AWS_REGION = os.environ["AWS_REGION"]
ACCESS_KEY = os.environ["AWS_ACCESS_KEY_ID"]
SECRET_KEY = os.environ["AWS_SECRET_ACCESS_KEY"]
ADDRESS = os.environ["APP_ADDRESS"]
HOST = f"dynamodb.{AWS_REGION}.amazonaws.com"
TABLE = "app"
TYPE = "application/x-amz-json-1.0"


class TableError(Exception):
    pass


def signed(target, body):
    """The headers of a request with its Signature Version 4."""
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    fields = {"content-type": TYPE, "host": HOST, "x-amz-date": time, "x-amz-target": target}
    names = ";".join(sorted(fields))
    lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
    request = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{time[:8]}/{AWS_REGION}/dynamodb/aws4_request"
    text = "\n".join(
        ["AWS4-HMAC-SHA256", time, scope, hashlib.sha256(request.encode()).hexdigest()])
    key = f"AWS4{SECRET_KEY}".encode()
    for part in (*scope.split("/"), text):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    fields["authorization"] = (
        f"AWS4-HMAC-SHA256 Credential={ACCESS_KEY}/{scope}, SignedHeaders={names}, "
        f"Signature={key.hex()}")
    return fields


def ask(operation, **request):
    """One operation of the table."""
    body = json.dumps({"TableName": TABLE, **request}).encode()
    connection = http.client.HTTPSConnection(HOST, timeout=2, context=TRUST)
    try:
        connection.request("POST", "/", body, signed(f"DynamoDB_20120810.{operation}", body))
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != 200:
            raise TableError(f"{operation}: {answer.status} {text[:200]!r}")
        return json.loads(text)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TableError(f"{operation}: {error}") from error
    finally:
        connection.close()


def lines():
    found = ask(
        "Query", KeyConditionExpression="pk = :guest",
        ExpressionAttributeValues={":guest": {"S": "guest"}})
    return [item["line"]["S"] for item in found["Items"]]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self):
        try:
            if self.path == "/up":
                self.reply(200, {"status": "ok"})
            elif self.path == "/health":
                ask("GetItem", Key={"pk": {"S": "health"}, "sk": {"S": "health"}})
                self.reply(200, {"status": "healthy", "region": REGION})
            elif self.path == "/":
                self.reply(200, {"region": REGION, "host": os.uname().nodename, "lines": lines()})
            else:
                self.reply(404, {"error": "not found"})
        except TableError as error:
            self.reply(503, {"status": "unhealthy", "region": REGION, "error": str(error)})

    def do_POST(self):
        text = self.rfile.read(min(int(self.headers.get("content-length", 0)), 1000)).decode()
        try:
            ask("PutItem", Item={
                "pk": {"S": "guest"}, "sk": {"S": uuid.uuid4().hex}, "line": {"S": text}})
            self.reply(200, {"region": REGION})
        except TableError as error:
            self.reply(503, {"error": str(error)})

    def reply(self, status, document):
        body = json.dumps(document).encode() + b"\n"
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_request(self, code="-", size="-"):
        """Only what goes wrong is worth a line."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request, client_address):
        """Visitors who hang up are no news."""
        if not isinstance(sys.exc_info()[1], ConnectionError):
            super().handle_error(request, client_address)


if __name__ == "__main__":
    TRUST = ssl.create_default_context()
    Server((ADDRESS, 3000), Handler).serve_forever()
