"""Puts into a moto server what a test wants, with the client that deployers use.

Reads one JSON document from standard input and writes one to standard output.
"""

import base64
import json
import sys
import urllib.request

import boto3

wanted = json.load(sys.stdin)
endpoint = wanted["endpoint"]


def client(service):
    return boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="eu-west-1",
        aws_access_key_id="AKIASEED",
        aws_secret_access_key="seed",
    )


def put(s3, bucket, wanted_object):
    key, body = wanted_object["key"], base64.b64decode(wanted_object["body"])
    checksum = wanted_object.get("checksum", "SHA256")
    if not wanted_object.get("parts"):
        s3.put_object(Bucket=bucket, Key=key, Body=body, ChecksumAlgorithm=checksum)
        return
    upload = {"Bucket": bucket, "Key": key}
    upload["UploadId"] = s3.create_multipart_upload(**upload, ChecksumAlgorithm="SHA256")["UploadId"]
    # All parts but the last have at least 5 MiB.
    size, parts = 5 << 20, []
    for number, at in enumerate(range(0, len(body), size), 1):
        part = s3.upload_part(
            **upload, PartNumber=number, Body=body[at : at + size], ChecksumAlgorithm="SHA256"
        )
        known = {name: part[name] for name in ("ETag", "ChecksumSHA256") if name in part}
        parts.append({"PartNumber": number, **known})
    s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts})


s3 = client("s3")
for bucket in wanted.get("buckets", []):
    where = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=bucket["name"], CreateBucketConfiguration=where)
    for wanted_object in bucket["objects"]:
        put(s3, bucket["name"], wanted_object)

kms = client("kms")
for alias in wanted.get("keys", []):
    made = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")
    kms.create_alias(AliasName=alias, TargetKeyId=made["KeyMetadata"]["KeyId"])

iam = client("iam")
role = iam.create_role(RoleName="reader", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
functions = client("lambda")
for function in wanted.get("functions", []):
    functions.create_function(
        FunctionName=function["name"],
        Runtime="python3.12",
        Role=role,
        Handler="start.handler",
        Code={"ZipFile": base64.b64decode(function["zip"])},
        Description=function["description"],
        Publish=True,
    )

answer = {"role": role}
# Users who may do what is said and nothing else; from here on the server verifies every signature.
for name, allowed in wanted.get("users", {}).items():
    iam.create_user(UserName=name)
    statement = {"Effect": "Allow", "Action": allowed, "Resource": "*"}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    iam.put_user_policy(UserName=name, PolicyName=name, PolicyDocument=json.dumps(policy))
    key = iam.create_access_key(UserName=name)["AccessKey"]
    answer[name] = {"id": key["AccessKeyId"], "secret": key["SecretAccessKey"]}
if "users" in wanted:
    plain = {"Content-Type": "text/plain"}
    reset = urllib.request.Request(f"{endpoint}/moto-api/reset-auth", b"0", plain)
    urllib.request.urlopen(reset).read()
json.dump(answer, sys.stdout)
