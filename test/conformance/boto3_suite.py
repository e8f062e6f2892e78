"""Holdfast by boto3: every operation, paginators, error codes, many threads.

Run by boto3.test.ts, which sets the environment that `holdfast env` prints.
"""

import base64
import concurrent.futures
import hashlib
import hmac
import json
import struct
import time
import unittest

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

ACCOUNT = "000000000000"
UNKNOWN_KEY = "12345678-1234-4234-8234-123456789012"


def client(region="eu-west-1"):
    config = Config(retries={"total_max_attempts": 1}, max_pool_connections=32)
    return boto3.client("kms", region_name=region, config=config)


def code(seed, step):
    """The code of a virtual MFA device. Source: RFC 4226, section 5.3."""
    secret = base64.b32decode(seed + "=" * (-len(seed) % 8))
    digest = hmac.new(secret, struct.pack(">Q", step), hashlib.sha1).digest()
    at = digest[-1] & 15
    return f"{(struct.unpack('>I', digest[at:at + 4])[0] & 0x7FFFFFFF) % 1_000_000:06d}"


class Identities(unittest.TestCase):
    """IAM and STS: a user, a role, and what a session of it may do."""

    def service(self, name, credentials=None):
        keys = {} if credentials is None else {
            "aws_access_key_id": credentials["AccessKeyId"],
            "aws_secret_access_key": credentials["SecretAccessKey"],
            "aws_session_token": credentials.get("SessionToken"),
        }
        config = Config(retries={"total_max_attempts": 1})
        return boto3.client(name, region_name="eu-west-1", config=config, **keys)

    def test_a_user_changes_its_password_and_makes_a_session_with_mfa(self):
        iam = self.service("iam")
        suffix = self.service("kms").generate_random(NumberOfBytes=6)["Plaintext"].hex()
        user = f"boto-mfa-{suffix}"
        iam.create_user(UserName=user)
        policy = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": ["iam:ChangePassword", "sts:*"], "Resource": "*"},
            {"Effect": "Allow", "Action": "kms:GenerateRandom", "Resource": "*",
             "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}]}
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        profile = iam.create_login_profile(UserName=user, Password="first of Two 1", PasswordResetRequired=True)
        self.assertTrue(profile["LoginProfile"]["PasswordResetRequired"])
        own = self.service("iam", key)
        own.change_password(OldPassword="first of Two 1", NewPassword="second of Two 2")
        with self.assertRaises(ClientError) as wrong:
            own.change_password(OldPassword="first of Two 1", NewPassword="third of Two 3")
        self.assertEqual(wrong.exception.response["Error"]["Code"], "AccessDenied")
        self.assertFalse(iam.get_login_profile(UserName=user)["LoginProfile"]["PasswordResetRequired"])
        with self.assertRaises(iam.exceptions.EntityAlreadyExistsException):
            iam.create_login_profile(UserName=user, Password="fourth of Two 4")
        device = iam.create_virtual_mfa_device(VirtualMFADeviceName=user)["VirtualMFADevice"]
        serial, seed = device["SerialNumber"], device["Base32StringSeed"].decode()
        self.assertTrue(device["QRCodePNG"].startswith(b"\x89PNG"))
        step = int(time.time()) // 30
        iam.enable_mfa_device(UserName=user, SerialNumber=serial,
                              AuthenticationCode1=code(seed, step - 1), AuthenticationCode2=code(seed, step))
        listed = [d["SerialNumber"] for page in iam.get_paginator("list_mfa_devices").paginate(UserName=user)
                  for d in page["MFADevices"]]
        self.assertEqual(listed, [serial])
        sts = self.service("sts", key)
        session = sts.get_session_token(SerialNumber=serial, TokenCode=code(seed, step + 1))["Credentials"]
        self.service("kms", session).generate_random(NumberOfBytes=1)
        with self.assertRaises(ClientError) as replayed:
            sts.get_session_token(SerialNumber=serial, TokenCode=code(seed, step + 1))
        self.assertEqual(replayed.exception.response["Error"]["Code"], "AccessDenied")
        iam.deactivate_mfa_device(UserName=user, SerialNumber=serial)
        iam.delete_virtual_mfa_device(SerialNumber=serial)
        iam.delete_login_profile(UserName=user)
        iam.delete_access_key(UserName=user, AccessKeyId=key["AccessKeyId"])
        iam.delete_user_policy(UserName=user, PolicyName="p")
        iam.delete_user(UserName=user)

    def test_a_user_assumes_a_role_and_encrypts(self):
        iam = self.service("iam")
        suffix = self.service("kms").generate_random(NumberOfBytes=6)["Plaintext"].hex()
        user, role = f"boto-{suffix}", f"boto-role-{suffix}"
        policy = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}]}
        iam.create_user(UserName=user, Tags=[{"Key": "team", "Value": "red"}])
        iam.put_user_policy(UserName=user, PolicyName="p", PolicyDocument=json.dumps(policy))
        key = iam.create_access_key(UserName=user)["AccessKey"]
        trust = {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:user/{user}"}, "Action": "sts:AssumeRole"}]}
        made = iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(trust))["Role"]
        self.assertEqual(made["AssumeRolePolicyDocument"], trust)
        iam.attach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        sts = self.service("sts", key)
        self.assertEqual(sts.get_caller_identity()["Arn"], f"arn:aws:iam::{ACCOUNT}:user/{user}")
        session = sts.assume_role(RoleArn=made["Arn"], RoleSessionName="boto")["Credentials"]
        kms = self.service("kms", session)
        key_id = kms.create_key()["KeyMetadata"]["KeyId"]
        blob = kms.encrypt(KeyId=key_id, Plaintext=b"x")["CiphertextBlob"]
        self.assertEqual(kms.decrypt(CiphertextBlob=blob)["Plaintext"], b"x")
        iam.detach_role_policy(RoleName=role, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
        with self.assertRaises(ClientError) as caught:
            kms.encrypt(KeyId=key_id, Plaintext=b"x")
        self.assertEqual(caught.exception.response["Error"]["Code"], "AccessDeniedException")
        iam.delete_role(RoleName=role)
        with self.assertRaises(ClientError) as caught:
            kms.encrypt(KeyId=key_id, Plaintext=b"x")
        self.assertEqual(caught.exception.response["Error"]["Code"], "UnrecognizedClientException")

    def test_errors_and_pages(self):
        iam = self.service("iam")
        with self.assertRaises(iam.exceptions.NoSuchEntityException):
            iam.get_role(RoleName="none")
        names = [policy["PolicyName"] for page in iam.get_paginator("list_policies").paginate(
            Scope="AWS", PaginationConfig={"PageSize": 5}) for policy in page["Policies"]]
        self.assertIn("AdministratorAccess", names)
        self.assertEqual(len(names), len(set(names)))
        self.assertEqual(iam.get_account_summary()["SummaryMap"]["UsersQuota"], 5000)


class Operations(unittest.TestCase):
    def setUp(self):
        self.kms = client()

    def new_key(self, **members):
        return self.kms.create_key(**members)["KeyMetadata"]["KeyId"]

    def assert_fails(self, code, message, call, **members):
        with self.assertRaises(ClientError) as caught:
            call(**members)
        error = caught.exception.response
        self.assertEqual(error["Error"]["Code"], code)
        self.assertEqual(error["ResponseMetadata"]["HTTPStatusCode"], 400)
        self.assertRegex(error["ResponseMetadata"]["RequestId"], "^[0-9a-f-]{36}$")
        if message is not None:
            self.assertEqual(error["Error"]["Message"], message)

    def test_a_key_lives_its_whole_life(self):
        kms = self.kms
        made = kms.create_key(Description="boto", Tags=[{"TagKey": "a", "TagValue": "b"}])["KeyMetadata"]
        key, arn = made["KeyId"], made["Arn"]
        self.assertEqual(kms.describe_key(KeyId=arn)["KeyMetadata"], made)
        self.assertIsNotNone(made["CreationDate"].tzinfo)
        kms.update_key_description(KeyId=key, Description="new")
        kms.disable_key(KeyId=key)
        self.assertFalse(kms.describe_key(KeyId=key)["KeyMetadata"]["Enabled"])
        self.assert_fails("DisabledException", f"{arn} is disabled.", kms.encrypt, KeyId=key, Plaintext=b"x")
        kms.enable_key(KeyId=key)
        kms.tag_resource(KeyId=key, Tags=[{"TagKey": "c", "TagValue": "d"}])
        kms.untag_resource(KeyId=key, TagKeys=["a"])
        self.assertEqual(kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "c", "TagValue": "d"}])
        policy = json.loads(kms.get_key_policy(KeyId=key)["Policy"])
        self.assertEqual(policy["Id"], "key-default-1")
        kms.put_key_policy(KeyId=key, Policy=json.dumps(policy))
        self.assertEqual(kms.list_key_policies(KeyId=key)["PolicyNames"], ["default"])
        scheduled = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual(scheduled["KeyState"], "PendingDeletion")
        self.assertEqual(kms.describe_key(KeyId=key)["KeyMetadata"]["DeletionDate"], scheduled["DeletionDate"])
        self.assertEqual(kms.cancel_key_deletion(KeyId=key)["KeyId"], arn)

    def test_encryption_by_every_name(self):
        kms = self.kms
        key = self.new_key()
        other = self.new_key()
        kms.create_alias(AliasName="alias/boto", TargetKeyId=other)
        kms.update_alias(AliasName="alias/boto", TargetKeyId=key)
        arn = kms.describe_key(KeyId="alias/boto")["KeyMetadata"]["Arn"]
        context = {"ä": "✓", "": "empty"}
        for name in (key, arn, "alias/boto", arn.replace(f"key/{key}", "alias/boto")):
            blob = kms.encrypt(KeyId=name, Plaintext=b"secret", EncryptionContext=context)["CiphertextBlob"]
            opened = kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)
            self.assertEqual((opened["Plaintext"], opened["KeyId"]), (b"secret", arn))
        moved = kms.re_encrypt(CiphertextBlob=blob, SourceEncryptionContext=context, DestinationKeyId=other)
        self.assertEqual(kms.decrypt(CiphertextBlob=moved["CiphertextBlob"])["Plaintext"], b"secret")
        kms.delete_alias(AliasName="alias/boto")
        data_key = kms.generate_data_key(KeyId=key, KeySpec="AES_256")
        self.assertEqual(kms.decrypt(CiphertextBlob=data_key["CiphertextBlob"])["Plaintext"], data_key["Plaintext"])
        closed = kms.generate_data_key_without_plaintext(KeyId=key, NumberOfBytes=64)
        self.assertEqual(len(kms.decrypt(CiphertextBlob=closed["CiphertextBlob"])["Plaintext"]), 64)
        self.assertEqual(len(kms.generate_random(NumberOfBytes=99)["Plaintext"]), 99)

    def test_errors_have_their_codes(self):
        kms = self.kms
        key = self.new_key()
        arn = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/{UNKNOWN_KEY}"
        self.assert_fails("NotFoundException", f"Key '{arn}' does not exist", kms.describe_key, KeyId=UNKNOWN_KEY)
        self.assert_fails("InvalidArnException", None, kms.describe_key, KeyId="arn:aws:s3:::bucket")
        self.assert_fails("InvalidCiphertextException", None, kms.decrypt, CiphertextBlob=b"garbage")
        self.assert_fails("InvalidMarkerException", None, kms.list_keys, Marker="nowhere")
        self.assert_fails(
            "DryRunOperationException",
            "The request would have succeeded, but the DryRun option is set.",
            kms.encrypt,
            KeyId=key,
            Plaintext=b"x",
            DryRun=True,
        )
        self.assert_fails(
            "AlreadyExistsException",
            f"An alias with the name arn:aws:kms:eu-west-1:{ACCOUNT}:alias/twice already exists",
            lambda: [kms.create_alias(AliasName="alias/twice", TargetKeyId=key) for _ in range(2)],
        )
        self.assert_fails("UnsupportedOperationException", None, kms.get_public_key, KeyId=key)
        with self.assertRaises(kms.exceptions.NotFoundException):
            kms.describe_key(KeyId="alias/none")

    def test_wrong_credentials_are_refused(self):
        wrong = boto3.client("kms", region_name="eu-west-1", aws_secret_access_key="wrong", aws_access_key_id="A" * 20)
        self.assert_fails(
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
            wrong.list_keys,
        )

    def test_paginators_give_each_item_once(self):
        kms = client("ap-northeast-1")
        keys = {kms.create_key()["KeyMetadata"]["KeyId"] for _ in range(7)}
        first = next(iter(keys))
        names = {f"alias/n{number}" for number in range(7)}
        for name in names:
            kms.create_alias(AliasName=name, TargetKeyId=first)
        tags = [{"TagKey": f"k{number}", "TagValue": ""} for number in range(45)]
        kms.tag_resource(KeyId=first, Tags=tags)
        listings = {
            "list_keys": ({}, "Keys", "KeyId", keys),
            "list_aliases": ({"KeyId": first}, "Aliases", "AliasName", names),
            "list_resource_tags": ({"KeyId": first}, "Tags", "TagKey", {tag["TagKey"] for tag in tags}),
            "list_key_policies": ({"KeyId": first}, "PolicyNames", None, {"default"}),
        }
        for operation, (members, result, member, expected) in listings.items():
            pages = kms.get_paginator(operation).paginate(**members, PaginationConfig={"PageSize": 2})
            found = [item if member is None else item[member] for page in pages for item in page[result]]
            self.assertEqual(sorted(found), sorted(expected), operation)

    def test_many_threads_get_their_own_answers(self):
        key = self.new_key()

        def round_trip(number):
            secret = f"secret {number}".encode()
            context = {"number": str(number)}
            blob = self.kms.encrypt(KeyId=key, Plaintext=secret, EncryptionContext=context)["CiphertextBlob"]
            return self.kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"] == secret

        with concurrent.futures.ThreadPoolExecutor(max_workers=32) as pool:
            self.assertTrue(all(pool.map(round_trip, range(320))))


if __name__ == "__main__":
    unittest.main(verbosity=2)
