#!/usr/bin/env python3
"""What each replica holds, as the sandbox has it: ids of items, by region, as JSON.

replicas.py TABLE PREFIX REGION=PORT...    ids that begin with PREFIX; null: it does not answer
"""

import datetime
import hashlib
import hmac
import http.client
import json
import sys

TYPE = "application/x-amz-json-1.0"


def signed(region, host, body):
    """The headers of a Scan with its Signature Version 4."""
    time = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
    fields = {"content-type": TYPE, "host": host, "x-amz-date": time,
              "x-amz-target": "DynamoDB_20120810.Scan"}
    names = ";".join(sorted(fields))
    lines = "".join(f"{name}:{fields[name]}\n" for name in sorted(fields))
    request = "\n".join(["POST", "/", "", lines, names, hashlib.sha256(body).hexdigest()])
    scope = f"{time[:8]}/{region}/dynamodb/aws4_request"
    digest = hashlib.sha256(request.encode()).hexdigest()
    key = b"AWS4sandbox-secret"
    for part in (*scope.split("/"), f"AWS4-HMAC-SHA256\n{time}\n{scope}\n{digest}"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    fields["authorization"] = (f"AWS4-HMAC-SHA256 Credential=sandbox/{scope}, "
                               f"SignedHeaders={names}, Signature={key.hex()}")
    return fields


def scan(table, region, port):
    host, start, found = f"127.0.0.1:{port}", None, []
    while True:
        asked = {"TableName": table, **({"ExclusiveStartKey": start} if start else {})}
        body = json.dumps(asked).encode()
        line = http.client.HTTPConnection(host, timeout=10)
        line.request("POST", "/", body, signed(region, host, body))
        answer = line.getresponse()
        text = answer.read()
        line.close()
        if answer.status != 200:
            return None
        page = json.loads(text)
        found += [item["id"]["S"] for item in page["Items"]]
        start = page.get("LastEvaluatedKey")
        if not start:
            return found


def main(table, prefix, replicas):
    document = {}
    for each in replicas:
        region, port = each.split("=")
        ids = scan(table, region, port)
        document[region] = None if ids is None else sorted(i for i in ids if i.startswith(prefix))
    print(json.dumps(document))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
