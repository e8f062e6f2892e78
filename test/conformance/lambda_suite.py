"""boto3 with its waiters against a running Lambda API: functions in JavaScript, Python and a shell bootstrap."""

import io
import json
import os
import sys
import zipfile

import boto3

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    ],
}
JAVASCRIPT = "exports.handler = (event, context, callback) => callback(null, [event, process.env.SECRET])"
PYTHON = """import os

def handler(event, context):
    assert context.get_remaining_time_in_millis() > 0
    return [event, os.environ["SECRET"]]
"""


def zip_of(name, text):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text)
    return buffer.getvalue()


def main():
    functions = boto3.client("lambda")
    role = boto3.client("iam").create_role(RoleName="boto3", AssumeRolePolicyDocument=json.dumps(TRUST))
    key = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
    runtimes = [("javascript", "nodejs22.x", "index.handler", "index.js", JAVASCRIPT)]
    if "python" in sys.argv:
        runtimes.append(("python", "python3.12", "app.handler", "app.py", PYTHON))
    for name, runtime, handler, file, text in runtimes:
        functions.create_function(
            FunctionName=name,
            Runtime=runtime,
            Handler=handler,
            Role=role["Role"]["Arn"],
            Code={"ZipFile": zip_of(file, text)},
            KMSKeyArn=key,
            Environment={"Variables": {"SECRET": name}},
        )
        functions.get_waiter("function_exists").wait(FunctionName=name)
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        answer = functions.invoke(FunctionName=name, Payload=json.dumps({"a": 1}))
        payload = json.loads(answer["Payload"].read())
        assert "FunctionError" not in answer, payload
        assert payload == [{"a": 1}, name], payload
        functions.update_function_configuration(FunctionName=name, Timeout=7)
        functions.get_waiter("function_updated_v2").wait(FunctionName=name)
        functions.update_function_code(FunctionName=name, ZipFile=zip_of(file, text + "\n"))
        functions.get_waiter("function_updated").wait(FunctionName=name)
        shown = functions.get_function(FunctionName=name)["Configuration"]
        assert shown["Timeout"] == 7 and shown["Environment"]["Variables"] == {"SECRET": name}, shown
    listed = [f["FunctionName"] for page in functions.get_paginator("list_functions").paginate() for f in page["Functions"]]
    assert sorted(listed) == sorted(name for name, *_ in runtimes), listed
    boto3.client("kms").disable_key(KeyId=key)
    try:
        functions.invoke(FunctionName="javascript")
        raise AssertionError("a function with a disabled key was started")
    except functions.exceptions.KMSDisabledException as error:
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 502
    try:
        functions.get_function(FunctionName="none")
        raise AssertionError("a function that does not exist was found")
    except functions.exceptions.ResourceNotFoundException:
        pass
    print("done", os.environ["AWS_REGION"])


main()
