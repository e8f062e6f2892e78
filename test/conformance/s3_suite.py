"""boto3 against a running S3 gateway: transfers in parts, checksums, presigned requests, paginators."""

import io
import os
import unittest
import urllib.request

import boto3
from boto3.s3.transfer import TransferConfig
from botocore.client import Config
from botocore.exceptions import ClientError

BUCKET = "boto3"
PART_BYTES = 5 * 1024 * 1024


def client():
    return boto3.client("s3", config=Config(signature_version="s3v4", retries={"max_attempts": 1}))


class S3Suite(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.s3 = client()
        cls.key_arn = boto3.client("kms").create_key()["KeyMetadata"]["Arn"]
        location = {"LocationConstraint": cls.s3.meta.region_name}
        cls.s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=location)

    def under_key(self):
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.key_arn}

    def test_transfer_in_parts(self):
        body = os.urandom(3 * PART_BYTES + 17)
        config = TransferConfig(multipart_threshold=PART_BYTES, multipart_chunksize=PART_BYTES, max_concurrency=4)
        self.s3.upload_fileobj(io.BytesIO(body), BUCKET, "large", Config=config, ExtraArgs=self.under_key())
        found = io.BytesIO()
        self.s3.download_fileobj(BUCKET, "large", found, Config=config)
        self.assertEqual(found.getvalue(), body)
        copied = {"Bucket": BUCKET, "Key": "large"}
        self.s3.copy(copied, BUCKET, "copy", Config=config, ExtraArgs=self.under_key())
        self.assertEqual(self.s3.get_object(Bucket=BUCKET, Key="copy")["Body"].read(), body)

    def test_checksums(self):
        for algorithm in ("CRC32", "SHA1", "SHA256"):
            with self.subTest(algorithm):
                put = self.s3.put_object(Bucket=BUCKET, Key="sum", Body=b"sum", ChecksumAlgorithm=algorithm)
                got = self.s3.get_object(Bucket=BUCKET, Key="sum", ChecksumMode="ENABLED")
                name = "Checksum" + algorithm
                self.assertEqual(got[name], put[name])
                self.assertEqual(got["Body"].read(), b"sum")

    def test_presigned_put(self):
        params = {"Bucket": BUCKET, "Key": "presigned", **self.under_key()}
        url = self.s3.generate_presigned_url("put_object", Params=params, ExpiresIn=60)
        headers = {
            "x-amz-server-side-encryption": "aws:kms",
            "x-amz-server-side-encryption-aws-kms-key-id": self.key_arn,
        }
        with urllib.request.urlopen(urllib.request.Request(url, b"put", headers, method="PUT")) as answer:
            self.assertEqual(answer.status, 200)
        head = self.s3.head_object(Bucket=BUCKET, Key="presigned")
        self.assertEqual(head["SSEKMSKeyId"], self.key_arn)

    def test_streamed_body(self):
        body = os.urandom(100_000)
        self.s3.put_object(Bucket=BUCKET, Key="stream", Body=io.BytesIO(body), Metadata={"a": "b"})
        got = self.s3.get_object(Bucket=BUCKET, Key="stream", Range="bytes=70000-")
        self.assertEqual(got["Body"].read(), body[70000:])
        self.assertEqual(got["Metadata"], {"a": "b"})

    def test_paginators(self):
        keys = [f"page/{number:02}" for number in range(7)]
        for key in keys:
            self.s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
        for operation in ("list_objects", "list_objects_v2"):
            pages = self.s3.get_paginator(operation).paginate(
                Bucket=BUCKET, Prefix="page/", PaginationConfig={"PageSize": 3}
            )
            self.assertEqual([item["Key"] for page in pages for item in page["Contents"]], keys)
        objects = [{"Key": key} for key in keys]
        deleted = self.s3.delete_objects(Bucket=BUCKET, Delete={"Objects": objects})
        self.assertEqual(len(deleted["Deleted"]), len(keys))

    def test_errors(self):
        with self.assertRaises(self.s3.exceptions.NoSuchKey):
            self.s3.get_object(Bucket=BUCKET, Key="absent")
        with self.assertRaises(self.s3.exceptions.NoSuchBucket):
            self.s3.list_objects_v2(Bucket="absent-bucket")
        with self.assertRaises(ClientError) as refused:
            self.s3.get_bucket_acl(Bucket=BUCKET)
        self.assertEqual(refused.exception.response["Error"]["Code"], "NotImplemented")


if __name__ == "__main__":
    unittest.main()
