"""Makes the calls that it reads with boto3: see ../driver.ts for what it reads and writes."""

import base64
import datetime
import json
import sys

import boto3
import botocore.config
import botocore.exceptions
from botocore import xform_name


def typed(value):
    if isinstance(value, dict):
        if "$blob" in value:
            return base64.b64decode(value["$blob"])
        if "$time" in value:
            return datetime.datetime.fromtimestamp(value["$time"], datetime.timezone.utc)
        return {name: typed(part) for name, part in value.items()}
    if isinstance(value, list):
        return [typed(part) for part in value]
    return value


def neutral(value):
    if isinstance(value, bytes):
        return {"$blob": base64.b64encode(value).decode()}
    if isinstance(value, datetime.datetime):
        return {"$time": value.timestamp()}
    if isinstance(value, dict):
        return {name: neutral(part) for name, part in value.items()}
    if isinstance(value, list):
        return [neutral(part) for part in value]
    return value


CLIENTS = {}


def client_of(setup, service, caller):
    key = (service, caller)
    if key not in CLIENTS:
        credentials = setup["callers"][caller]
        CLIENTS[key] = boto3.client(
            service,
            endpoint_url=setup["endpoint"],
            region_name=setup["region"],
            aws_access_key_id=credentials["accessKeyId"],
            aws_secret_access_key=credentials["secretAccessKey"],
            config=botocore.config.Config(retries={"total_max_attempts": 1}),
        )
    return CLIENTS[key]


def answer(setup, asked):
    client = client_of(setup, asked["service"], asked["as"])
    method = getattr(client, xform_name(asked["operation"]), None)
    if method is None:
        return {"unsupported": f"there is no {xform_name(asked['operation'])}"}
    try:
        output = method(**typed(asked["input"]))
    except botocore.exceptions.ClientError as error:
        metadata = error.response["ResponseMetadata"]
        return {
            "ok": False,
            "requestId": metadata.get("RequestId", ""),
            "type": type(error).__name__,
            "code": error.response["Error"]["Code"],
            "message": error.response["Error"].get("Message", ""),
            "status": metadata["HTTPStatusCode"],
        }
    except botocore.exceptions.ParamValidationError as error:
        return {"unsupported": str(error)}
    except Exception as error:  # what it is stands in the failure of the test
        return {"failed": repr(error)}
    metadata = output.pop("ResponseMetadata")
    return {"ok": True, "requestId": metadata.get("RequestId", ""), "output": neutral(output)}


def main():
    setup = json.loads(sys.stdin.readline())
    for line in sys.stdin:
        print(json.dumps(answer(setup, json.loads(line))), flush=True)


main()
