#!/usr/bin/env python3
"""A user: asks a name server for the app's address, keeps it for its TTL, and writes notes there.

client.py NAME FILE LONGEST SERVER...    a line of JSON for each request, into FILE; an address is
                                         kept for LONGEST seconds at most
"""

import http.client
import json
import random
import socket
import ssl
import struct
import sys
import time

EVERY, PATIENCE = 0.5, 3.0


class Resolver:
    """One name's A record, kept for its TTL as resolvers of users do."""

    def __init__(self, name, longest, servers):
        self.name, self.longest, self.servers = name, longest, servers
        self.address, self.until = None, 0.0

    def find(self):
        if time.monotonic() >= self.until:
            self.address, ttl = self.ask(random.choice(self.servers))
            self.until = time.monotonic() + min(ttl, self.longest)
        return self.address

    def ask(self, server):
        number = random.randrange(65536)
        labels = b"".join(bytes([len(part)]) + part.encode() for part in self.name.split("."))
        question = struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + labels + b"\0\0\1\0\1"
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
            line.settimeout(PATIENCE)
            line.sendto(question, (server, 53))
            answer = line.recv(2048)
        # The answer's first record: a pointer to the name, type, class, TTL, length, data.
        if answer[:2] != question[:2] or struct.unpack(">H", answer[6:8])[0] < 1:
            raise OSError(f"{server} gives no address")
        kind, _, ttl, size = struct.unpack(">HHIH", answer[len(question) + 2:len(question) + 12])
        if kind != 1 or size != 4:
            raise OSError(f"{server} gives a record of type {kind}")
        start = len(question) + 12
        return socket.inet_ntoa(answer[start:start + 4]), ttl


def write(name, address, number):
    """Writes a note, on a connection of its own; the status and the region that answers."""
    body = json.dumps({"text": f"note {number}"})
    line = http.client.HTTPSConnection(name, timeout=PATIENCE, context=TRUST)
    line.sock = TRUST.wrap_socket(
        socket.create_connection((address, 443), PATIENCE), server_hostname=name)
    try:
        line.request("PUT", f"/notes/{number}", body, {"content-type": "application/json"})
        answer = line.getresponse()
        text = answer.read()
        region = json.loads(text)["region"] if answer.status == 200 else None
        return answer.status, region
    finally:
        line.close()


def main(name, path, longest, servers):
    resolver = Resolver(name, longest, servers)
    number = 0
    with open(path, "a", buffering=1) as log:
        while True:
            number += 1
            begin, next_one = time.time(), time.monotonic() + EVERY
            seen = {"number": number, "at": begin, "address": None, "status": None, "region": None}
            try:
                seen["address"] = resolver.find()
                seen["status"], seen["region"] = write(name, seen["address"], number)
            except (OSError, http.client.HTTPException, ValueError, KeyError) as error:
                seen["error"] = f"{type(error).__name__}: {error}"
            seen["end"] = time.time()
            log.write(json.dumps(seen) + "\n")
            time.sleep(max(0.0, next_one - time.monotonic()))


if __name__ == "__main__":
    TRUST = ssl.create_default_context()
    main(sys.argv[1], sys.argv[2], float(sys.argv[3]), sys.argv[4:])
