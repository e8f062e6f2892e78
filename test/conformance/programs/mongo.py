"""MongoDB's client-side field level encryption: libmongocrypt makes a data key under a KMS key and uses it, without a server."""

import socket
import ssl
import sys
from os import environ

import bson
from pymongocrypt.explicit_encrypter import ExplicitEncrypter
from pymongocrypt.mongocrypt import MongoCryptOptions
from pymongocrypt.synchronous.state_machine import MongoCryptCallback


class Callback(MongoCryptCallback):
    """Talks to KMS as the drivers do: one connection for each request, closed after the answer."""

    def __init__(self):
        self.keys = {}

    def kms_request(self, kms_context):
        host, port = kms_context.endpoint.split(":")
        tls = ssl.create_default_context(cafile=environ["AWS_CA_BUNDLE"])
        with socket.create_connection((host, int(port)), timeout=10) as plain:
            with tls.wrap_socket(plain, server_hostname=host) as connection:
                connection.sendall(kms_context.message)
                while kms_context.bytes_needed > 0:
                    data = connection.recv(kms_context.bytes_needed)
                    if not data:
                        raise OSError("KMS closed the connection")
                    kms_context.feed(data)

    def collection_info(self, database, filter):
        return None

    def mark_command(self, database, cmd):
        raise NotImplementedError

    def fetch_keys(self, filter):
        yield from self.keys.values()

    def insert_data_key(self, data_key):
        document = bson.decode(data_key)
        self.keys[bytes(document["_id"])] = data_key
        return document["_id"]

    def bson_encode(self, doc):
        return bson.encode(doc)

    def close(self):
        pass


def encrypter(callback):
    names = {
        "accessKeyId": "AWS_ACCESS_KEY_ID",
        "secretAccessKey": "AWS_SECRET_ACCESS_KEY",
    }
    credentials = {name: environ[variable] for name, variable in names.items()}
    return ExplicitEncrypter(callback, MongoCryptOptions({"aws": credentials}))


def main():
    arn, endpoint = sys.argv[1:]
    callback = Callback()
    master_key = {"region": arn.split(":")[3], "key": arn, "endpoint": endpoint}
    key_id = encrypter(callback).create_data_key("aws", master_key=master_key)
    value = bson.encode({"v": "a secret of the program"})
    algorithm = "AEAD_AES_256_CBC_HMAC_SHA_512-Random"
    # Others, which know no key yet: they have KMS decrypt it.
    sealed = encrypter(callback).encrypt(value, algorithm, key_id=bytes(key_id))
    if bytes(encrypter(callback).decrypt(sealed)) != value:
        sys.exit("the plaintext differs")


main()
