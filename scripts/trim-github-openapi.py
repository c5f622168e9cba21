#!/usr/bin/env python3
"""Keeps of GitHub's OpenAPI description what the tests compare the fake of GitHub with.

    npm pack @octokit/openapi@23.0.2 && tar xzf octokit-openapi-23.0.2.tgz
    trim-github-openapi.py package/generated/api.github.com.json > fixtures/github-openapi/schemas.json

The schemas stay as they are, one a line; see fixtures/github-openapi/README.md.
"""

import json
import re
import sys

KEPT = ["full-repository", "release", "short-branch", "commit-comparison", "basic-error"]


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8") as file:
        description = json.load(file)
    schemas = description["components"]["schemas"]
    kept, wanted = {}, list(KEPT)
    while wanted:
        name = wanted.pop()
        if name not in kept:
            kept[name] = json.dumps(schemas[name], separators=(",", ":"), ensure_ascii=False)
            wanted += re.findall(r'"#/components/schemas/([\w-]+)"', kept[name])
    head = f'"openapi":{json.dumps(description["openapi"])},"info":{json.dumps(description["info"])}'
    lines = ",\n".join(f"{json.dumps(name)}:{kept[name]}" for name in sorted(kept))
    print(f'{{{head},"components":{{"schemas":{{\n{lines}\n}}}}}}')


if __name__ == "__main__":
    main()
