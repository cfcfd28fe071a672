"""boto3 and the AWS CLI, unchanged, do on the sandbox what `signalbox table` does: the same
requests end in the same states, and are refused with the same errors."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import boto3
import linode_sandbox
from botocore.config import Config
from botocore.exceptions import ClientError, ReadTimeoutError
from linode_sandbox import eventually, refused, same

REGIONS = {"us-east": "us-east-1", "eu-central": "eu-central-1", "ap-south": "ap-southeast-1"}
HOME, EUROPE, ASIA = REGIONS.values()
KEYS = {"aws_access_key_id": "sandbox", "aws_secret_access_key": "sandbox-secret"}
BUSY = "ResourceInUseException"


def client(sandbox, region=HOME, **config):
    return boto3.client(
        "dynamodb",
        region_name=region,
        endpoint_url=sandbox.dynamodb[region],
        config=Config(retries={"total_max_attempts": 1}, **config),
        **KEYS,
    )


def environment(**more):
    return os.environ | {
        "AWS_ACCESS_KEY_ID": "sandbox",
        "AWS_SECRET_ACCESS_KEY": "sandbox-secret",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_MAX_ATTEMPTS": "1",
        "LLVM_PROFILE_FILE": os.devnull,
    } | more


def aws(sandbox, *words, region=HOME):
    """What the AWS CLI prints, or its error's text."""
    done = subprocess.run(
        [sys.executable, "-m", "awscli", "dynamodb", *words],
        env=environment(
            AWS_DEFAULT_REGION=region, AWS_ENDPOINT_URL_DYNAMODB=sandbox.dynamodb[region]
        ),
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120,
    )
    if done.returncode != 0:
        return done.stderr
    return json.loads(done.stdout) if done.stdout.strip() else {}


def signalbox(sandbox, table, *words, regions=REGIONS):
    """`signalbox table`: its exit code and its JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "coordinator.toml"
        lines = ['automation = "observe"', "[service.app]", 'dns = ["app.example.org"]']
        lines += [f'table = "{table}"', f"regions = {json.dumps(list(regions))}"]
        for number, (region, place) in enumerate(REGIONS.items(), 1):
            lines += [f"[region.{region}]", f'aws = "{place}"']
            lines += [f'addresses = ["198.51.100.{number}"]']
        file.write_text("\n".join(lines) + "\n")
        endpoints = [
            word
            for region, place in REGIONS.items()
            for word in ("--endpoint", f"{region}={sandbox.dynamodb[place]}")
        ]
        done = subprocess.run(
            [linode_sandbox.program("signalbox"), "table", *words, "--config", str(file)]
            + endpoints + ["--json"],
            env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=150,
        )
    assert done.stdout.strip(), done.stderr
    return done.returncode, json.loads(done.stdout)


def described(sandbox, table, region=HOME):
    """What DescribeTable says, without what is another with every table; None: nothing."""
    try:
        found = client(sandbox, region).describe_table(TableName=table)["Table"]
    except ClientError as error:
        same(error.response["Error"]["Code"], "ResourceNotFoundException")
        return None
    for name in ("TableName", "TableArn", "CreationDateTime"):
        del found[name]
    replicas = found.get("Replicas", [])
    for replica in replicas:
        replica.pop("ReplicaArn")
    replicas.sort(key=lambda replica: replica["RegionName"])
    return found


def everywhere(sandbox, table):
    return {region: described(sandbox, table, region) for region in sandbox.dynamodb}


def states(sandbox, table, until, region=HOME, seconds=60):
    """The states that are seen one after the other, until a condition holds."""
    seen = []
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = described(sandbox, table, region)
        shown = None
        if found:
            replicas = {r["RegionName"]: r["ReplicaStatus"] for r in found.get("Replicas", [])}
            shown = (found["TableStatus"], replicas)
        if not seen or seen[-1] != shown:
            seen.append(shown)
        if until(shown):
            return seen
        time.sleep(0.02)
    raise AssertionError(f"not within {seconds} s: {seen}")


def code(action):
    return refused(ClientError, action).response["Error"]["Code"]


def make(sandbox, table, region=HOME, **more):
    """As `signalbox table create` makes it."""
    service = client(sandbox, region)
    asked = {
        "TableName": table,
        "KeySchema": [
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        "AttributeDefinitions": [
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "S"},
        ],
        "BillingMode": "PAY_PER_REQUEST",
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"},
    } | more
    service.create_table(**asked)
    service.get_waiter("table_exists").wait(
        TableName=table, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
    )


def replica(sandbox, table, verb, region, at=HOME):
    return client(sandbox, at).update_table(
        TableName=table, ReplicaUpdates=[{verb: {"RegionName": region}}]
    )["TableDescription"]


def is_active(*regions):
    wanted = ("ACTIVE", {region: "ACTIVE" for region in regions})
    return lambda shown: shown == wanted


def boto3_adds_and_removes(sandbox):
    make(sandbox, "boto", DeletionProtectionEnabled=True)
    client(sandbox).put_item(TableName="boto", Item={"pk": {"S": "a"}, "sk": {"S": "b"}})
    answer = replica(sandbox, "boto", "Create", EUROPE)
    same((answer["TableStatus"], answer["Replicas"]), ("UPDATING", []))
    same(code(lambda: replica(sandbox, "boto", "Create", ASIA)), BUSY)
    seen = states(sandbox, "boto", is_active(EUROPE))
    assert any(shown[1].get(EUROPE) == "CREATING" for shown in seen), seen
    same(
        code(lambda: replica(sandbox, "boto", "Create", EUROPE)), "ValidationException"
    )
    item = client(sandbox, EUROPE).get_item(
        TableName="boto", Key={"pk": {"S": "a"}, "sk": {"S": "b"}}
    )
    assert "Item" in item
    same(code(lambda: replica(sandbox, "boto", "Create", HOME)), "ValidationException")
    replica(sandbox, "boto", "Delete", EUROPE)
    seen = states(sandbox, "boto", lambda shown: shown == ("ACTIVE", {}))
    assert any(shown[1].get(EUROPE) == "DELETING" for shown in seen), seen
    eventually("its table is gone", lambda: described(sandbox, "boto", EUROPE) is None)


def the_command_does_the_same(sandbox):
    table = ("--table-name", "cli")
    make(sandbox, "cli")
    update = '[{"%s":{"RegionName":"eu-central-1"}}]'
    answer = aws(sandbox, "update-table", *table, "--replica-updates", update % "Create")
    same(answer["TableDescription"]["TableStatus"], "UPDATING")
    states(sandbox, "cli", is_active(EUROPE))
    told = aws(sandbox, "describe-table", *table)["Table"]
    same(told["GlobalTableVersion"], "2019.11.21")
    same([r["ReplicaStatus"] for r in told["Replicas"]], ["ACTIVE"])
    again = aws(sandbox, "update-table", *table, "--replica-updates", update % "Create")
    assert "(ValidationException)" in again and "already existed as tables" in again, again
    aws(sandbox, "update-table", *table, "--replica-updates", update % "Delete")
    states(sandbox, "cli", lambda shown: shown == ("ACTIVE", {}))
    aws(
        sandbox, "update-time-to-live", *table,
        "--time-to-live-specification", "Enabled=true,AttributeName=end",
    )
    told = aws(sandbox, "describe-time-to-live", *table)
    same(told["TimeToLiveDescription"]["TimeToLiveStatus"], "ENABLED")
    wrong = aws(sandbox, "create-replica", *table, "--replica-region", "us-west-2")
    assert "nvalid choice" in wrong, wrong


def signalbox_ends_in_the_same_states(sandbox):
    make(sandbox, "theirs", DeletionProtectionEnabled=True)
    for region in (EUROPE, ASIA):
        replica(sandbox, "theirs", "Create", region)
        states(sandbox, "theirs", lambda s, r=region: s[0] == "ACTIVE" and s[1].get(r) == "ACTIVE")
    same(signalbox(sandbox, "ours", "create", "--yes")[0], 0)
    same(everywhere(sandbox, "ours"), everywhere(sandbox, "theirs"))
    exit_code, told = signalbox(sandbox, "ours", "status")
    same((exit_code, told["ok"], told["findings"]), (0, True, []))
    same(
        (told["global_table_version"], told["consistency"], told["billing"], told["time_to_live"]),
        ("2019.11.21", "EVENTUAL", "PAY_PER_REQUEST", "off"),
    )
    exit_code, told = signalbox(sandbox, "ours", "create", "--yes")
    same((exit_code, told["done"], told["actions"]), (0, True, []))

    replica(sandbox, "theirs", "Delete", EUROPE)
    remove = ("remove-replica", "eu-central", "--yes", "--override")
    same(signalbox(sandbox, "ours", *remove)[0], 0)
    eventually("theirs is gone", lambda: described(sandbox, "theirs", EUROPE) is None)
    same(everywhere(sandbox, "ours"), everywhere(sandbox, "theirs"))
    same(signalbox(sandbox, "ours", *remove)[1]["actions"], [])

    replica(sandbox, "theirs", "Create", EUROPE)
    same(signalbox(sandbox, "ours", "add-replica", "eu-central", "--yes")[0], 0)
    states(sandbox, "theirs", is_active(EUROPE, ASIA))
    same(everywhere(sandbox, "ours"), everywhere(sandbox, "theirs"))


def strong_consistency_too(sandbox):
    make(sandbox, "theirs-strong", DeletionProtectionEnabled=True)
    client(sandbox).update_table(
        TableName="theirs-strong",
        MultiRegionConsistency="STRONG",
        ReplicaUpdates=[{"Create": {"RegionName": EUROPE}}],
        GlobalTableWitnessUpdates=[{"Create": {"RegionName": "us-west-2"}}],
    )
    two = {"us-east": HOME, "eu-central": EUROPE}
    words = ("create", "--strong", "--witness", "us-west-2", "--yes")
    same(signalbox(sandbox, "ours-strong", *words, regions=two)[0], 0)
    states(sandbox, "theirs-strong", is_active(EUROPE))
    same(everywhere(sandbox, "ours-strong"), everywhere(sandbox, "theirs-strong"))
    same(
        code(lambda: replica(sandbox, "theirs-strong", "Delete", EUROPE)), "ValidationException"
    )
    told = signalbox(sandbox, "ours-strong", "remove-replica", "eu-central", "--yes", "--override")
    same((told[0], told[1]["refused"]["code"]), (1, "strong_consistency"))


def both_are_refused(sandbox):
    """The same trouble, as boto3 and as `signalbox table` see it."""
    make(sandbox, "bare", StreamSpecification={"StreamEnabled": False})
    same(code(lambda: replica(sandbox, "bare", "Create", EUROPE)), "ValidationException")
    make(sandbox, "two")
    make(sandbox, "two", EUROPE)
    same(code(lambda: replica(sandbox, "two", "Create", EUROPE)), "ValidationException")
    add = ("add-replica", "eu-central", "--yes")
    same(signalbox(sandbox, "two", *add)[1]["refused"]["code"], "another_table")
    same(signalbox(sandbox, "none", *add)[1]["refused"]["code"], "no_table")
    capacity = {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}
    make(sandbox, "units", BillingMode="PROVISIONED", ProvisionedThroughput=capacity)
    same(code(lambda: replica(sandbox, "units", "Create", EUROPE)), "ValidationException")
    told = signalbox(sandbox, "units", *add)[1]["refused"]
    assert told["code"] == "denied" and "AutoScaled" in told["message"], told
    make(sandbox, "free")
    with sandbox.fault("table-denied", "eu-central"):
        same(code(lambda: replica(sandbox, "free", "Create", EUROPE)), "AccessDeniedException")
        told = signalbox(sandbox, "free", *add)[1]["refused"]
        assert "AccessDeniedException" in told["message"], told
    with sandbox.fault("table-limit"):
        same(code(lambda: replica(sandbox, "free", "Create", EUROPE)), "LimitExceededException")
        # It asks again until its time is over.
        exit_code, told = signalbox(sandbox, "free", *add, "--timeout", "2s")
        same((exit_code, told["refused"]["code"], told["actions"]), (1, "not_yet", []))
        same(described(sandbox, "free").get("Replicas"), None)


def an_unanswered_change_is_not_made_twice(sandbox):
    make(sandbox, "silent")
    with sandbox.fault("table-unanswered"):
        impatient = client(sandbox, read_timeout=1)
        refused(
            ReadTimeoutError,
            lambda: impatient.update_table(
                TableName="silent", ReplicaUpdates=[{"Create": {"RegionName": ASIA}}]
            ),
        )
        states(sandbox, "silent", is_active(ASIA))
        exit_code, told = signalbox(sandbox, "silent", "add-replica", "eu-central", "--yes")
    same((exit_code, told["actions"]), (0, ["add the replica in eu-central-1"]))
    states(sandbox, "silent", is_active(ASIA, EUROPE))


def a_lost_key_is_seen(sandbox):
    make(sandbox, "keyless")
    replica(sandbox, "keyless", "Create", EUROPE)
    states(sandbox, "keyless", is_active(EUROPE))
    with sandbox.fault("replica-key-lost", "eu-central"):
        states(
            sandbox, "keyless",
            lambda shown: shown[1] == {EUROPE: "INACCESSIBLE_ENCRYPTION_CREDENTIALS"},
        )
        two = {"us-east": HOME, "eu-central": EUROPE}
        told = signalbox(sandbox, "keyless", "status", regions=two)[1]
        assert not told["ok"] and "20 hours" in told["findings"][0], told
    states(sandbox, "keyless", is_active(EUROPE))


CHECKS = [
    boto3_adds_and_removes,
    the_command_does_the_same,
    signalbox_ends_in_the_same_states,
    strong_consistency_too,
    both_are_refused,
    an_unanswered_change_is_not_made_twice,
    a_lost_key_is_seen,
]

if __name__ == "__main__":
    sys.exit(linode_sandbox.run("tables", CHECKS, options=("--table-pace", "2s")))
