"""Asks the Azure CLI as a program with the Azure SDK for Python does, and says what it got."""

import json
import sys

from azure.identity import AzureCliCredential

try:
    answer = {"token": AzureCliCredential().get_token(sys.argv[1]).token}
except Exception as error:
    answer = {"kind": type(error).__name__, "error": str(error)}
print(json.dumps(answer))
