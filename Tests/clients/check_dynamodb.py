"""boto3 and the AWS CLI drive the sandbox's replicas unchanged: an endpoint and keys alone."""

import json
import os
import subprocess
import sys
import time
from decimal import Decimal

import boto3
import linode_sandbox
from boto3.dynamodb.conditions import Attr, Key
from botocore.config import Config
from botocore.exceptions import ClientError
from linode_sandbox import eventually, refused, same

REGION, OTHER = "us-east-1", "eu-central-1"
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox-secret"}


def resource(sandbox, region=REGION):
    return boto3.resource(
        "dynamodb",
        region_name=region,
        endpoint_url=sandbox.dynamodb[region],
        config=Config(retries={"total_max_attempts": 1}),
        **KEYS,
    )


def table(sandbox, name="app", region=REGION):
    return resource(sandbox, region).Table(name)


def code(action):
    return refused(ClientError, action).response["Error"]["Code"]


def updates_items(sandbox):
    items, key = table(sandbox), {"pk": "update", "sk": "1"}

    def update(expression, values="UPDATED_NEW", **more):
        answer = items.update_item(
            Key=key, UpdateExpression=expression, ReturnValues=values, **more
        )
        return answer.get("Attributes")

    same(
        update("SET n = if_not_exists(n, :z) + :o", ExpressionAttributeValues={":z": 0, ":o": 1}),
        {"n": Decimal(1)},
    )
    same(update("ADD n :v", ExpressionAttributeValues={":v": Decimal("0.10")}), {"n": Decimal("1.1")})
    same(
        update(
            "SET #l = list_append(if_not_exists(#l, :e), :v), m = :m",
            ExpressionAttributeNames={"#l": "list"},
            ExpressionAttributeValues={":e": [], ":v": ["a", "b"], ":m": {"x": {"y": 1}}},
        ),
        {"list": ["a", "b"], "m": {"x": {"y": Decimal(1)}}},
    )
    same(
        update("SET m.x.y = :v", "UPDATED_OLD", ExpressionAttributeValues={":v": 2}),
        {"m": {"x": {"y": Decimal(1)}}},
    )
    same(update("ADD tags :v", ExpressionAttributeValues={":v": {"p", "q"}}), {"tags": {"p", "q"}})
    same(update("DELETE tags :v", ExpressionAttributeValues={":v": {"p"}}), {"tags": {"q"}})
    same(
        update("REMOVE n, #l[0], tags", "ALL_NEW", ExpressionAttributeNames={"#l": "list"}),
        key | {"list": ["b"], "m": {"x": {"y": Decimal(2)}}},
    )
    same(
        code(lambda: update("SET pk = :v", ExpressionAttributeValues={":v": "x"})),
        "ValidationException",
    )
    error = refused(
        ClientError,
        lambda: items.update_item(
            Key=key,
            UpdateExpression="SET m = :v",
            ConditionExpression=Attr("list").contains("z"),
            ExpressionAttributeValues={":v": 1},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        ),
    )
    same(error.response["Error"]["Code"], "ConditionalCheckFailedException")
    same(error.response["Item"]["list"], {"L": [{"S": "b"}]})


def deletes_items(sandbox):
    items, key = table(sandbox), {"pk": "delete", "sk": "1"}
    items.put_item(Item=key | {"v": 1})
    same(
        code(lambda: items.delete_item(Key=key, ConditionExpression=Attr("v").gt(1))),
        "ConditionalCheckFailedException",
    )
    old = items.delete_item(Key=key, ReturnValues="ALL_OLD")["Attributes"]
    same(old, key | {"v": Decimal(1)})
    assert "Item" not in items.get_item(Key=key)
    assert "Attributes" not in items.delete_item(Key=key, ReturnValues="ALL_OLD")


def queries_and_scans_in_pages(sandbox):
    items = table(sandbox)
    for number in range(7):
        items.put_item(
            Item={"pk": "pages", "sk": str(number), "text": "x" * 300_000, "n": number}
        )
    first = items.query(KeyConditionExpression=Key("pk").eq("pages"))
    same((first["Count"], first["LastEvaluatedKey"]), (3, {"pk": "pages", "sk": "2"}))
    client = resource(sandbox).meta.client
    for operation, asked in (
        ("query", {"KeyConditionExpression": Key("pk").eq("pages")}),
        ("scan", {"FilterExpression": Attr("pk").eq("pages")}),
    ):
        pages = client.get_paginator(operation).paginate(
            TableName="app", ProjectionExpression="sk, n", **asked
        )
        found = [item for page in pages for item in page["Items"]]
        same(sorted(item["sk"] for item in found), [str(number) for number in range(7)])
        assert all(set(item) == {"sk", "n"} for item in found), found
    few = items.query(
        KeyConditionExpression=Key("pk").eq("pages") & Key("sk").between("1", "5"),
        FilterExpression=Attr("n").is_in([2, 4]),
        ScanIndexForward=False,
        ProjectionExpression="sk",
        Limit=3,
    )
    same([item["sk"] for item in few["Items"]], ["4"])
    same(few["LastEvaluatedKey"]["sk"], "3")
    parts = [items.scan(Segment=n, TotalSegments=3, Select="COUNT")["Count"] for n in range(3)]
    assert sum(parts) > 0, parts


def reads_batches(sandbox):
    service = resource(sandbox)
    keys = [{"pk": "batch", "sk": str(number)} for number in range(3)]
    for key in keys[:2]:
        service.Table("app").put_item(Item=key | {"v": key["sk"]})
    answer = service.batch_get_item(
        RequestItems={"app": {"Keys": keys, "ProjectionExpression": "v"}}
    )
    same(sorted(item["v"] for item in answer["Responses"]["app"]), ["0", "1"])
    same(answer["UnprocessedKeys"], {})
    twice = {"app": {"Keys": [keys[0], keys[0]]}}
    same(code(lambda: service.batch_get_item(RequestItems=twice)), "ValidationException")


def changes_cross_regions(sandbox):
    here, there = table(sandbox), table(sandbox, region=OTHER)
    key = {"pk": "cross", "sk": "1"}
    here.update_item(
        Key=key, UpdateExpression="SET v = :v", ExpressionAttributeValues={":v": 1}
    )
    begin = time.monotonic()
    eventually("the change is there", lambda: "Item" in there.get_item(Key=key))
    assert time.monotonic() - begin > 0.3, "it was there at once"
    here.delete_item(Key=key)
    eventually("it is gone there", lambda: "Item" not in there.get_item(Key=key))


def serves_the_command(sandbox):
    def aws(*words):
        done = subprocess.run(
            [sys.executable, "-m", "awscli", "dynamodb", *words],
            env=os.environ
            | {
                "AWS_ACCESS_KEY_ID": "sandbox",
                "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
                "AWS_DEFAULT_REGION": REGION,
                "AWS_ENDPOINT_URL_DYNAMODB": sandbox.dynamodb[REGION],
                "AWS_CONFIG_FILE": os.devnull,
                "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
                "AWS_MAX_ATTEMPTS": "1",
            },
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if done.returncode != 0:
            return done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else {}

    key = json.dumps({"id": {"S": "cli"}})
    new = aws(
        "update-item", "--table-name", "my-app-data", "--key", key,
        "--update-expression", "ADD hits :one",
        "--expression-attribute-values", json.dumps({":one": {"N": "1"}}),
        "--return-values", "UPDATED_NEW",
    )
    same(new, {"Attributes": {"hits": {"N": "1"}}})
    found = aws("scan", "--table-name", "my-app-data", "--page-size", "1")
    assert {"id": {"S": "cli"}, "hits": {"N": "1"}} in found["Items"], found
    got = aws(
        "batch-get-item", "--request-items",
        json.dumps({"my-app-data": {"Keys": [json.loads(key)]}}),
    )
    same(got["Responses"]["my-app-data"][0]["hits"], {"N": "1"})
    same(aws("delete-item", "--table-name", "my-app-data", "--key", key), {})
    same(aws("get-item", "--table-name", "my-app-data", "--key", key), {})
    refusal = aws("scan", "--table-name", "nothing-here")
    assert "ResourceNotFoundException" in refusal, refusal


CHECKS = [
    updates_items,
    deletes_items,
    queries_and_scans_in_pages,
    reads_batches,
    changes_cross_regions,
    serves_the_command,
]

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("dynamodb", CHECKS))
